"""One inversion as a picture: what was given, what came out, and how well it explains it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common import pictures

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from mesoinv.generators.solvers.pldos.inversion.invert import Inversion
    from mesoinv.generators.solvers.pldos.strip import Strip

    RealArray = NDArray[np.float64]


def inversion_figure(
    inversion: Inversion, density: RealArray, row: int, strip: Strip, truth: RealArray | None
) -> Figure:
    """Draw the density, start, result, its deviation, what is left, and the error where known.

    Parameters
    ----------
    inversion : Inversion
        Of a batch.
    density : (L, W) array
        What was given [1/t].
    row : int
        Which of the batch.
    strip : Strip
        Geometry.
    truth : (L, W) array or None
        V [t], where it is known.
    """
    made, start = inversion.potential[row], inversion.start[row]
    reach = float(abs(made).max())
    left = inversion.density[row] - density
    verdict = "fits" if inversion.fits[row] else "DOES NOT FIT"
    maps = [
        pictures.Map(density, "given: partial LDOS ρ", "1/t", "inferno", high=0.995),
        _voltage(start, "start", reach),
        _voltage(made, "potential V", reach),
        pictures.Map(inversion.deviation[row], "its standard deviation", "t", "viridis"),
        pictures.Map(left, "ρ of V - given", "1/t", "RdBu_r", centred=True),
    ]
    title = f"misfit {inversion.misfit[row]:.4g}: {verdict}"
    if truth is not None:
        maps.append(_voltage(made - truth, "V - truth"))
        r = np.corrcoef(made.ravel(), truth.ravel())[0, 1]
        title += f", Pearson 1 - r = {1 - r:.2g}"
    extent = tuple(n * strip.lattice_constant / 1e3 for n in (strip.length, strip.width))
    return pictures.side_by_side(maps, extent=extent, unit="µm", title=title, rows=2)


def _voltage(values: RealArray, label: str, reach: float = 0.0) -> pictures.Map:
    return pictures.Map(values, label, "t", "RdBu_r", centred=True, reach=reach)
