"""Maps of the conductance under a point-like tip, as people ask for them: arguments checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesoinv.generators.common.arguments import is_tensor
from mesoinv.generators.common.devices import check_device
from mesoinv.generators.common.errors import UsageError, unknown_name
from mesoinv.generators.solvers.pldos.local_density import checked_potential
from mesoinv.generators.solvers.pldos.strip import Strip
from mesoinv.generators.solvers.sgm.complex_strip import respond_complex
from mesoinv.generators.solvers.sgm.respond import TOLERANCE, respond
from mesoinv.generators.solvers.sgm.user_input import checked_strengths, strips_at

if TYPE_CHECKING:
    from torch import Tensor

    from mesoinv.generators.solvers.sgm.tip_response import TipResponse

RealArray = NDArray[np.float64]

SOLVERS = ("modes", "modes-exact", "complex")


@dataclass(frozen=True)
class Maps:
    """Conductances of some samples under a tip, at a temperature.

    Attributes
    ----------
    change : (B, U, L, W) array
        G(r) - G₀ for each strength of the tip [2e²/h].
    conductance : (B,) array
        G₀, without tip [2e²/h].
    response : TipResponse
        At the Fermi energy.
    """

    change: RealArray
    conductance: RealArray
    response: TipResponse


def conductance_map(
    potential: ArrayLike | Tensor,
    *,
    tip_strength: float | ArrayLike,
    strip: Strip | None = None,
    exact: bool = False,
    temperature: float = 0.0,
    device: str = "cpu",
) -> Any:
    """Compute the conductance of a strip with a point-like tip on each of its sites.

    The tip adds its strength to the on-site energy of one site. One solve of the strip gives all
    places and all strengths: see `tip_response`.

    Parameters
    ----------
    potential : (B, 256, 192) array_like or tensor
        Potential on the sites [t], first axis along the strip from source to drain.
    tip_strength : float or (U,) array_like
        [t]; negative ones attract, ``math.inf`` is a hard wall on the site.
    strip : Strip, optional
        Another geometry or material; the shape of `potential` follows it.
    exact : bool
        Keep all 192 transverse modes: errors of about 1e-9. By default as many as a relative L2
        error of 6e-3 in G(r) - G₀ needs; that of most maps is below 1e-3.
    temperature : float
        [K]. Above 0 the conductance is averaged over energies at most 0.012 meV apart, with minus
        the derivative of the Fermi function. With energies four times as dense the maps of two
        samples changed by 0.3 % of G(r) - G₀ at 0.1 K and by 1 % at 1 K.
    device : str
        ``"cpu"``, ``"cuda"`` or ``"cuda:N"``; a tensor's own, if it is on a GPU.

    Returns
    -------
    (B, 256, 192) array, or (B, U, 256, 192) for several strengths
        Conductance [2e²/h], from 0 to the number of the source's open modes; of a tensor a tensor,
        through which gradients flow.

    Raises
    ------
    UsageError
        If a shape is wrong, a value is not allowed, or the device is not there.

    Examples
    --------
    One map for each strength; a wall that electrons cannot enter is infinite.

    >>> import numpy as np
    >>> from mesoinv.generators.sgm import Strip, conductance_map
    >>> potential = np.random.default_rng(0).normal(0, 0.01, (1, 32, 24))
    >>> maps = conductance_map(
    ...     potential, tip_strength=[0.1, np.inf], strip=Strip(length=32, width=24)
    ... )
    >>> maps.shape, bool((0 <= maps).all() and (maps <= 3 + 1e-9).all())
    ((1, 2, 32, 24), True)
    """
    strengths = checked_strengths(tip_strength)
    if is_tensor(potential):
        from mesoinv.generators.common.torch_gradient import differentiable  # noqa: PLC0415

        options: dict[str, Any] = {
            "tip_strength": tip_strength, "strip": strip, "exact": exact,
            "temperature": temperature,
        }  # fmt: skip
        from mesoinv.generators.solvers.sgm.linearise import linearise  # noqa: PLC0415

        return differentiable(
            potential,
            value=partial(conductance_map, **options),
            derivative=partial(linearise, **options),
            device=device,
        )
    solver = "modes-exact" if exact else "modes"
    maps = scan(potential, strengths, strip=strip, solver=solver, temperature=temperature,
                device=device)  # fmt: skip
    made = maps.change + maps.conductance[:, None, None, None]
    return made[:, 0] if np.ndim(tip_strength) == 0 else made


def scan(
    potential: ArrayLike,
    strengths: RealArray,
    *,
    strip: Strip | None = None,
    solver: str | None = None,
    temperature: float = 0.0,
    device: str = "cpu",
) -> Maps:
    """Compute maps for several strengths, and what else the solve gives.

    Parameters
    ----------
    potential, strip, temperature, device
        As for `conductance_map`.
    strengths : (U,) array
        [t]
    solver : str, optional
        ``"modes"`` (default), ``"modes-exact"`` (every mode) or ``"complex"`` (every mode, plain
        complex recursion: the reference).
    """
    strip = strip or Strip()
    values = checked_potential(potential, strip)
    solver = solver or "modes"
    if solver not in SOLVERS:
        raise unknown_name("solver", solver, SOLVERS)
    if solver == "complex" and device != "cpu":
        raise UsageError(f"The solver 'complex' runs on the CPU only; got device {device!r}.")
    check_device(device)
    change = np.zeros((len(values), len(strengths), strip.length, strip.width))
    conductance = np.zeros(len(values))
    at_fermi = None
    for at, weight in strips_at(temperature, strip):
        if solver == "complex":
            response = respond_complex(values, at)
        else:
            tolerance = 0.0 if solver == "modes-exact" else TOLERANCE
            response = respond(values, at, tolerance=tolerance, device=device)
        conductance += weight * response.transmission
        for number, strength in enumerate(strengths.tolist()):
            change[:, number] += weight * response.change(strength)
        if math.isclose(at.fermi_energy, strip.fermi_energy):
            at_fermi = response
    assert at_fermi is not None  # the number of energies is odd
    return Maps(change, conductance, at_fermi)
