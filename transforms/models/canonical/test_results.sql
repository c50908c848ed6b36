select * from {{ with_service("test_results") }}
