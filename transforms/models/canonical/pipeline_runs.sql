{{ told_once(from_sources("pipeline_runs"), "pipeline_run_id") }}
