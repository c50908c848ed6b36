"""Plugins that dbt-duckdb loads into its connections."""
