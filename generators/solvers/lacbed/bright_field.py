"""Bright-field patterns and projected potentials of crystals: what people call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.arguments import real_array
from mesoinv.generators.common.devices import check_device
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.lacbed.microscope import Microscope
from mesoinv.generators.solvers.lacbed.pattern_pixels import Pattern, chosen_pattern, given_pattern
from mesoinv.generators.solvers.lacbed.structure_factors import coefficients, volts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from mesoinv.generators.solvers.lacbed.crystal import Crystal

#: Relative L2 error of `bright_field` by default, and the pixels along each axis.
TOLERANCE, PIXELS = 1e-3, 128
_FEWEST_PIXELS = 8


def bright_field(
    crystal: Crystal,
    thickness: ArrayLike,
    *,
    pixels: int = PIXELS,
    voltage: float = 200.0,
    half_width: float = 0.891,
    absorption: float = 0.1,
    g_max: float | None = None,
    device: str = "cpu",
) -> NDArray[np.float64]:
    """Compute bright-field LACBED patterns of a cubic crystal along [001].

    The beams of the zero-order Laue zone scatter into each other any number of times; the
    amplitudes behind the crystal are exp(iAt) applied to the incident beam, A the structure matrix.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    thickness : (T,) array_like
        Thicknesses t [Å], 0 or more; one number is one thickness.
    pixels : int
        n, even: the pattern has n × n pixels. Pixel i has the transverse wave vector
        2π (i - n/2 + 1/2)(2α/n), along [100] for the first axis, along [010] for the second.
    voltage : float
        Acceleration voltage [kV].
    half_width : float
        α [1/Å], without 2π: at 200 kV 0.891 are 22.3 mrad.
    absorption : float
        Imaginary over real part of the potential, 0 or more; the mean potential absorbs as well.
    g_max : float, optional
        Propagate all beams of |g|/2π ≤ `g_max` [1/Å] and no others, in double precision. By default
        as many as a relative L2 error of 1e-3 needs, which is estimated for each crystal.
    device : str
        ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.

    Returns
    -------
    (T, n, n) array
        Intensity of the (000) beam, 0 to 1.

    Raises
    ------
    UsageError
        If a value is not allowed or there are too many beams for the memory.

    Examples
    --------
    Gold; without absorption no more comes out than went in.

    >>> import numpy as np
    >>> from mesoinv.generators.lacbed import Crystal, bright_field
    >>> corners = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
    >>> gold = Crystal(4.078, ["Au"] * 4, corners, [0.6] * 4, [1.0] * 4)
    >>> images = bright_field(gold, [0.0, 100.0], pixels=16, absorption=0.0)
    >>> images.shape, bool(np.allclose(images[0], 1)), bool(images[1].max() <= 1)
    ((2, 16, 16), False, True)
    """
    return pattern(
        crystal,
        thickness,
        pixels=pixels,
        microscope=Microscope(voltage, half_width, absorption),
        g_max=g_max,
        device=device,
    ).intensity


def pattern(
    crystal: Crystal,
    thickness: ArrayLike,
    *,
    pixels: int = PIXELS,
    microscope: Microscope | None = None,
    g_max: float | None = None,
    tolerance: float = TOLERANCE,
    device: str = "cpu",
) -> Pattern:
    """Compute patterns and say how: as `bright_field`, with the beams and the estimated error.

    Parameters
    ----------
    crystal, thickness, pixels, g_max, device
        As for `bright_field`.
    microscope : Microscope, optional
        Voltage, half-width and absorption.
    tolerance : float
        Relative L2 error allowed, 1e-4 or more.

    Examples
    --------
    >>> from mesoinv.generators.lacbed import Crystal, pattern
    >>> cube = Crystal(5.0, ["Si"], [[0, 0, 0]], [0.5], [1.0])
    >>> made = pattern(cube, 200.0, pixels=16)
    >>> made.intensity.shape, bool(made.error < 1e-3)
    ((1, 16, 16), True)
    """
    thick = _thicknesses(thickness)
    check_device(device)
    given = microscope or Microscope()
    _check(pixels, given, g_max)
    if g_max is not None:
        return given_pattern(crystal, thick, pixels, given, g_max, device)
    if not 1e-4 <= tolerance < 1:
        raise UsageError(f"A tolerance is 1e-4 to 1; got {tolerance}. Give g_max to go beyond.")
    return chosen_pattern(crystal, thick, pixels, given, tolerance, device)


def projected_potential(crystal: Crystal, pixels: int = PIXELS) -> NDArray[np.float64]:
    """Compute the potential of a crystal, averaged along [001].

    It is the sum of the same structure factors that scatter the beams, up to |h|, |k| = n/2 - 1.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    pixels : int
        n, even.

    Returns
    -------
    (n, n) array
        Potential [V] at the points (i, j) a/n of the cell; times a it is the projected potential
        in V Å.

    Examples
    --------
    >>> import numpy as np
    >>> from mesoinv.generators.lacbed import Crystal, projected_potential
    >>> cube = Crystal(5.0, ["Si"], [[0, 0, 0]], [0.5], [1.0])
    >>> volts = projected_potential(cube, pixels=32)
    >>> volts.shape, [int(n) for n in np.unravel_index(volts.argmax(), volts.shape)]
    ((32, 32), [0, 0])
    """
    _check_pixels(pixels)
    most = pixels // 2 - 1
    table = volts(crystal, coefficients(crystal, most))
    grid = np.zeros((pixels, pixels), dtype=np.complex128)
    orders = np.arange(-most, most + 1)
    grid[orders[:, None], orders[None, :]] = table
    # Σ V_g exp(+i g·r)
    return np.asarray(np.fft.ifft2(grid).real * pixels**2)


def _thicknesses(thickness: ArrayLike) -> NDArray[np.float64]:
    array = np.atleast_1d(real_array(thickness, "thicknesses"))
    if array.ndim != 1 or not np.isfinite(array).all() or (array < 0).any():
        raise UsageError("Thicknesses are one number or a list, in Å, 0 or more and finite.")
    return array


def _check(pixels: int, microscope: Microscope, g_max: float | None) -> None:
    _check_pixels(pixels)
    if not 0 < microscope.half_width <= 5:
        raise UsageError(f"The half-width is above 0 and at most 5 1/Å; got {microscope}.")
    if not 0 <= microscope.absorption <= 1:
        raise UsageError(f"The absorption is 0 to 1; got {microscope.absorption}.")
    if g_max is not None and not 0 < g_max < np.inf:
        raise UsageError(f"g_max is above 0 and finite [1/Å]; got {g_max}.")


def _check_pixels(pixels: int) -> None:
    if pixels != int(pixels) or pixels % 2 or pixels < _FEWEST_PIXELS:
        raise UsageError(f"An even number of pixels, {_FEWEST_PIXELS} or more; got {pixels}.")
