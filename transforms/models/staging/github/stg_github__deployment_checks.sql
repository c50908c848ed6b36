{{ config(kind="github", stream="deployment_checks", key=["repository", "check_id"]) }}

{{ github_checks() }}
