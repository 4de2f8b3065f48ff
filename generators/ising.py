"""The Ising model with two couplings: spins at every temperature, on both sides of frustration.

Bayo, Çivitcioğlu, Webb, Honecker and Römer (2025) [1]_, section 5: neighbours on a periodic square
lattice want to be equal (J1 = 1), diagonal ones opposite (J2). Cooled below a temperature that
depends on J2, the spins order: all alike if J2 < 1/2, in stripes if J2 > 1/2. One sample is a
lattice at a temperature.

References
----------
.. [1] D. Bayo, B. Çivitcioğlu, J. J. Webb, A. Honecker and R. A. Römer, "Machine Learning of Phases
   and Structures for Model Systems in Physics", J. Phys. Soc. Jpn. 94, 031002 (2025).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mesoinv.generators.common import pictures
from mesoinv.generators.common.errors import unknown_name
from mesoinv.generators.papers.bayo2025 import PAPER
from mesoinv.generators.pipeline.base import Batch, Column, Config, Dataset
from mesoinv.generators.solvers.ising.cooling import SEED_WORDS, cooled
from mesoinv.generators.solvers.ising.observables import observables
from mesoinv.generators.solvers.ising.paper_grid import COUPLINGS, TEMPERATURES
from mesoinv.generators.solvers.ising.simulate import simulate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from mesoinv.generators.pipeline.seeding import Stream

__all__ = ["COUPLINGS", "DATASET", "TEMPERATURES", "simulate"]

#: Updates of spins of one part, about a minute, and lattices of one.
_UPDATES_OF_A_PART, _TOGETHER = 2.5e10, 44


@dataclass(frozen=True)
class IsingConfig(Config):
    """Parameters of one configuration.

    Attributes
    ----------
    length : int
        L: the lattice has L × L sites, periodic.
    couplings : tuple of float
        J2; every lattice is cooled at one of them.
    hottest, coldest : int
        How many of its temperatures become samples: so many of the first and of the last ones.
    sweeps : int
        At each temperature; of a whole run where `tempered`.
    tempered : bool
        Whether samples are in equilibrium, by parallel tempering, or cooled as in the paper.
    order : str
        Which order samples are alike or unlike, where that is a column; ``"ferromagnet"``,
        ``"stripes"`` or empty.
    """

    length: int = field(default=30, metadata={"unit": "sites"})
    couplings: tuple[float, ...] = field(default=COUPLINGS, metadata={"unit": "J1"})
    hottest: int = field(
        default=0, metadata={"unit": "1", "description": "first temperatures that become samples"}
    )
    coldest: int = field(
        default=len(TEMPERATURES),
        metadata={"unit": "1", "description": "last temperatures that become samples"},
    )
    sweeps: int = field(
        default=1000,
        metadata={"unit": "1", "description": "at each temperature; of the run where tempered"},
    )
    tempered: bool = field(
        default=False, metadata={"unit": "1", "description": "whether by parallel tempering"}
    )
    order: str = field(
        default="", metadata={"unit": "1", "description": "order that unlikeness is about"}
    )

    @property
    def symmetries(self) -> tuple[str, ...]:
        """Energies are the same on a lattice that is turned, mirrored or shifted."""
        return ("square", "translations")

    @property
    def temperatures(self) -> tuple[float, ...]:
        """T of the samples of one lattice."""
        return TEMPERATURES[: self.hottest] + TEMPERATURES[-self.coldest :]

    @property
    def block(self) -> int:
        """Samples in a row in which every coupling and temperature comes once."""
        return len(self.couplings) * len(self.temperatures)


def _sizes(block: int, **counts: tuple[int, int, int]) -> dict[str, dict[str, int]]:
    """Return sizes from how many blocks mini, small and full have in each split."""
    sizes = ("mini", "small", "full")
    return {
        size: {split: block * blocks[i] for split, blocks in counts.items()}
        for i, size in enumerate(sizes)
    }


_ALL = len(COUPLINGS) * len(TEMPERATURES)
#: Temperatures and couplings of the two regions in which the paper trains, 1440 and 1800 samples.
_DEEP, _FERROMAGNET, _STRIPES = 9, (0.0, 0.1, 0.2, 0.3), (0.8, 0.9, 1.0, 1.2, 1.5)


def _region(order: str, couplings: tuple[float, ...]) -> IsingConfig:
    sizes = _sizes(len(couplings) * _DEEP, train=(4, 40, 40), validation=(1, 10, 10))
    return IsingConfig(
        f"deep in the {order} alone, to learn from", sizes,
        couplings=couplings, coldest=_DEEP, order=order,
    )  # fmt: skip


def _deep(order: str) -> IsingConfig:
    couplings = _FERROMAGNET + _STRIPES
    sizes = _sizes(len(couplings) * 2 * _DEEP, train=(1, 40, 40), validation=(1, 10, 10))
    return IsingConfig(
        f"deep in all three phases: is it the {order}?", sizes,
        couplings=couplings, hottest=_DEEP, coldest=_DEEP, order=order,
    )  # fmt: skip


class Ising(Dataset):
    """The dataset ``ising``."""

    name = "ising"
    pretty_name = "The Ising model with two couplings"
    version = "1.0.0"
    paper = PAPER
    default_config = "L30"
    configs: ClassVar[Mapping[str, IsingConfig]] = {
        "L30": IsingConfig(
            "30 × 30 sites, cooled as in the paper: 22 J2 × 157 temperatures",
            _sizes(_ALL, train=(2, 10, 40), validation=(1, 1, 5), test=(1, 2, 10)),
        ),
        "ferromagnet": _region("ferromagnet", _FERROMAGNET),
        "stripes": _region("stripes", _STRIPES),
        "deep_ferromagnet": _deep("ferromagnet"),
        "deep_stripes": _deep("stripes"),
        "equilibrium": IsingConfig(
            "30 × 30 sites in equilibrium, by parallel tempering",
            _sizes(_ALL, test=(1, 1, 5)), sweeps=20_000, tempered=True,
        ),
        "L60": IsingConfig(
            "60 × 60 sites, cooled", _sizes(_ALL, test=(1, 1, 4)), length=60,
        ),
        "L120": IsingConfig(
            "120 × 120 sites, cooled", _sizes(_ALL, test=(1, 1, 2)), length=120,
        ),
    }  # fmt: skip
    rows_per_part = 2 * _ALL
    # a multiple of the parts of every configuration
    rows_per_shard = 40 * _ALL * _DEEP

    def columns(self, config: str) -> tuple[Column, ...]:
        """Return the columns, all bit-exact: nothing is rounded."""
        parameters = self.parameters(config)
        sides = (parameters.length, parameters.length)
        spins = Column("spins", "int8", sides, "1", "+1 or -1, periodic", symmetry="field")
        return (_INDEX, spins, *_NUMBERS, *([_UNLIKENESS] if parameters.order else []))

    def parameters(self, config: str) -> IsingConfig:
        """Return a configuration with its physical parameters."""
        declared = self.config(config)
        assert isinstance(declared, IsingConfig)
        return declared

    def part_rows(self, config: str) -> int:
        """Return how many samples are computed together: those of whole lattices."""
        parameters = self.parameters(config)
        updates = parameters.length**2 * parameters.sweeps * len(TEMPERATURES)
        lattices = min(int(_UPDATES_OF_A_PART // updates), _TOGETHER)
        return max(lattices, 1) * len(parameters.temperatures)

    def draw(self, config: str, stream: Stream, indices: NDArray[np.int64]) -> Batch:
        """Draw the seeds of the lattices; couplings and temperatures come in turn."""
        parameters, index = self.parameters(config), np.asarray(indices)
        block, place = stream.places(index, parameters.block)
        coupling, step = np.divmod(place, len(parameters.temperatures))
        lattices, of_sample = np.unique(
            block * len(parameters.couplings) + coupling, return_inverse=True
        )
        j2 = np.array(parameters.couplings)[coupling]
        temperature = np.array(parameters.temperatures)[step]
        here = (j2 < 0.5) == (parameters.order == "ferromagnet")
        return {
            "index": index,
            "j2": j2,
            "temperature": temperature,
            "k1": 1 / temperature,
            "k2": j2 / temperature,
            # deep in a phase, no sample is near a boundary
            "unlikeness": ~(here & (step >= parameters.hottest)),
            "seed": stream.words(lattices, SEED_WORDS)[of_sample],
        }

    def solve(
        self, config: str, drawn: Batch, *, device: str = "cpu", solver: str | None = None
    ) -> Batch:
        """Simulate the lattices and measure them; on any device it is the CPU that does it."""
        parameters = self.parameters(config)
        del device
        if solver not in {None, *self.solvers}:
            raise unknown_name("solver", str(solver), self.solvers)
        spins = _states(parameters, drawn)
        measured = observables(spins, drawn["j2"])
        return drawn | {
            "spins": spins,
            "energy": measured.energy,
            "magnetisation": measured.magnetisation,
            "row_order": measured.rows,
            "column_order": measured.columns,
        }

    def figure(self, config: str, batch: Batch, row: int = 0) -> Figure:
        """Draw the spins of a sample, up black."""
        side = self.parameters(config).length
        title = (
            f"J2 = {batch['j2'][row]:g}, T = {batch['temperature'][row]:g}: energy "
            f"{batch['energy'][row]:.3f} a site,\nmagnetisation {batch['magnetisation'][row]:.3f}, "
            f"stripes {batch['row_order'][row]:.3f} and {batch['column_order'][row]:.3f}"
        )
        maps = [pictures.Map(batch["spins"][row].astype(float), "spin", "1", "Greys")]
        return pictures.side_by_side(maps, extent=(side, side), unit="sites", title=title)

    def images(self, config: str, batch: Batch) -> dict[str, list[bytes]]:
        """Render spins as PNG files, up black, several pixels a site."""
        scale = max(1, 240 // batch["spins"].shape[1])
        enlarged = batch["spins"].repeat(scale, axis=1).repeat(scale, axis=2)
        return {
            "image": [
                pictures.map_png(pictures.Map(spins.astype(float), "spin", "1", "Greys"))
                for spins in enlarged
            ]
        }


def _states(parameters: IsingConfig, drawn: Batch) -> NDArray[np.int8]:
    """Simulate each lattice that samples are of once, as far as they need it, and take theirs."""
    seeds, first, lattice = np.unique(drawn["seed"], axis=0, return_index=True, return_inverse=True)
    step = np.array([TEMPERATURES.index(t) for t in drawn["temperature"].tolist()], dtype=np.int64)
    j2 = drawn["j2"][first].tolist()
    how = {"length": parameters.length, "sweeps": parameters.sweeps}
    if parameters.tempered:
        kept = _tempered(j2, seeds, **how)
    else:
        kept = cooled(j2, TEMPERATURES[: step.max(initial=0) + 1], seeds, **how)
    return kept[lattice.reshape(-1), step]


def _tempered(j2: list[float], seeds: NDArray[np.uint64], **how: int) -> NDArray[np.int8]:
    from mesoinv.generators.solvers.ising.tempering import tempered  # noqa: PLC0415  (numba)

    side = how["length"]
    kept = np.empty((len(j2), len(TEMPERATURES), side, side), dtype=np.int8)
    for number, (coupling, seed) in enumerate(zip(j2, seeds, strict=True)):
        kept[number] = tempered(coupling, TEMPERATURES, seed, **how)
    return kept


_INDEX = Column("index", "int64", (), "1", "number of the sample in its split")
_NUMBERS = (
    Column("j2", "float64", (), "J1", "J2, coupling to diagonal neighbours", symmetry="invariant"),
    Column("temperature", "float64", (), "J1", "T, with k_B = 1", symmetry="invariant"),
    Column("k1", "float64", (), "1", "J1/T, reduced coupling", symmetry="invariant"),
    Column("k2", "float64", (), "1", "J2/T, reduced diagonal coupling", symmetry="invariant"),
    Column("energy", "float64", (), "J1", "energy a site", symmetry="invariant"),
    Column("magnetisation", "float64", (), "1", "mean spin", symmetry="invariant"),
    Column("row_order", "float64", (), "1", "mean of (-1)^x s, x numbers rows: equal rows"),
    Column("column_order", "float64", (), "1", "mean of (-1)^y s, y numbers columns"),
)
_UNLIKENESS = Column(
    "unlikeness", "bool", (), "1", "false deep in the order of this configuration, true elsewhere",
    symmetry="invariant",
)  # fmt: skip

DATASET = Ising()
