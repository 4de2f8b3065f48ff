r"""What a measurement makes of a density of states: temperature, a tip of finite size, a raster.

At a temperature T the density is an average over energies, weighted with minus the derivative of
the Fermi function. A tip sees the mean of its surroundings: a Gaussian of standard deviation
`blur`, cut at the walls. It stands on every `RASTER`-th site along both axes, in the middle of the
sites around it. An offset is added; noise is drawn by whoever asks for it.

Everything but the solver is linear, so that gradients flow through where the density is a tensor.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesoinv.generators.common.arguments import is_tensor, real_array
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.pldos.local_density import partial_ldos
from mesoinv.generators.solvers.pldos.strip import ELEMENTARY_CHARGE, Strip

if TYPE_CHECKING:
    from collections.abc import Callable

RealArray = NDArray[np.float64]
#: Arrays or tensors: the same operations do for both.
Values = Any

#: Boltzmann's constant [J/K]: exact in the SI.
BOLTZMANN = 1.380649e-23
#: Sites from one place of the tip to the next.
RASTER = 2
#: Energies of the thermal average, evenly spaced up to `REACH` k_B T to both sides. At 0.1 K their
#: sum differs from that of many by 0.3 to 2 % of the density.
ENERGIES, REACH = 11, 5.0


@dataclass(frozen=True)
class Channel:
    """What a measurement does to the densities of a batch; a number or (B,) array each.

    Attributes
    ----------
    blur : array_like
        Standard deviation of the tip's Gaussian [nm].
    temperature : array_like
        [K]; 0 for the Fermi energy alone.
    offset : array_like
        Added, over the mean of the map.
    """

    blur: ArrayLike
    temperature: ArrayLike = 0.0
    offset: ArrayLike = 0.0

    def of(self, count: int) -> list[tuple[float, float, float]]:
        """Return (blur, temperature, offset) for each sample of a batch.

        Raises
        ------
        UsageError
            If a number is not finite, not positive or of another length.
        """
        columns = []
        for name in ("blur", "temperature", "offset"):
            values = np.asarray(getattr(self, name), dtype=np.float64)
            if values.ndim > 1 or (values.ndim == 1 and len(values) != count):
                raise UsageError(f"{name} is one number, or one for each of the {count} samples.")
            if not np.isfinite(values).all():
                raise UsageError(f"{name} must be finite.")
            if name == "blur" and (values <= 0).any():
                raise UsageError("blur is a positive number of nanometres.")
            if name == "temperature" and (values < 0).any():
                raise UsageError("temperature is 0 K or more.")
            columns.append(np.broadcast_to(values, (count,)).tolist())
        return list(zip(*columns, strict=True))


def raster_shape(strip: Strip) -> tuple[int, int]:
    """Return how many places of the tip there are along and across the strip."""
    return strip.length // RASTER, strip.width // RASTER


def measure(
    potential: ArrayLike | Values,
    channel: Channel,
    *,
    strip: Strip | None = None,
    solve: Callable[[Values, Strip], Values] | None = None,
) -> Values:
    """Return maps as they are measured, without noise.

    Parameters
    ----------
    potential : (B, L, W) array_like or tensor
        V [t]; gradients flow through a tensor.
    channel : Channel
        Blur, temperature and offset.
    strip : Strip, optional
        Geometry and material.
    solve : callable, optional
        (potential, strip) → density; by default `partial_ldos`.

    Returns
    -------
    (B, L/2, W/2) array or tensor
        Density of states [1/t], averaged and blurred.

    Raises
    ------
    UsageError
        If the channel or the potential has values that are not allowed.

    Examples
    --------
    >>> import numpy as np
    >>> from mesoinv.generators.pldos import Channel, Strip, measure
    >>> strip = Strip(length=32, width=24)
    >>> measure(np.zeros((1, 32, 24)), Channel(blur=10.0, temperature=0.05), strip=strip).shape
    (1, 16, 12)
    """
    strip = strip or Strip()
    solver = solve or (lambda v, at: partial_ldos(v, strip=at))
    values: Values = potential
    if not is_tensor(potential):
        values = real_array(potential, "values of the potential")
    maps = []
    for n, (blur, temperature, offset) in enumerate(channel.of(len(values))):
        density: Values = 0
        for at, weight in thermal_strips(temperature, strip):
            density = density + weight * solver(values[n : n + 1], at)[0]
        seen = blurred(density, blur, strip)
        maps.append(seen + offset * seen.mean())
    return _stacked(maps)


def with_noise(
    seen: RealArray, multiplicative: RealArray, additive: RealArray, normal: RealArray
) -> RealArray:
    """Return maps with noise: a gain that differs from site to site, and readings that are off.

    Parameters
    ----------
    seen : (B, X, Y) array
        What `measure` gives.
    multiplicative, additive : (B,) arrays
        Standard deviation of the gain, and of the readings over the mean of the map.
    normal : (B, 2, X, Y) array
        Standard normal numbers: for the gain, and for the readings.

    Returns
    -------
    (B, X, Y) array
        Not cut at zero: instruments have offsets.
    """
    mean = seen.mean(axis=(1, 2), keepdims=True)
    gain, added = (level[:, None, None] for level in (multiplicative, additive))
    noisy: RealArray = seen * (1 + gain * normal[:, 0]) + added * mean * normal[:, 1]
    return noisy


def thermal_energy(temperature: float) -> float:
    """Return k_B T [meV] of a temperature [K]."""
    return BOLTZMANN * temperature / ELEMENTARY_CHARGE * 1e3


def thermal_strips(
    temperature: float, strip: Strip, energies: int = ENERGIES
) -> list[tuple[Strip, float]]:
    """Return the strips of the energies around the Fermi energy, and their weights."""
    width = thermal_energy(temperature)
    if not width:
        return [(strip, 1.0)]
    steps = np.linspace(-REACH, REACH, energies)
    weights = 1 / np.cosh(steps / 2) ** 2
    weights /= weights.sum()
    return [
        (replace(strip, fermi_energy=strip.fermi_energy + width * step), weight)
        for step, weight in zip(steps.tolist(), weights.tolist(), strict=True)
    ]


def blurred(density: Values, blur: float, strip: Strip) -> Values:
    """Return a density (L, W) as a tip of a width [nm] sees it from its raster, (L/2, W/2)."""
    along: Values
    across: Values
    along, across = (
        _windows(n, blur / strip.lattice_constant) for n in (strip.length, strip.width)
    )
    if is_tensor(density):
        along, across = density.new_tensor(along), density.new_tensor(across)
    return along @ density @ across.T


def _windows(sites: int, deviation: float) -> RealArray:
    """Return Gaussian weights (places, sites), each row of sum 1."""
    places = RASTER * np.arange(sites // RASTER) + (RASTER - 1) / 2
    exponent = -((np.arange(sites) - places[:, None]) ** 2) / (2 * deviation**2)
    weights = np.exp(exponent - exponent.max(axis=1, keepdims=True))
    windows: RealArray = weights / weights.sum(axis=1, keepdims=True)
    return windows


def _stacked(maps: list[Values]) -> Values:
    if is_tensor(maps[0]):
        import torch  # noqa: PLC0415  (only where a tensor came in)

        return torch.stack(maps)
    return np.stack(maps)
