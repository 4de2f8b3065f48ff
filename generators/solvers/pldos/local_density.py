"""The solver as people call it: arguments checked, numpy arrays or torch tensors.

Percebois & Weinmann, Phys. Rev. B 104, 075422 (2021): electrons enter a disordered strip through a
narrow source; how much of their density is where?
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesoinv.generators.common.arguments import is_tensor, plain_array
from mesoinv.generators.common.devices import check_device
from mesoinv.generators.common.errors import UsageError, unknown_name
from mesoinv.generators.solvers.pldos.complex_recursion import scatter_complex
from mesoinv.generators.solvers.pldos.linearise import Linearised
from mesoinv.generators.solvers.pldos.linearise import linearise as linearised
from mesoinv.generators.solvers.pldos.scattering import TOLERANCE, scatter
from mesoinv.generators.solvers.pldos.strip import Strip

if TYPE_CHECKING:
    from torch import Tensor

    from mesoinv.generators.solvers.pldos.elimination import Method
    from mesoinv.generators.solvers.pldos.transport import Transport

RealArray = NDArray[np.float64]

SOLVERS = ("modes", "modes-exact", "complex", "kwant")


@overload
def partial_ldos(
    potential: Tensor, *, exact: bool = ..., device: str = ..., strip: Strip | None = ...
) -> Tensor: ...


@overload
def partial_ldos(
    potential: ArrayLike, *, exact: bool = ..., device: str = ..., strip: Strip | None = ...
) -> RealArray: ...


def partial_ldos(
    potential: ArrayLike | Tensor,
    *,
    exact: bool = False,
    device: str = "cpu",
    strip: Strip | None = None,
) -> RealArray | Tensor:
    r"""Compute the partial local density of states of electrons that enter from the source.

    ρ(r) = 2π Σ_n |ψ_n(r)|² over the open modes n of the source at the Fermi energy, each carrying
    unit flux (the convention of kwant's ``wave_function``).

    A torch tensor gives a tensor, through which gradients flow: the states obey L ψ = f with
    L = H - E + Σ, complex symmetric, so that the gradient of Σ w ρ is

    .. math:: J^T w = -4\pi\, \mathrm{Re} \sum_n \psi_n\, L^{-1} (w\, \psi_n^*) ,

    one substitution with the factors that the states came from. `linearise` gives the same products
    without torch.

    Parameters
    ----------
    potential : (B, 256, 192) array_like or tensor
        Potential on the sites [t], first axis along the strip from source to drain.
    exact : bool
        Keep all 192 transverse modes and refine to rounding accuracy. By default as many as a
        relative L2 error of 3e-4 needs.
    device : str
        ``"cpu"``, ``"cuda"`` or ``"cuda:N"``; a tensor's own, if it is on a GPU.
    strip : Strip, optional
        Another geometry or material; the shape of `potential` follows it.

    Returns
    -------
    (B, 256, 192) array or tensor
        Partial local density of states [1/t]; a tensor has the type and device of the potential.

    Raises
    ------
    UsageError
        If the shape is wrong, a value is not finite, or the device is not there.
    MesoinvError
        If a gradient is wanted of the rare potential with a level so near to the Fermi energy that
        the fast solver loses its digits.

    Examples
    --------
    An empty strip is the same above and below its middle.

    >>> import numpy as np
    >>> from mesoinv.generators.pldos import Strip, partial_ldos
    >>> density = partial_ldos(np.zeros((1, 32, 24)), strip=Strip(length=32, width=24))
    >>> density.shape, bool(np.allclose(density, density[:, :, ::-1]))
    ((1, 32, 24), True)
    """
    if is_tensor(potential):
        from mesoinv.generators.common.torch_gradient import (  # noqa: PLC0415  (torch)
            differentiable,
        )

        return differentiable(
            potential,
            value=partial(partial_ldos, exact=exact, strip=strip),
            derivative=partial(linearise, exact=exact, strip=strip),
            device=device,
        )
    tolerance = 0.0 if exact else TOLERANCE
    return transport(potential, tolerance=tolerance, device=device, strip=strip).partial_ldos


def linearise(
    potential: ArrayLike, *, exact: bool = False, device: str = "cpu", strip: Strip | None = None
) -> Linearised:
    """Compute the density of states and keep what its derivative needs.

    Parameters
    ----------
    potential, exact, device, strip
        As for `partial_ldos`.

    Returns
    -------
    Linearised
        ``transport``, as `transport` gives it; ``product(change)``, what a change of the potential
        [t] does to the density of states, to first order [1/t]; ``adjoint(weight)``, the gradient
        of Σ w ρ with respect to the potential. Exact derivatives of what the solver computes:
        finite differences agree to their own error.

    Raises
    ------
    UsageError
        As `partial_ldos`.
    MesoinvError
        If a level is so near to the Fermi energy that the fast solver loses its digits.

    Examples
    --------
    >>> import numpy as np
    >>> from mesoinv.generators.pldos import Strip, linearise
    >>> strip = Strip(length=32, width=24)
    >>> potential = np.random.default_rng(0).normal(0, 0.01, (1, 32, 24))
    >>> linear = linearise(potential, strip=strip, exact=True)
    >>> change = np.full_like(potential, 1e-6)
    >>> moved = linearise(potential + change, strip=strip, exact=True).value - linear.value
    >>> bool(np.allclose(moved, linear.product(change), atol=1e-3 * abs(moved).max()))
    True
    """
    strip = strip or Strip()
    checked = checked_potential(potential, strip)
    method: Method = "compiled" if check_device(device) == "cpu" else "torch"
    tolerance = 0.0 if exact else TOLERANCE
    return linearised(checked, strip, tolerance=tolerance, device=device, method=method)


def transport(
    potential: ArrayLike,
    *,
    tolerance: float = TOLERANCE,
    device: str = "cpu",
    strip: Strip | None = None,
    solver: str | None = None,
) -> Transport:
    """Compute density of states, transmission and reflection from one solve.

    Parameters
    ----------
    potential, device, strip
        As for `partial_ldos`.
    tolerance : float
        Relative L2 error allowed in the density of states; 0 keeps every mode.
    solver : str, optional
        ``"modes"`` (default), ``"modes-exact"`` (tolerance 0), ``"complex"`` (the plain complex
        recursion) or ``"kwant"``; the last two are references that ignore the tolerance.

    Returns
    -------
    Transport
        ``solved_by`` says which solver computed each row: ``"modes"`` leaves the rare row that
        loses too many digits to the complex recursion.

    Raises
    ------
    UsageError
        If an argument is not one of those allowed.

    Examples
    --------
    >>> import numpy as np
    >>> from mesoinv.generators.pldos import Strip, transport
    >>> made = transport(np.zeros((1, 32, 24)), strip=Strip(length=32, width=24), tolerance=0)
    >>> bool(np.allclose(made.transmission + made.reflection, 3))  # modes of the source
    True
    """
    strip = strip or Strip()
    checked = checked_potential(potential, strip)
    solver = solver or "modes"
    if solver not in SOLVERS:
        raise unknown_name("solver", solver, SOLVERS)
    if solver in {"complex", "kwant"}:
        return _reference(solver, checked, device, strip)
    check_device(device)
    tolerance = 0.0 if solver == "modes-exact" else tolerance
    return scatter(checked, strip, tolerance=tolerance, device=device)


def _reference(solver: str, potential: RealArray, device: str, strip: Strip) -> Transport:
    if device != "cpu":
        raise UsageError(f"The solver {solver!r} runs on the CPU only; got device {device!r}.")
    if solver == "complex":
        return scatter_complex(potential, strip)
    from mesoinv.generators.solvers.pldos.kwant_reference import scatter_kwant  # noqa: PLC0415

    try:
        return scatter_kwant(potential, strip)
    except ImportError as error:
        raise UsageError(
            "The solver 'kwant' needs kwant, which is not installed: run `make kwant` in a "
            "checkout, or see the README for how to build it."
        ) from error


def checked_potential(potential: ArrayLike, strip: Strip) -> RealArray:
    """Return potentials (B, L, W) as an array of float64, or raise a UsageError that says why."""
    array = np.ascontiguousarray(plain_array(potential, "values of the potential"))
    if array.dtype.kind not in "fiu":
        raise UsageError(f"A potential is made of real numbers; got {array.dtype}.")
    expected = (strip.length, strip.width)
    if array.ndim != 3 or array.shape[1:] != expected:
        raise UsageError(
            f"A potential has shape (batch, {expected[0]}, {expected[1]}); got {array.shape}."
            + (" Add a batch axis with potential[None]." if array.shape == expected else "")
        )
    finite = np.isfinite(array).all(axis=(1, 2))
    if not finite.all():
        raise UsageError(f"Potential {int(np.argmin(finite))} holds NaN or infinite values.")
    return array.astype(np.float64)
