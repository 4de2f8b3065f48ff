"""The solver as people call it: arguments checked, numpy arrays or torch tensors.

Li, Lu and Zhai, Phys. Rev. B 102, 064205 (2020): how much current passes a disordered wire?
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesoinv.generators.common.arguments import is_tensor, real_array
from mesoinv.generators.common.devices import check_device
from mesoinv.generators.common.errors import MesoinvError, UsageError, unknown_name
from mesoinv.generators.solvers.conductance.linearise import Linearised
from mesoinv.generators.solvers.conductance.linearise import linearise as linearised
from mesoinv.generators.solvers.conductance.transmission import transmission

if TYPE_CHECKING:
    from torch import Tensor

RealArray = NDArray[np.float64]

SOLVERS = ("strides", "kwant")
#: Largest on-site energy [t]: behind higher walls, levels grow too narrow for double precision.
LARGEST = 1e3


@overload
def conductance(
    onsite_energy: Tensor, energies: ArrayLike, *, device: str = ..., solver: str | None = ...
) -> Tensor: ...


@overload
def conductance(
    onsite_energy: ArrayLike, energies: ArrayLike, *, device: str = ..., solver: str | None = ...
) -> RealArray: ...


def conductance(
    onsite_energy: ArrayLike | Tensor,
    energies: ArrayLike,
    *,
    device: str = "cpu",
    solver: str | None = None,
) -> RealArray | Tensor:
    r"""Compute the conductance of disordered wires between two ideal leads.

    The wire is a square lattice of L × W sites with hopping -1; the leads have its width, and
    on-site energy 0. G is the sum of the probabilities of transmission from each mode of one lead
    to each mode of the other (Landauer and Büttiker), Eqs. (1) and (2) of [1]_.

    A torch tensor gives a tensor, through which gradients flow,

    .. math:: \frac{\partial G}{\partial \varepsilon}
              = -\mathrm{Im} \sum_{mn} r_{mn}^* \psi_m \psi_n ,

    with the reflection r of waves from one lead and the states ψ of flux 1 that they cause.
    `linearise` gives the same without torch.

    Parameters
    ----------
    onsite_energy : (B, L, W) array_like or tensor
        On-site energies [t], at most 1000 in size; first axis of a sample along the wire.
    energies : (E,) array_like
        Fermi energies [t]. Outside the band of the leads, |E| < 2 + 2 cos(π/(W+1)), G is 0. A mode
        exactly at the edge of its band carries no current: there G is that of the other modes.
    device : str
        ``"cpu"``, ``"cuda"`` or ``"cuda:N"``; a tensor's own, if it is on a GPU.
    solver : str, optional
        ``"strides"`` (default) or the reference, ``"kwant"``.

    Returns
    -------
    (B, E) array or tensor
        Conductance [2e²/h]. Its error is absolute, below 1e-9 but on resonances narrower than
        1e-6 t, where the rounding of an energy matters as much.

    Raises
    ------
    UsageError
        If a shape is wrong, the batch empty, a value not a finite real number or too large, the
        device or solver not there, or a gradient wanted of the reference.
    MesoinvError
        If digits were lost so that a result is not between 0 and the number of open modes.

    References
    ----------
    .. [1] K. Li, J. Lu and F. Zhai, Phys. Rev. B 102, 064205 (2020).

    Examples
    --------
    Clean wires conduct 2e²/h for each open mode; an impurity reflects.

    >>> import numpy as np
    >>> from mesoinv.generators.conductance import conductance
    >>> sites = np.zeros((2, 10, 3))
    >>> sites[1, 5, 1] = 2.0
    >>> conductance(sites, [0.0, 3.0]).round(4) + 0.0
    array([[3.    , 1.    ],
           [2.3333, 0.4524]])
    """
    if is_tensor(onsite_energy):
        return _of_tensor(onsite_energy, energies, device=device, solver=solver)
    sites, at = _checked_sites(onsite_energy), _checked_energies(energies)
    solver = solver or SOLVERS[0]
    if solver not in SOLVERS:
        raise unknown_name("solver", solver, SOLVERS)
    if solver == "kwant":
        return _reference(sites, at, device)
    try:
        return transmission(sites, at, device=check_device(device)).values
    except ArithmeticError as error:
        raise MesoinvError(f"{error} Compute it with solver='kwant'.") from error


def _of_tensor(
    onsite_energy: Tensor, energies: ArrayLike, *, device: str, solver: str | None
) -> Tensor:
    from mesoinv.generators.common.torch_gradient import (  # noqa: PLC0415  (torch)
        differentiable,
    )

    def derivative(sites: RealArray, *, device: str) -> Linearised:
        if solver not in {None, SOLVERS[0]}:
            raise UsageError(f"The solver {solver!r} has no gradient; take {SOLVERS[0]!r}.")
        return linearise(sites, energies, device=device)

    value = partial(conductance, energies=energies, solver=solver)
    return differentiable(onsite_energy, value=value, derivative=derivative, device=device)


def linearise(onsite_energy: ArrayLike, energies: ArrayLike, *, device: str = "cpu") -> Linearised:
    """Compute conductances and their derivatives with respect to every on-site energy.

    Parameters
    ----------
    onsite_energy, energies, device
        As for `conductance`.

    Returns
    -------
    Linearised
        ``value`` (B, E) [2e²/h]; ``gradient`` (B, E, L, W) [2e²/(h t)], which takes 8 E L W bytes a
        sample; ``product(change)`` and ``adjoint(weight)``, products with it and its transpose.

    Raises
    ------
    UsageError, MesoinvError
        As `conductance`.

    Examples
    --------
    >>> import numpy as np
    >>> from mesoinv.generators.conductance import linearise
    >>> sites = np.random.default_rng(0).uniform(-1, 1, (1, 8, 4))
    >>> linear = linearise(sites, [0.0])
    >>> linear.gradient.shape
    (1, 1, 8, 4)
    >>> change = np.full((1, 8, 4), 1e-5)
    >>> moved = linearise(sites + change, [0.0]).value - linear.value
    >>> bool(abs(moved - linear.product(change)).max() < 1e-8)
    True
    """
    sites, at = _checked_sites(onsite_energy), _checked_energies(energies)
    try:
        return linearised(sites, at, device=check_device(device))
    except ArithmeticError as error:
        raise MesoinvError(f"{error} Compute it with solver='kwant'.") from error


def _reference(sites: RealArray, energies: RealArray, device: str) -> RealArray:
    if device != "cpu":
        raise UsageError(f"The solver 'kwant' runs on the CPU only; got device {device!r}.")
    from mesoinv.generators.solvers.conductance.kwant_reference import (  # noqa: PLC0415
        transmission_kwant,
    )

    try:
        return transmission_kwant(sites, energies)
    except ImportError as error:
        raise UsageError(
            "The solver 'kwant' needs kwant, which is not installed: run `make kwant` in a "
            "checkout, or see the README for how to build it."
        ) from error


def _checked_sites(onsite_energy: ArrayLike) -> RealArray:
    array = real_array(onsite_energy, "on-site energies")
    if array.ndim != 3 or 0 in array.shape[1:]:
        hint = " Add a batch axis with onsite_energy[None]." if array.ndim == 2 else ""
        raise UsageError(
            "On-site energies have shape (batch, length, width), length and width 1 or more; "
            f"got {array.shape}.{hint}"
        )
    if not len(array):
        raise UsageError(f"The batch is empty: on-site energies of shape {array.shape}.")
    reach = abs(array).max(axis=(1, 2))
    good = reach <= LARGEST  # False for NaN as well
    if not good.all():
        row = int(np.argmin(good))
        if not np.isfinite(reach[row]):
            raise UsageError(f"The on-site energies of sample {row} hold NaN or infinite values.")
        raise UsageError(
            f"The on-site energies of sample {row} reach {reach[row]:g} t, allowed are "
            f"{LARGEST:g} t: it shuts electrons out as well."
        )
    return array


def _checked_energies(energies: ArrayLike) -> RealArray:
    array = real_array(energies, "energies")
    if array.ndim != 1:
        hint = " Put one energy into a list: [0.0]." if array.ndim == 0 else ""
        raise UsageError(f"Energies have shape (E,); got {array.shape}.{hint}")
    if not np.isfinite(array).all():
        raise UsageError(f"Energies must be finite; got {array[~np.isfinite(array)][0]}.")
    return array
