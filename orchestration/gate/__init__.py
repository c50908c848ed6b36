"""The gate: one verdict on a deployment that has not happened yet, in the words of pipelines."""
