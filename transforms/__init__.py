"""What things mean: the dbt project, its statistics, and the door to published data."""
