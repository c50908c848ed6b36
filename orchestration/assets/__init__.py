"""One module a stage: ingest, models, audit, publish; what each does is in the rest of the room."""

OWNERS = ["team:release"]
