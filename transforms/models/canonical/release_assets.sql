select * from {{ from_sources("release_assets") }}
