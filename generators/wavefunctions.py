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
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common.errors import MesoinvError, UsageError, unknown_name
from mesoinv.generators.pipeline.base import SPLITS, Batch, Column, Config, Dataset, Paper
from mesoinv.generators.solvers.eigenstates.states import NotProvenError
from mesoinv.generators.solvers.wavefunctions import (
    drawing,
    one_state,
    state_disorder,
)
from mesoinv.generators.solvers.wavefunctions.electrons import (
    FEWEST,
    ando_hamiltonian,
    chern_hamiltonian,
    eigenstate,
    eigenstates_between,
    su2_hamiltonian,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from mesoinv.generators.pipeline.seeding import Stream

__all__ = [
    "DATASET",
    "Wavefunctions",
    "WavefunctionsConfig",
    "ando_hamiltonian",
    "chern_hamiltonian",
    "eigenstate",
    "eigenstates_between",
    "su2_hamiltonian",
]

RealArray = NDArray[np.float64]

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
MODELS = ("su2", "ando", "chern", "several")
#: Systems that nothing is learnt from -> their configurations.
TRANSFER = dict(zip(state_disorder.SYSTEMS, ("su2_e1", "su2_e2", "su2_e3", "ando"), strict=True))


@dataclass(frozen=True)
class WavefunctionsConfig(Config):
    """Parameters of one configuration.

    Attributes
    ----------
    model : str
        ``"su2"``, ``"ando"`` or ``"chern"``; ``"several"`` where `systems` take turns.
    side : int
        L, sites along x and along y.
    critical_disorder : float
        W_c: the label of a sample says whether W is below it; 0 where each system has its own.
    disorder : float
        W of all samples; 0 where it varies.
    energy : float or None
        The state nearest to this energy is taken; by default, a state in the middle by number.
    levels : int
        How many successive levels around the middle are taken of one realisation of the disorder,
        one a sample; 1: the level L² - 1, the last of the lower half.
    systems : tuple of str
        Configurations that take turns: sample i is of number i mod their count.
    """

    model: str = field(default="su2", metadata={"unit": "name"})
    side: int = field(default=40, metadata={"unit": "sites"})
    critical_disorder: float = field(
        default=6.20, metadata={"unit": "energy unit", "description": "0: that of each system"}
    )
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
    systems: tuple[str, ...] = field(
        default=(), metadata={"unit": "name", "description": "configurations that take turns"}
    )

    @property
    def periodic(self) -> bool:
        """Whether the lattice has no edges."""
        return self.model != "chern"

    @property
    def symmetries(self) -> tuple[str, ...]:
        """A turned, mirrored or shifted state is one of other disorder of the same strength."""
        return ("square", "translations") if self.periodic else ("square",)

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise unknown_name("model", self.model, MODELS)
        if self.side < FEWEST["periodic"]:
            raise UsageError(f"The lattice is too small for its bonds: side {self.side}.")
        own = np.isfinite(self.critical_disorder) and self.critical_disorder > 0
        if not (own or self.systems):
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


#: Of a system that is for transfer: nothing to learn from, but something to choose by.
_TRANSFER = {
    "mini": {"validation": 20, "test": 100},
    "small": {"validation": 500, "test": 500},
    "full": {"validation": 1000, "test": 5000},
}


#: The same of four systems in turn.
_TURNS = {
    "mini": {"validation": 80, "test": 400},
    "small": {"validation": 500, "test": 2000},
    "full": {"validation": 4000, "test": 20_000},
}


def _elsewhere(energy: float, critical: float) -> WavefunctionsConfig:
    return WavefunctionsConfig(
        f"SU(2) model, the states nearest to E = {energy:g}, W_c = {critical:g}",
        _TRANSFER,
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
    index alone, and successive samples share their diagonalisation. Where several systems take
    turns, each goes through its own grid of strengths.
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
            _tests(20, 100, 1000), side=80,
        ),
        "ando": WavefunctionsConfig(
            "Ando's model, 40 × 40 sites, level 1599 (E near 0), for transfer, W_c = 5.838",
            _TRANSFER, model="ando", critical_disorder=5.838,
        ),
        "su2_transfer": WavefunctionsConfig(
            "su2_e1, su2_e2, su2_e3 and ando in turn: sample i is of system i mod 4",
            _TURNS, model="several", critical_disorder=0.0, systems=tuple(TRANSFER.values()),
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
                   "|ψ(x, y)|², summed over spin or orbital; its sum is 1", 1e-5, symmetry="field"),
            Column("energy", "float64", (), unit, "E of the state", *absolute,
                   symmetry="invariant"),
            Column("level", "int64", (), "1", "number of the level, counted from 0"),
            Column("disorder", "float64", (), unit, "W: random energies lie in [-W/2, W/2]",
                   symmetry="invariant"),
            Column("label", "int64", (), "1",
                   "1 where W < W_c (delocalised; Chern: topological), else 0",
                   symmetry="invariant"),
            Column("participation_ratio", "float64", (), "sites", "1/Σ|ψ|⁴ of the density", 1e-5,
                   symmetry="invariant"),
            Column("residual", "float64", (), unit, "|Hψ - Eψ|", *absolute),
            Column("levels_below", "int64", (), "1",
                   "levels proven to lie below an energy just under the state"),
            Column("levels_through", "int64", (), "1",
                   "levels proven to lie below an energy just above the state"),
            *(_OF_SYSTEM if self.parameters(config).systems else ()),
        )  # fmt: skip

    def parameters(self, config: str) -> WavefunctionsConfig:
        """Return a configuration with its physical parameters."""
        declared = self.config(config)
        assert isinstance(declared, WavefunctionsConfig)
        return declared

    def draw(self, config: str, stream: Stream, indices: NDArray[np.int64]) -> Batch:
        """Draw the strength of the disorder, then random energies and, for SU(2), rotations."""
        parameters, indices = self.parameters(config), np.asarray(indices)
        if not parameters.systems:
            realisation = indices // parameters.levels
            return {"index": indices} | _drawn(parameters, stream, realisation, realisation)
        turn, system = np.divmod(indices, len(parameters.systems))
        if stream.split not in SPLITS:  # where samples are to be judged, their index must not tell
            share = stream.uniform(indices, 1, channel=3)[:, 0]
            turn, system = indices, (len(parameters.systems) * share).astype(np.int64)
        drawn: Batch = {}
        for number, name in enumerate(parameters.systems):
            rows, one = np.flatnonzero(system == number), self.parameters(name)
            of_system = _drawn(one, stream, indices[rows], turn[rows])
            of_system["critical_disorder"] = np.full(len(rows), one.critical_disorder)
            _put(drawn, rows, of_system, len(indices))
        return drawn | {"index": indices, "system": system}

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
        names = ("index", "disorder", "label", *(c.name for c in _OF_SYSTEM))
        solved: Batch = {name: drawn[name] for name in names if name in drawn}
        systems = parameters.systems or (config,)
        of = drawn["system"] if parameters.systems else np.zeros(len(drawn["index"]), dtype=int)
        for number in np.unique(of):
            rows, one = np.flatnonzero(of == number), self.parameters(systems[number])
            chosen = {key: values[rows] for key, values in drawn.items()}
            try:
                states = one_state.solve_samples(
                    chosen, one.model, one.levels, one.energy, dense=solver == "dense"
                )
            except NotProvenError as error:
                raise MesoinvError(str(error)) from error
            made = {key: np.array([row[key] for row in states]) for key in states[0]}
            _put(solved, rows, made, len(of))
        return solved

    def figure(self, config: str, batch: Batch, row: int = 0) -> Figure:
        """Draw the density of one sample, and its logarithm."""
        return drawing.sample_figure(batch, row)

    def images(self, config: str, batch: Batch) -> dict[str, list[bytes]]:
        """Render the densities as PNG files, eight pixels a site."""
        return {"density_image": drawing.density_images(batch["density"])}


