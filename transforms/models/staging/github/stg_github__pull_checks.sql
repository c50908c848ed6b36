{{ config(kind="github", stream="pull_checks", key=["repository", "check_id"]) }}

{{ github_checks() }}
