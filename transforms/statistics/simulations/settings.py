"""What a simulation is run with, and how its chance is split up."""

import zlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Settings:
    """Sizes of a simulation: samples a cell, and for bootstraps fewer samples with resamples."""

    seed: int = 20_260_101
    samples: int = 10_000
    bootstrap_samples: int = 600
    resamples: int = 600
    series: int = 2_000


PUBLISHED = Settings()


def generator(settings: Settings, *cell: object) -> np.random.Generator:
    """Return the chance of one cell: the same whatever other cells are simulated."""
    return np.random.default_rng([settings.seed, zlib.crc32(repr(cell).encode())])
