"""What the numbers mean that pages count themselves, and which rows they leave out."""

from collections.abc import Mapping

from dashboards.basis_causes import CAUSES
from dashboards.basis_class import Words
from dashboards.basis_controls import CONTROLS
from dashboards.basis_pipelines import PIPELINES

__all__ = ["BASES", "Words"]

BASES: Mapping[str, Words] = {**CONTROLS, **CAUSES, **PIPELINES}
