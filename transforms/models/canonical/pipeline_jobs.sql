select * from {{ from_sources("pipeline_jobs") }}
