"""Who has to have signed a service's artifacts, and which scans they need."""

from typing import Literal

from orchestration.part import Part

Scan = Literal["static_analysis", "dependency", "secret", "image", "bill_of_materials"]


class Signing(Part):
    """The repository, builder and keys of good signatures; what is left out is not asked for."""

    repository: str | None = None
    builder: str | None = None
    key_ids: tuple[str, ...] | None = None
    required_scans: tuple[Scan, ...] | None = None
