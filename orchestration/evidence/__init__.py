"""Evidence packages: what an auditor takes away, signed, chained and checkable without us."""
