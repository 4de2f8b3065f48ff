"""Pictures of 8-bit pixels as PNG files and back, without loss."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def to_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a PNG file of (H, W) grey values or (H, W, 3) colours."""
    from PIL import Image  # noqa: PLC0415  (only pictures need it)

    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG")
    return file.getvalue()


def from_png(content: bytes) -> NDArray[Any]:
    """Return the pixels of a PNG file: (H, W) grey values or (H, W, 3) colours."""
    from PIL import Image  # noqa: PLC0415  (only pictures need it)

    with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
        return np.asarray(image)
