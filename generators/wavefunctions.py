"""Eigenstates of random electrons in two dimensions, on both sides of a quantum phase transition.

Ohtsuki and Ohtsuki (2016) [1]_: is a state localised or not, is it the edge state of a topological
insulator or not? One sample is the density of one eigenstate on a lattice, with its energy, the
number of its level, and the strength of the disorder. Every number of a level is proven.

References
----------
.. [1] T. Ohtsuki and T. Ohtsuki, "Deep learning the quantum phase transitions in random
   two-dimensional electron systems", J. Phys. Soc. Jpn. 85, 123706 (2016).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from mesoinv.generators.pipeline import pictures
from mesoinv.generators.pipeline.arguments import real_array
from mesoinv.generators.pipeline.base import Batch, Column, Config, Dataset, Paper
from mesoinv.generators.pipeline.errors import MesoinvError, UsageError, unknown_name
from mesoinv.generators.solvers import eigenstates, lattice_hamiltonians, state_disorder
from mesoinv.generators.solvers.states import NotProvenError, dense_levels, dense_nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from mesoinv.generators.pipeline.seeding import Stream
    from mesoinv.generators.solvers.states import States

RealArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

_BIBTEX = """@article{ohtsuki2016deep,
  author  = {Ohtsuki, Tomoki and Ohtsuki, Tomi},
  title   = {Deep Learning the Quantum Phase Transitions in Random Two-Dimensional Electron
             Systems},
  journal = {J. Phys. Soc. Jpn.},
  volume  = {85},
  pages   = {123706},
  year    = {2016},
  doi     = {10.7566/JPSJ.85.123706},
}"""

SOLVERS = ("inertia", "dense")
MODELS = ("su2", "ando", "chern")
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
    """
    matrix = _checked_matrix(h)
    number = _checked_level(level, matrix.shape[0])
    try:
        found = eigenstates.levels(matrix, number, number)
    except NotProvenError as error:
        raise MesoinvError(str(error)) from error
    return float(found.energies[0]), found.vectors[:, 0]


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
    """
    matrix = _checked_matrix(h)
    ends = _finite(real_array([low, high], "ends of the window"), "ends of the window")
    if ends[0] > ends[1]:
        raise UsageError(f"A window goes from low to high; got {low:g} and {high:g}.")
    try:
        found = eigenstates.window(matrix, *ends.tolist())
    except NotProvenError as error:
        raise MesoinvError(str(error)) from error
    return found.energies, found.vectors


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


@dataclass(frozen=True)
class WavefunctionsConfig(Config):
    """Parameters of one configuration.

    Attributes
    ----------
    model : str
        ``"su2"``, ``"ando"`` or ``"chern"``.
    side : int
        L, sites along x and along y.
    critical_disorder : float
        W_c: the label of a sample says whether W is below it.
    disorder : float
        W of all samples; 0 where it varies.
    energy : float or None
        The state nearest to this energy is taken; by default, a state in the middle by number.
    levels : int
        How many successive levels around the middle are taken of one realisation of the disorder,
        one a sample; 1: the level L² - 1, the last of the lower half.
    """

    model: str = field(default="su2", metadata={"unit": "name"})
    side: int = field(default=40, metadata={"unit": "sites"})
    critical_disorder: float = field(default=6.20, metadata={"unit": "energy unit"})
    disorder: float = field(
        default=0.0, metadata={"unit": "energy unit", "description": "0: it varies"}
    )
    energy: float | None = field(
        default=None,
        metadata={"unit": "energy unit", "description": "None: the state is chosen by its number"},
    )
    levels: int = field(
        default=1, metadata={"unit": "1", "description": "successive levels of one realisation"}
    )

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise unknown_name("model", self.model, MODELS)
        if self.side < FEWEST["periodic"]:
            raise UsageError(f"The lattice is too small for its bonds: side {self.side}.")
        if not (np.isfinite(self.critical_disorder) and self.critical_disorder > 0):
            raise UsageError(f"critical_disorder is above 0; got {self.critical_disorder}.")
        if not (np.isfinite(self.disorder) and self.disorder >= 0):
            raise UsageError(f"disorder is 0 or more; got {self.disorder}.")
        if not 1 <= self.levels <= 2 * self.side**2:
            raise UsageError(f"There are {2 * self.side**2} levels; got levels={self.levels}.")


def _sizes(train: int, paper: int) -> dict[str, dict[str, int]]:
    return {
        "mini": {"train": 256, "validation": 64, "test": 100},
        "small": {"train": paper, "validation": 500, "test": 500},
        "full": {"train": train, "validation": 2000, "test": 10_000},
    }


def _tests(mini: int, small: int, full: int) -> dict[str, dict[str, int]]:
    return {"mini": {"test": mini}, "small": {"test": small}, "full": {"test": full}}


def _elsewhere(energy: float, critical: float) -> WavefunctionsConfig:
    return WavefunctionsConfig(
        f"SU(2) model, the states nearest to E = {energy:g}, W_c = {critical:g}",
        _tests(100, 500, 10_000),
        critical_disorder=critical,
        energy=energy,
    )


def _in_gap(disorder: float, levels: int, realisations: int) -> WavefunctionsConfig:
    return WavefunctionsConfig(
        f"Chern insulator at W = {disorder:g}: of each realisation the {levels} levels around the "
        "middle, among them all with |E| < 1/2",
        _tests(levels, 5 * levels, realisations * levels),
        model="chern",
        critical_disorder=3.2,
        disorder=disorder,
        levels=levels,
    )


class Wavefunctions(Dataset):
    """The dataset ``wavefunctions``.

    In ``train`` and ``validation`` the disorder of samples with an even index is below W_c, that of
    the others above; ``test`` goes through a grid of strengths, each repeated every 100 samples. In
    configurations with several levels of one realisation, sample i is the level L² - levels/2 +
    (i mod levels) of realisation i // levels: every state is a sample of its own, reached by its
    index alone, and successive samples share their diagonalisation.
    """

    name = "wavefunctions"
    pretty_name = "Wave functions of random electrons in two dimensions"
    version = "1.0.0"
    paper = Paper(
        authors="T. Ohtsuki and T. Ohtsuki",
        title="Deep learning the quantum phase transitions in random two-dimensional electron "
        "systems",
        reference="J. Phys. Soc. Jpn. 85, 123706",
        year=2016,
        arxiv="1610.00462",
        doi="10.7566/JPSJ.85.123706",
        bibtex=_BIBTEX,
    )
    default_config = "su2"
    configs: ClassVar[Mapping[str, WavefunctionsConfig]] = {
        "su2": WavefunctionsConfig(
            "SU(2) model, 40 × 40 sites, level 1599 (E near 0), W_c = 6.20", _sizes(20_000, 2000)
        ),
        "su2_e1": _elsewhere(1.0, 5.953),
        "su2_e2": _elsewhere(2.0, 5.165),
        "su2_e3": _elsewhere(3.0, 3.394),
        "su2_80": WavefunctionsConfig(
            "Like su2 on 80 × 80 sites, level 6399, for transfer in size",
            _tests(20, 100, 2000), side=80,
        ),
        "ando": WavefunctionsConfig(
            "Ando's model, 40 × 40 sites, level 1599 (E near 0), for transfer, W_c = 5.838",
            _tests(100, 500, 10_000), model="ando", critical_disorder=5.838,
        ),
        "chern": WavefunctionsConfig(
            "Chern insulator, 40 × 40 sites, open boundaries, level 1599, W_c = 3.2",
            _sizes(54_000, 2000), model="chern", critical_disorder=3.2,
        ),
        "chern_gap_w1": _in_gap(1.0, 416, 20),
        "chern_gap_w6": _in_gap(6.0, 640, 20),
    }  # fmt: skip
    solvers = SOLVERS
    rows_per_part = 64
    rows_per_shard = 2**15

    def columns(self, config: str) -> tuple[Column, ...]:
        """Return the columns: the state, and what it was the state of."""
        side = self.parameters(config).side
        unit = "4 t_s" if self.parameters(config).model == "chern" else "hopping"
        absolute = (1e-10, 1.0)  # these errors do not shrink with the value
        return (
            Column("index", "int64", (), "1", "number of the sample in its split"),
            Column("density", "float32", (side, side), "1",
                   "|ψ(x, y)|², summed over spin or orbital; its sum is 1", 1e-5),
            Column("energy", "float64", (), unit, "E of the state", *absolute),
            Column("level", "int64", (), "1", "number of the level, counted from 0"),
            Column("disorder", "float64", (), unit, "W: random energies lie in [-W/2, W/2]"),
            Column("label", "int64", (), "1",
                   "1 where W < W_c (delocalised; Chern: topological), else 0"),
            Column("participation_ratio", "float64", (), "sites", "1/Σ|ψ|⁴ of the density", 1e-5),
            Column("residual", "float64", (), unit, "|Hψ - Eψ|", *absolute),
            Column("levels_below", "int64", (), "1",
                   "levels proven to lie below an energy just under the state"),
            Column("levels_through", "int64", (), "1",
                   "levels proven to lie below an energy just above the state"),
        )  # fmt: skip

    def parameters(self, config: str) -> WavefunctionsConfig:
        """Return a configuration with its physical parameters."""
        found = self.config(config)
        assert isinstance(found, WavefunctionsConfig)
        return found

    def draw(self, config: str, stream: Stream, indices: NDArray[np.int64]) -> Batch:
        """Draw the strength of the disorder, then random energies and, for SU(2), rotations."""
        parameters = self.parameters(config)
        indices = np.asarray(indices)
        realisation = indices // parameters.levels
        strength = _strengths(parameters, stream, realisation)
        orbitals = 2 if parameters.model == "chern" else 1
        count, sites = len(indices), (parameters.side, parameters.side)
        words = stream.words(realisation, orbitals * parameters.side**2)
        onsite = state_disorder.random_onsite(words, strength)
        drawn: Batch = {
            "index": indices,
            "disorder": strength,
            "label": (strength < parameters.critical_disorder).astype(np.int64),
            "onsite_energy": onsite.reshape(count, orbitals, *sites),
        }
        if parameters.model == "su2":
            rotations = stream.uniform(realisation, 6 * parameters.side**2, channel=2)
            drawn["rotation"] = rotations.reshape(count, 3, 2, *sites)
        return drawn

    def solve(
        self, config: str, drawn: Batch, *, device: str = "cpu", solver: str | None = None
    ) -> Batch:
        """Find the states and prove the numbers of their levels."""
        parameters = self.parameters(config)
        if device != "cpu":
            raise UsageError(f"The solvers of {self.name} run on the CPU only; got {device!r}.")
        solver = solver or SOLVERS[0]
        if solver not in SOLVERS:
            raise unknown_name("solver", solver, SOLVERS)
        try:
            rows = _solved(parameters, drawn, dense=solver == "dense")
        except NotProvenError as error:
            raise MesoinvError(str(error)) from error
        solved = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        return {name: drawn[name] for name in ("index", "disorder", "label")} | solved

    def figure(self, config: str, batch: Batch, row: int = 0) -> Figure:
        """Draw the density of one sample, and its logarithm."""
        density = np.maximum(np.asarray(batch["density"][row], dtype=float), 1e-30)
        side = len(density)
        scaled = pictures.Map(density * side**2, "density × L²", "1", "magma")
        faint = pictures.Map(np.log10(density), "log₁₀ density", "1", "viridis")
        energy, strength = float(batch["energy"][row]), float(batch["disorder"][row])
        title = (
            f"W = {strength:.3f}, E = {energy:.4f}, level {int(batch['level'][row])}, "
            f"participation ratio {float(batch['participation_ratio'][row]):.0f} sites, "
            f"label {int(batch['label'][row])}"
        )
        maps = [scaled, faint]
        return pictures.side_by_side(maps, extent=(side, side), unit="sites", title=title)

    def images(self, config: str, batch: Batch) -> dict[str, list[bytes]]:
        """Render the densities as PNG files, eight pixels a site."""
        enlarged = np.asarray(batch["density"]).repeat(8, axis=1).repeat(8, axis=2)
        return {
            "density_image": [
                pictures.map_png(pictures.Map(density, "density", "1", "magma"))
                for density in enlarged
            ]
        }


def _strengths(
    parameters: WavefunctionsConfig, stream: Stream, realisation: NDArray[np.int64]
) -> RealArray:
    """Return W of each realisation."""
    if parameters.disorder:
        return np.full(len(realisation), parameters.disorder)
    critical = parameters.critical_disorder
    if stream.split == "test":
        return state_disorder.strengths_on_grid(realisation, critical)
    side, uniform = stream.uniform(realisation, 2, channel=1).T
    # where samples are to be judged, their index must not tell
    above = realisation % 2 == 1 if stream.split in {"train", "validation"} else side > 0.5
    return state_disorder.strengths_on_both_sides(uniform, above, critical)


def _hamiltonian(parameters: WavefunctionsConfig, drawn: Batch, row: int) -> sparse.csc_matrix:
    onsite = drawn["onsite_energy"][row]
    if parameters.model == "chern":
        return lattice_hamiltonians.chern(*onsite)
    if parameters.model == "ando":
        return lattice_hamiltonians.ando(onsite[0])
    alpha, gamma, share = drawn["rotation"][row]
    # sin²β uniform in (0, 1): P(β) = sin 2β on 0 … π/2, no direction of the spin is preferred
    turn = 2 * np.pi
    return lattice_hamiltonians.su2(
        onsite[0], turn * alpha, np.arcsin(np.sqrt(share)), turn * gamma
    )


def _solved(parameters: WavefunctionsConfig, drawn: Batch, *, dense: bool) -> list[dict[str, Any]]:
    """Solve the samples of a batch; those of one realisation that follow each other together."""
    realisation, number = np.divmod(drawn["index"], parameters.levels)
    middle = parameters.side**2 - (parameters.levels + 1) // 2
    rows: list[dict[str, Any]] = []
    for run in np.split(np.arange(len(number)), np.flatnonzero(np.diff(realisation)) + 1):
        matrix = _hamiltonian(parameters, drawn, int(run[0]))
        wanted = middle + number[run]
        found = _states(matrix, (int(wanted.min()), int(wanted.max())), parameters.energy, dense)
        offsets = wanted - wanted.min()
        rows += [_sample(parameters, found, int(offset)) for offset in offsets]
    return rows


def _states(
    matrix: sparse.csc_matrix, wanted: tuple[int, int], energy: float | None, dense: bool
) -> States:
    if not dense:
        if energy is None:
            return eigenstates.levels(matrix, *wanted)
        return eigenstates.nearest(matrix, energy)
    pairs = eigenstates.has_kramers_pairs(matrix)
    if energy is None:
        return dense_levels(matrix, *wanted, pairs=pairs)
    return dense_nearest(matrix, energy, pairs)


def _sample(parameters: WavefunctionsConfig, found: States, offset: int) -> dict[str, Any]:
    """Return the computed columns of one state."""
    side = parameters.side
    density = (abs(found.vectors[:, offset]) ** 2).reshape(side, side, 2).sum(axis=2)
    density /= density.sum()
    if parameters.model != "chern":  # a periodic lattice has no centre of its own
        x, y = np.unravel_index(np.argmax(density), density.shape)
        density = np.roll(density, (side // 2 - x, side // 2 - y), axis=(0, 1))
    return {
        "density": density,
        "energy": found.energies[offset],
        "level": found.first + offset,
        "participation_ratio": 1 / (density**2).sum(),
        "residual": found.residuals[offset],
        "levels_below": found.below,
        "levels_through": found.through,
    }


DATASET = Wavefunctions()
