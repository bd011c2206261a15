"""The paper's pictures as a model that sees gets them: each behind its caption, which is material like its text."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from p2c.model.types import Image
from p2c.paper.pictures import Picture
from p2c.prompts import render
from p2c.stages.context import as_material


def as_images(pictures: Sequence[Picture]) -> tuple[Image, ...]:
    """`pictures` to go along with a message, in the same order."""
    return tuple(
        Image(
            label=render("figure", label=as_material(picture.label), caption=as_material(picture.caption)).strip(),
            digest=hashlib.sha256(picture.png).hexdigest(),
            width=picture.width,
            height=picture.height,
            data=base64.b64encode(picture.png).decode(),
        )
        for picture in pictures
    )


def told(pictures: Sequence[Picture], images: Sequence[Image]) -> str:
    """What the paper's text says of the images that go before it; empty for none.

    It names each by its digest, so that a step depends on the pictures as it does on the text.
    """
    return render("figures", shown=list(zip(pictures, images, strict=True))) if images else ""
