{{ told_once(from_sources("pipeline_jobs"), "pipeline_job_id") }}
