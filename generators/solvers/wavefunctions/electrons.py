"""Hamiltonians and eigenstates for people: arguments are checked, errors say what is allowed.

They are public as `mesoinv.generators.wavefunctions.su2_hamiltonian` and so on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.common.arguments import real_array
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.solvers.eigenstates import eigenstates
from mesoinv.generators.solvers.eigenstates.states import NotProvenError
from mesoinv.generators.solvers.wavefunctions import lattice_hamiltonians

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from scipy import sparse

    RealArray = NDArray[np.float64]
    ComplexArray = NDArray[np.complex128]

#: Fewest sites along a side: with fewer, a bond of a periodic lattice meets its own mirror image.
FEWEST = {"periodic": 3, "open": 2}
#: Size of H - Hᴴ, relative to H, that is still rounding.
HERMITIAN = 1e-12


def su2_hamiltonian(
    onsite_energy: ArrayLike, alpha: ArrayLike, beta: ArrayLike, gamma: ArrayLike
) -> sparse.csc_matrix:
    """Return the Hamiltonian of the SU(2) model, periodic in x and y.

    Each bond turns the spin by ⟨i|H|j⟩ = R(α, β, γ), j = i + e,
    R = [[e^{iα} cos β, e^{iγ} sin β], [-e^{-iγ} sin β, e^{-iα} cos β]].

    Parameters
    ----------
    onsite_energy : (L, L) array_like
        ε(x, y) [hopping]; L is 3 or more.
    alpha, beta, gamma : (2, L, L) array_like
        Angles [rad]: [0] of the bond (x, y)–(x + 1, y), [1] of (x, y)–(x, y + 1).

    Returns
    -------
    (2 L², 2 L²) csc_matrix
        Complex, ordered by x, then y, then spin.

    Raises
    ------
    UsageError
        If a shape is wrong or a value is not a finite real number.

    Examples
    --------
    >>> import numpy as np
    >>> from mesoinv.generators.wavefunctions import su2_hamiltonian
    >>> rng = np.random.default_rng(0)
    >>> alpha, beta, gamma = rng.uniform(0, np.pi / 2, (3, 2, 4, 4))
    >>> h = su2_hamiltonian(np.zeros((4, 4)), alpha, beta, gamma)
    >>> levels = np.linalg.eigvalsh(h.toarray())
    >>> bool(np.allclose(levels[::2], levels[1::2]))  # Kramers pairs
    True
    """
    sites = _checked_sites(onsite_energy, "on-site energies", FEWEST["periodic"])
    shape = (2, *sites.shape)
    angles = []
    for values, name in ((alpha, "alpha"), (beta, "beta"), (gamma, "gamma")):
        angle = _finite(real_array(values, f"angles {name}"), f"angles {name}")
        if angle.shape != shape:
            raise UsageError(f"The angles {name} have shape {shape}; got {angle.shape}.")
        angles.append(angle)
    return lattice_hamiltonians.su2(sites, *angles)


def ando_hamiltonian(onsite_energy: ArrayLike) -> sparse.csc_matrix:
    """Return the Hamiltonian of Ando's model, periodic in x and y.

    ⟨i|H|j⟩ = V, j = i + e, V_x = [[V1, V2], [-V2, V1]], V_y = [[V1, -iV2], [-iV2, V1]],
    V1 = √3/2, V2 = 1/2.

    Parameters
    ----------
    onsite_energy : (L, L) array_like
        ε(x, y) [hopping]; L is 3 or more.

    Returns
    -------
    (2 L², 2 L²) csc_matrix
        Complex, ordered by x, then y, then spin.

    Raises
    ------
    UsageError
        If the shape is wrong or a value is not a finite real number.

    Examples
    --------
    >>> import numpy as np
    >>> from mesoinv.generators.wavefunctions import ando_hamiltonian
    >>> h = ando_hamiltonian(np.zeros((4, 4)))
    >>> h.shape, bool(abs(h - h.conj().T).max() == 0)
    ((32, 32), True)
    """
    sites = _checked_sites(onsite_energy, "on-site energies", FEWEST["periodic"])
    return lattice_hamiltonians.ando(sites)


def chern_hamiltonian(
    onsite_s: ArrayLike, onsite_p: ArrayLike, periodic: bool = False
) -> sparse.csc_matrix:
    """Return the Hamiltonian of a Chern insulator with an s and a p orbital on each site.

    ⟨x+e_x|H|x⟩ = [[-1/4, -1/3], [1/3, 1/4]], ⟨x+e_y|H|x⟩ = [[-1/4, -i/3], [-i/3, 1/4]], diagonal
    (-1/2 + v_s, 1/2 + v_p). Clean and periodic it has a gap at |E| < 1/2.

    Parameters
    ----------
    onsite_s, onsite_p : (L, L) array_like
        v_s and v_p [4 t_s]; L is 2 or more, 3 if periodic.
    periodic : bool
        Open boundaries (default) have edge states.

    Returns
    -------
    (2 L², 2 L²) csc_matrix
        Complex, ordered by x, then y, then orbital.

    Raises
    ------
    UsageError
        If a shape is wrong or a value is not a finite real number.

    Examples
    --------
    >>> import numpy as np
    >>> from mesoinv.generators.wavefunctions import chern_hamiltonian
    >>> h = chern_hamiltonian(np.zeros((6, 6)), np.zeros((6, 6)), periodic=True)
    >>> energies = np.linalg.eigvalsh(h.toarray())
    >>> bool(abs(energies).min() > 0.49)  # the clean insulator has a gap
    True
    """
    fewest = FEWEST["periodic" if periodic else "open"]
    s = _checked_sites(onsite_s, "on-site energies of s", fewest)
    p = _checked_sites(onsite_p, "on-site energies of p", fewest)
    if s.shape != p.shape:
        raise UsageError(f"Both orbitals need energies of one shape; got {s.shape} and {p.shape}.")
    return lattice_hamiltonians.chern(s, p, periodic=bool(periodic))


def eigenstate(h: Any, level: int) -> tuple[float, ComplexArray]:
    """Return the eigenstate of a given level, its number proven by inertia.

    Parameters
    ----------
    h : (n, n) sparse matrix or array_like
        A Hermitian matrix.
    level : int
        Counted from 0, the lowest: the paper's 1600th state is 1599.

    Returns
    -------
    energy : float
        In the unit of `h`.
    vector : (n,) complex array
        Normalised. Its phase is arbitrary, and in a degenerate level its direction; the density of
        a Kramers pair, summed over the spin, is that of both states.

    Raises
    ------
    UsageError
        If `h` is not Hermitian, or `level` not one of 0 … n - 1.
    MesoinvError
        If the number of the level can be proven in no way.

    Examples
    --------
    >>> import numpy as np
    >>> from mesoinv.generators.wavefunctions import chern_hamiltonian, eigenstate
    >>> h = chern_hamiltonian(*np.random.default_rng(0).uniform(-1, 1, (2, 8, 8)))
    >>> energy, state = eigenstate(h, 63)
    >>> bool(abs(h @ state - energy * state).max() < 1e-10)
    True
    """
    matrix = _checked_matrix(h)
    number = _checked_level(level, matrix.shape[0])
    try:
        states = eigenstates.levels(matrix, number, number)
    except NotProvenError as error:
        raise MesoinvError(str(error)) from error
    return float(states.energies[0]), states.vectors[:, 0]


def eigenstates_between(h: Any, low: float, high: float) -> tuple[RealArray, ComplexArray]:
    """Return all eigenstates with low ≤ E < high; their number is proven by inertia.

    Parameters
    ----------
    h : (n, n) sparse matrix or array_like
        A Hermitian matrix.
    low, high : float
        Window, in the unit of `h`.

    Returns
    -------
    energies : (m,) array
        Ascending.
    vectors : (n, m) complex array
        Orthonormal, one a column.

    Raises
    ------
    UsageError
        If `h` is not Hermitian, or the window not finite and in order.
    MesoinvError
        If the number of the states can be proven in no way.

    Examples
    --------
    >>> import numpy as np
    >>> from mesoinv.generators.wavefunctions import chern_hamiltonian, eigenstates_between
    >>> h = chern_hamiltonian(*np.random.default_rng(0).uniform(-1, 1, (2, 8, 8)))
    >>> energies, states = eigenstates_between(h, -0.2, 0.2)
    >>> states.shape == (128, len(energies)), bool((abs(energies) < 0.2).all())
    (True, True)
    """
    matrix = _checked_matrix(h)
    ends = _finite(real_array([low, high], "ends of the window"), "ends of the window")
    if ends[0] > ends[1]:
        raise UsageError(f"A window goes from low to high; got {low:g} and {high:g}.")
    try:
        states = eigenstates.window(matrix, *ends.tolist())
    except NotProvenError as error:
        raise MesoinvError(str(error)) from error
    return states.energies, states.vectors


def _finite(array: RealArray, what: str) -> RealArray:
    if not np.isfinite(array).all():
        raise UsageError(f"The {what} hold NaN or infinite values.")
    return array


def _checked_sites(values: ArrayLike, what: str, fewest: int) -> RealArray:
    array = _finite(real_array(values, what), what)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise UsageError(f"The {what} have shape (L, L), one sample; got {array.shape}.")
    if len(array) < fewest:
        raise UsageError(
            f"The lattice is too small for its bonds: L is {fewest} or more; got {len(array)}."
        )
    return array


def _checked_matrix(h: Any) -> sparse.csc_matrix:
    from scipy import sparse  # noqa: PLC0415  (slow to import)

    try:
        matrix = sparse.csc_matrix(h, dtype=complex)
    except (TypeError, ValueError) as error:
        raise UsageError(f"h is a matrix of numbers, sparse or dense: {error}.") from None
    if matrix.shape[0] != matrix.shape[1] or not matrix.shape[0]:
        raise UsageError(f"h is a square matrix; got shape {matrix.shape}.")
    matrix.sum_duplicates()
    if not np.isfinite(matrix.data).all():
        raise UsageError("h holds NaN or infinite values.")
    difference, size = abs(matrix - matrix.conj().T).max(), abs(matrix).max()
    if difference > HERMITIAN * size:
        raise UsageError(
            f"h is not Hermitian: h and its conjugate transpose differ by up to {difference:.3g}."
        )
    return matrix


def _checked_level(level: int, size: int) -> int:
    if isinstance(level, bool) or not isinstance(level, (int, np.integer)):
        raise UsageError(f"level is an integer; got {level!r}.")
    if not 0 <= level < size:
        raise UsageError(f"level is one of 0 … {size - 1}; got {level}.")
    return int(level)
