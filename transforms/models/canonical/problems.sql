select * from {{ with_service("problems") }}
