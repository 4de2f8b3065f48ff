"""The compiled painter of boxes in an isometric view.

Additions, multiplications, divisions and comparisons alone are used, so that the same density makes
the same picture on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: N|ψ|² from which on a box has black edges.
EDGED = 31.622776601683793
#: √3/2.
_COSINE = 0.8660254037844386
#: Brightness of the three faces that are seen, and of the first and the last slice.
_TOP, _RIGHT, _LEFT = 1.0, 0.8, 0.6
_DARK, _BRIGHT = 70.0, 245.0


@compiled(error_model="numpy")
def cube_root(value: float) -> float:
    """Return the cube root of a number of 1 or more, by Newton's method."""
    root = value
    for _ in range(80):
        root = (2.0 * root + value / (root * root)) / 3.0
    return root


@compiled(error_model="numpy")
def draw_boxes(
    relative: NDArray[np.float64], order: NDArray[np.int64], picture: NDArray[np.uint8]
) -> None:
    """Paint the boxes of sites into a picture, those behind first.

    Parameters
    ----------
    relative : (M, M, M) array
        N|ψ|².
    order : (K,) array of int64
        Numbers of the sites that have a box, from the farthest to the nearest.
    picture : (P, P) array of uint8
        White; changed in place.
    """
    side, pixels = relative.shape[0], picture.shape[0]
    scale = pixels / (2.0 * side)
    a, b = _COSINE * scale, 0.5 * scale
    middle = 0.5 * pixels
    for site in order:
        x, y, z = site // (side * side), (site // side) % side, site % side
        value = relative[x, y, z]
        half = 0.5 * cube_root(value)
        shade = _DARK + (_BRIGHT - _DARK) * y / (side - 1.0)
        edge = 0.6 / scale if value > EDGED else -1.0
        cx, cy, cz = x + 0.5, y + 0.5, z + 0.5
        u = middle + a * (cx - cy)
        v = b * (cx + cy) + scale * (side - cz)
        reach_u, reach_v = 2.0 * a * half, 2.0 * (b + 0.5 * scale) * half
        for row in range(max(0, int(v - reach_v)), min(pixels, int(v + reach_v) + 2)):
            for column in range(max(0, int(u - reach_u)), min(pixels, int(u + reach_u) + 2)):
                # distances from the centre along the axes that span each face
                p, q = (column + 0.5 - u) / a, (row + 0.5 - v) / scale
                # top: z = half
                s = q + half
                first, second = s + 0.5 * p, s - 0.5 * p
                light = 0.0
                if -half <= first <= half and -half <= second <= half:
                    light = _TOP
                else:
                    # right: x = half, then y = half - p
                    first = half - p
                    second = 0.5 * (half + first) - q
                    if -half <= first <= half and -half <= second <= half:
                        light = _RIGHT
                    else:
                        first = half + p
                        second = 0.5 * (half + first) - q
                        if -half <= first <= half and -half <= second <= half:
                            light = _LEFT
                if light > 0.0:
                    near = min(half - abs(first), half - abs(second))
                    picture[row, column] = 0 if near < edge else np.uint8(shade * light)
