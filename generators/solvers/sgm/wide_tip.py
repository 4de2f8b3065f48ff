"""Maps of the conductance under a tip of finite size, as people ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesoinv.generators.solvers.pldos import mode_count
from mesoinv.generators.solvers.pldos.local_density import checked_potential
from mesoinv.generators.solvers.pldos.strip import Strip, strip_modes
from mesoinv.generators.solvers.sgm.drain import Drain
from mesoinv.generators.solvers.sgm.respond import SAFETY, TOLERANCE
from mesoinv.generators.solvers.sgm.tip import Tip, checked_places, columns_under
from mesoinv.generators.solvers.sgm.user_input import strips_at

if TYPE_CHECKING:
    from mesoinv.generators.solvers.sgm.tip_sweep import TipSweep

RealArray = NDArray[np.float64]


def wide_tip_map(
    potential: ArrayLike,
    tip: Tip,
    *,
    along: ArrayLike | None = None,
    across: ArrayLike | None = None,
    strip: Strip | None = None,
    exact: bool = False,
    temperature: float = 0.0,
    energies: int | None = None,
) -> RealArray:
    """Compute the conductance of a strip with a tip of finite size on each place of a raster.

    Parameters
    ----------
    potential : (B, 256, 192) array_like
        Potential on the sites [t], first axis along the strip from source to drain.
    tip : Tip
        Width, strength and shape.
    along, across : array_like, optional
        Places of its middle along and across the strip [sites]; by default the middle of every
        four sites, 64 and 48 places.
    strip : Strip, optional
        Another geometry or material; the shape of `potential` follows it.
    exact : bool
        Keep all 192 transverse modes.
    temperature : float
        [K], as for `conductance_map`.
    energies : int, optional
        How many there are in the thermal average, an odd number.

    Returns
    -------
    (B, 64, 48) array
        Conductance [2e²/h].

    Raises
    ------
    UsageError
        If the tip is wider than the strip, a place is off it, or a value is not allowed.

    Examples
    --------
    >>> import numpy as np
    >>> from mesoinv.generators.sgm import Strip, Tip, wide_tip_map
    >>> made = wide_tip_map(
    ...     np.zeros((1, 32, 24)), Tip(width=2.0, strength=0.5), along=[8, 16], across=[6, 12, 18],
    ...     strip=Strip(length=32, width=24),
    ... )
    >>> made.shape
    (1, 2, 3)
    """
    strip = strip or Strip()
    values = checked_potential(potential, strip)
    tip.check_fits(strip)
    places = (
        checked_places(along, strip.length, "along"),
        checked_places(across, strip.width, "across"),
    )
    strips = strips_at(temperature, strip, energies)
    made = np.zeros((len(values), *map(len, places)))
    for row, sample in enumerate(values):
        for at, weight in strips:
            made[row] += weight * _map(sample, tip, places, at, exact)
    return made


def _map(
    sample: RealArray, tip: Tip, places: tuple[RealArray, RealArray], strip: Strip, exact: bool
) -> RealArray:
    modes = strip_modes(strip)
    # an attractive tip makes the sample as deep as this
    deepest = sample[None] + min(0.0, tip.strength)
    tolerance = 0.0 if exact else TOLERANCE / SAFETY
    bulk = int(mode_count.first_guess(deepest, tolerance, strip)[0])
    counts = mode_count.modes_per_column(bulk, tolerance, strip)
    cosines = np.ascontiguousarray(modes.cosines[:, : 2 * counts.max() + 1])
    sweep = _sweep(sample @ cosines, counts, strip)
    rows = np.arange(strip.width) - places[1][:, None]
    made = np.empty((len(places[0]), len(places[1])))
    for number, place in enumerate(places[0].tolist()):
        first, stop = columns_under(tip, place, strip.length)
        columns = np.arange(first, stop) - place
        added = tip.potential(columns[:, None, None], rows)
        made[number] = sweep.transmission(first, added @ cosines)
    return made


def _sweep(cosine_sums: RealArray, counts: NDArray[np.int64], strip: Strip) -> TipSweep:
    from mesoinv.generators.solvers.sgm.tip_sweep import TipSweep  # noqa: PLC0415  (numba)

    modes = strip_modes(strip)
    return TipSweep(cosine_sums, counts, strip.energy, modes, Drain.of(modes))