#: What tells systems apart, where several take turns.
_OF_SYSTEM = (
    Column("critical_disorder", "float64", (), "hopping", "W_c of the system",
           symmetry="invariant"),
    Column("system", "int64", (), "1", "which system: 0 … 3 in the order of the configuration",
           symmetry="invariant"),
)  # fmt: skip


def _put(batch: Batch, rows: NDArray[np.int64], values: Batch, count: int) -> None:
    """Write the rows of one system into a batch of `count`; others have zeros there as yet."""
    for name, some in values.items():
        whole = batch.setdefault(name, np.zeros((count, *some.shape[1:]), some.dtype))
        whole[rows] = some


def _drawn(
    parameters: WavefunctionsConfig,
    stream: Stream,
    realisation: NDArray[np.int64],
    turn: NDArray[np.int64],
) -> Batch:
    """Draw realisations of one system; `turn` goes through the strengths of the disorder."""
    strength = _strengths(parameters, stream, realisation, turn)
    orbitals = 2 if parameters.model == "chern" else 1
    count, sites = len(realisation), (parameters.side, parameters.side)
    words = stream.words(realisation, orbitals * parameters.side**2)
    onsite = state_disorder.random_onsite(words, strength)
    drawn: Batch = {
        "disorder": strength,
        "label": (strength < parameters.critical_disorder).astype(np.int64),
        "onsite_energy": onsite.reshape(count, orbitals, *sites),
    }
    if parameters.model == "su2":
        rotations = stream.uniform(realisation, 6 * parameters.side**2, channel=2)
        drawn["rotation"] = rotations.reshape(count, 3, 2, *sites)
    return drawn


def _strengths(
    parameters: WavefunctionsConfig,
    stream: Stream,
    realisation: NDArray[np.int64],
    turn: NDArray[np.int64],
) -> RealArray:
    """Return W of each realisation."""
    if parameters.disorder:
        return np.full(len(realisation), parameters.disorder)
    critical = parameters.critical_disorder
    if stream.split == "test":
        return state_disorder.strengths_on_grid(turn, critical)
    side, uniform = stream.uniform(realisation, 2, channel=1).T
    # where samples are to be judged, their index must not tell
    above = turn % 2 == 1 if stream.split in {"train", "validation"} else side > 0.5
    return state_disorder.strengths_on_both_sides(uniform, above, critical)


DATASET = Wavefunctions()
