"""Whose the images are that others are built on, so that their vulnerabilities are told to them."""

from typing import Annotated

from pydantic import Field

from orchestration.part import Part

Layer = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class BaseImage(Part):
    """Who answers for a base image, by the name that scans state; `*` stands for any letters.

    `layers` are the digests of its layers, compressed or not: what lies in one of them came from
    the base image, even where no scan says on what an image was built.
    """

    owner: str = Field(min_length=1)
    layers: tuple[Layer, ...] = ()
