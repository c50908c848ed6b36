select * from {{ from_sources("pipeline_runs") }}
