"""Pictures of a state: every site with more than its share of the density is a box.

As in Fig. 3 of Bayo et al., J. Phys. Soc. Jpn. 94, 031002 (2025), by its caption: a box has the
volume N|ψ|², a site's being 1; those above √1000 have black edges; shades tell slices of the
lattice along the axis into the page. The view is isometric.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.arguments import real_array
from mesoinv.generators.common.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_WHITE = 255


def box_picture(density: ArrayLike, pixels: int = 100) -> NDArray[np.uint8]:
    """Return the picture of one state.

    Parameters
    ----------
    density : (M, M, M) array_like
        |ψ|² at each site; only its ratio to the mean counts.
    pixels : int
        Of each side of the picture.

    Returns
    -------
    (pixels, pixels) array of uint8
        0 is black, 255 white: where no box is.

    Raises
    ------
    UsageError
        If the density is no cube of numbers of 0 or more with a positive sum, or pixels is not
        1 or more.

    Examples
    --------
    >>> import numpy as np
    >>> from mesoinv.generators.anderson3d import box_picture
    >>> density = np.zeros((8, 8, 8))
    >>> density[4, 4, 4] = 1.0
    >>> picture = box_picture(density, pixels=40)
    >>> picture.shape, bool((picture < 255).any())
    ((40, 40), True)
    """
    from mesoinv.generators.solvers.anderson3d.box_kernels import (  # noqa: PLC0415  (numba)
        draw_boxes,
    )

    values = _checked(density)
    if not isinstance(pixels, int | np.integer) or pixels < 1:
        raise UsageError(f"pixels must be an integer of 1 or more; got {pixels!r}.")
    relative = values / values.mean()
    sites = np.flatnonzero(relative.ravel() > 1)
    depth = np.sum(np.unravel_index(sites, values.shape), axis=0)
    order = sites[np.argsort(depth, kind="stable")]
    picture = np.full((pixels, pixels), _WHITE, dtype=np.uint8)
    draw_boxes(np.ascontiguousarray(relative), order, picture)
    return picture


def _checked(density: ArrayLike) -> NDArray[np.float64]:
    values = real_array(density, "densities")
    if values.ndim != 3 or len(set(values.shape)) != 1 or len(values) < 2:
        raise UsageError(f"A density has shape (M, M, M), M 2 or more; got {values.shape}.")
    if not np.isfinite(values).all() or (values < 0).any() or not values.any():
        raise UsageError("Densities are finite, not negative, and not all zero.")
    return values
