"""The eigenstate nearest to an energy, by Pardiso where it is installed."""

from __future__ import annotations

import functools
import importlib.util
import warnings
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.arguments import real_array
from mesoinv.generators.common.devices import check_device
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.solvers.anderson3d.cubic_lattice import hamiltonian, hopping
from mesoinv.generators.solvers.eigenstates import eigenstates, inertia

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from mesoinv.generators.solvers.eigenstates.inertia import Factoriser
    from mesoinv.generators.solvers.eigenstates.pardiso import Pardiso
    from mesoinv.generators.solvers.eigenstates.states import States

#: Sides above which nobody waits for SuperLU: it takes minutes, and many GB.
LARGEST_WITHOUT_PARDISO = 30


def eigenstate(
    onsite_energy: ArrayLike, energy: float = 0.0, *, device: str = "cpu"
) -> tuple[float, NDArray[np.float64]]:
    r"""Return the eigenstate of Anderson's model whose energy is nearest to a given one.

    .. math:: H = \sum_r \varepsilon_r |r\rangle\langle r|
              + \sum_{\langle rr' \rangle} |r\rangle\langle r'|

    with six neighbours a site, periodic. That no level is nearer is proven by the number of levels
    below two energies on either side (Sylvester's law of inertia).

    Parameters
    ----------
    onsite_energy : (M, M, M) array_like
        ε, in units of the hopping; M is 3 or more.
    energy : float
        In units of the hopping.
    device : str
        ``"cuda"`` factorises on a GPU, slice by slice; that pays for large lattices.

    Returns
    -------
    float
        E, in units of the hopping.
    (M, M, M) array
        ψ, real, normalised; its largest component is positive.

    Raises
    ------
    UsageError
        If the lattice is no cube, M is less than 3, a number is not finite and real, or there is no
        such device.
    MesoinvError
        If the factorisation would not fit into memory, or the level cannot be proven.

    Examples
    --------
    >>> import numpy as np
    >>> from mesoinv.generators.anderson3d import eigenstate
    >>> onsite = np.random.default_rng(0).uniform(-8, 8, (6, 6, 6))
    >>> energy, state = eigenstate(onsite)
    >>> round(energy, 4), round(float((state**2).sum()), 9)
    (-0.0341, 1.0)
    >>> neighbours = sum(np.roll(state, step, axis) for axis in range(3) for step in (-1, 1))
    >>> bool(abs(onsite * state + neighbours - energy * state).max() < 1e-10)
    True
    """
    states = nearest_state(onsite_energy, energy, device=device)
    vector = states.vectors[:, 0].real
    largest = vector[np.argmax(abs(vector))]
    state = (vector * np.sign(largest)).reshape(np.shape(onsite_energy))
    return float(states.energies[0]), state


def nearest_state(onsite_energy: ArrayLike, energy: float = 0.0, *, device: str = "cpu") -> States:
    """Return the same with its number, residual and proof."""
    onsite = _checked(onsite_energy)
    if not isinstance(energy, int | float | np.floating) or not np.isfinite(energy):
        raise UsageError(f"energy must be a finite number; got {energy!r}.")
    # that of as many levels spread evenly, with the variance that tr H² gives
    spacing = float(np.sqrt(12 * (onsite.var() + 6))) / onsite.size
    factoriser = _factoriser(len(onsite), check_device(device))
    return eigenstates.nearest(hamiltonian(onsite), float(energy), factoriser, spacing=spacing)


def _checked(onsite_energy: ArrayLike) -> NDArray[np.float64]:
    onsite = real_array(onsite_energy, "on-site energies")
    if onsite.ndim != 3 or len(set(onsite.shape)) != 1 or len(onsite) < 3:
        raise UsageError(f"On-site energies have shape (M, M, M), M 3 or more; got {onsite.shape}.")
    if not np.isfinite(onsite).all():
        raise UsageError("On-site energies must be finite.")
    return onsite


def _factoriser(side: int, device: str) -> Factoriser:
    if device != "cpu":
        from mesoinv.generators.solvers.anderson3d.torch_slices import Slices  # noqa: PLC0415

        return Slices(side, device).factorise
    if importlib.util.find_spec("pypardiso") is None:
        if side > LARGEST_WITHOUT_PARDISO:
            raise MesoinvError(
                f"Lattices of more than {LARGEST_WITHOUT_PARDISO}³ sites need Pardiso: "
                "pip install 'mesoinv[anderson]'."
            )
        _say_slow()
        return inertia.factorise
    return _analysed(side).factorise


@functools.cache
def _say_slow() -> None:
    warnings.warn(
        "Pardiso is not installed: SuperLU is used, which is several times slower. "
        "pip install 'mesoinv[anderson]'.",
        stacklevel=5,
    )


_kept: dict[int, Pardiso] = {}


def _analysed(side: int) -> Pardiso:
    """Return the analysis of one size; that of another is given up for it."""
    from mesoinv.generators.solvers.eigenstates.pardiso import Pardiso  # noqa: PLC0415  (an extra)

    if side not in _kept:
        for other in list(_kept):
            _kept.pop(other).release()
        pardiso = Pardiso(hopping(side))
        # now: once it has factorised, what it needs is no longer free
        _check_memory(pardiso, side)
        _kept[side] = pardiso
    return _kept[side]


def _check_memory(pardiso: Pardiso, side: int) -> None:
    available = _available_memory()
    if available is not None and pardiso.bytes_needed > available:
        pardiso.release()
        raise MesoinvError(
            f"The factorisation of {side}³ sites needs {pardiso.bytes_needed / 1e9:.1f} GB of "
            f"memory; {available / 1e9:.1f} GB are free."
        )


def _available_memory() -> int | None:
    """Return the memory that is free [bytes], where the system says it."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:  # noqa: PTH123  (no file of ours)
            lines = dict(line.split(":", 1) for line in file)
        return 1024 * int(lines["MemAvailable"].split()[0])
    except (OSError, KeyError, ValueError):
        return None
