"""Anderson's model in three dimensions: the strength of the disorder from one eigenstate.

Bayo, Çivitcioğlu, Webb, Honecker and Römer (2025) [1]_, section 4: an electron on a cubic lattice
with random on-site energies. Where they spread over less than w_c = 16.57 hoppings, states at E = 0
extend over the lattice, beyond it they are localised. One sample is the state nearest to E = 0 of
one lattice, proven to be the nearest: as the paper's picture, and as a density.

References
----------
.. [1] D. Bayo, B. Çivitcioğlu, J. J. Webb, A. Honecker and R. A. Römer, "Machine Learning of Phases
   and Structures for Model Systems in Physics", J. Phys. Soc. Jpn. 94, 031002 (2025).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mesoinv.generators.common import pictures
from mesoinv.generators.common.errors import MesoinvError, UsageError, unknown_name
from mesoinv.generators.papers.bayo2025 import PAPER
from mesoinv.generators.pipeline.base import Batch, Column, Config, Dataset
from mesoinv.generators.solvers.anderson3d.box_moments import ORDERS, box_moments, box_sides
from mesoinv.generators.solvers.anderson3d.box_pictures import box_picture
from mesoinv.generators.solvers.anderson3d.cubic_lattice import hamiltonian
from mesoinv.generators.solvers.anderson3d.eigenstate import eigenstate, nearest_state
from mesoinv.generators.solvers.anderson3d.paper_grid import CRITICAL, DISORDERS, SHOWN
from mesoinv.generators.solvers.eigenstates.states import NotProvenError, dense_nearest
from mesoinv.generators.solvers.uniform_disorder import uniform_energies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from mesoinv.generators.pipeline.seeding import Stream
    from mesoinv.generators.solvers.eigenstates.states import States

__all__ = ["DATASET", "DISORDERS", "box_moments", "box_picture", "eigenstate"]

SOLVERS = ("inertia", "dense")
#: Pixels of each side of a picture.
PIXELS = 100
#: ln(M³|ψ|²) is stored as this where it is less: the state has a node there.
_LEAST = -60.0


@dataclass(frozen=True)
class AndersonConfig(Config):
    """Parameters of one configuration.

    Attributes
    ----------
    side : int
        M: the lattice has M³ sites, periodic.
    disorders : tuple of float
        w, which samples have in turn.
    rows : int
        Samples that are computed together.
    with_density : bool
        Whether the density of every site is a column.
    """

    side: int = field(default=20, metadata={"unit": "sites"})
    disorders: tuple[float, ...] = field(default=DISORDERS, metadata={"unit": "hopping"})
    critical_disorder: float = field(default=CRITICAL, metadata={"unit": "hopping"})
    rows: int = field(
        default=1, metadata={"unit": "1", "description": "samples that are computed together"}
    )
    with_density: bool = field(
        default=True, metadata={"unit": "1", "description": "whether the density is a column"}
    )

    @property
    def symmetries(self) -> tuple[str, ...]:
        """A turned, mirrored or shifted density is one of other disorder of the same strength."""
        return ("cube", "translations") if self.with_density else ()


def _sizes(**counts: tuple[int, int, int]) -> dict[str, dict[str, int]]:
    """Return sizes from how many states of each disorder train, validation and test have."""
    splits = ("train", "validation", "test")
    return {
        size: {s: len(DISORDERS) * n for s, n in zip(splits, number, strict=True)}
        for size, number in counts.items()
    }


def _tests(mini: int, small: int, full: int) -> dict[str, dict[str, int]]:
    return {"mini": {"test": mini}, "small": {"test": small}, "full": {"test": full}}


class Anderson3D(Dataset):
    """The dataset ``anderson3d``."""

    name = "anderson3d"
    pretty_name = "Anderson's model in three dimensions"
    version = "1.0.0"
    paper = PAPER
    default_config = "M20"
    configs: ClassVar[Mapping[str, AndersonConfig]] = {
        "M20": AndersonConfig(
            "20³ sites, 17 disorders in turn",
            _sizes(mini=(16, 4, 8), small=(1000, 50, 100), full=(5000, 250, 500)),
            rows=136,
        ),
        "M30": AndersonConfig(
            "30³ sites, 17 disorders in turn",
            _sizes(mini=(2, 1, 1), small=(300, 15, 30), full=(5000, 250, 100)),
            side=30, rows=68,
        ),
        "M40": AndersonConfig(
            "40³ sites, 17 disorders in turn",
            _sizes(mini=(1, 1, 1), small=(100, 5, 50), full=(5000, 250, 50)),
            side=40, rows=17,
        ),
        "M60": AndersonConfig(
            "60³ sites, 17 disorders in turn",
            _tests(1, 51, 340), side=60, with_density=False,
        ),
        "M100": AndersonConfig(
            "100³ sites at the disorders that the paper's Fig. 3 shows",
            _tests(1, 3, 30), side=100, disorders=SHOWN, with_density=False,
        ),
    }  # fmt: skip
    solvers = SOLVERS
    rows_per_part = 136
    # a multiple of the parts of every configuration
    rows_per_shard = 20 * 136

    def columns(self, config: str) -> tuple[Column, ...]:
        """Return the columns: the state, and what it was the state of."""
        parameters = self.parameters(config)
        classes = [_CLASS] if parameters.disorders == DISORDERS else []
        density = [_density(parameters.side)] if parameters.with_density else []
        image = replace(_IMAGE, symmetry="drawn", source="log_density") if density else _IMAGE
        return (_INDEX, image, *density, _DISORDER, *classes, *_NUMBERS,
                *_moments(parameters.side), *_PROOF)  # fmt: skip

    def parameters(self, config: str) -> AndersonConfig:
        """Return a configuration with its physical parameters."""
        declared = self.config(config)
        assert isinstance(declared, AndersonConfig)
        return declared

    def part_rows(self, config: str) -> int:
        """Return how many samples are computed together; one of 100³ sites takes long alone."""
        return self.parameters(config).rows

    def draw(self, config: str, stream: Stream, indices: NDArray[np.int64]) -> Batch:
        """Draw the on-site energies; disorders come in turn."""
        parameters, index = self.parameters(config), np.asarray(indices)
        side = parameters.side
        turn = stream.turns(index, len(parameters.disorders))
        disorder = np.array(parameters.disorders)[turn]
        words = stream.words(index, side**3).reshape(-1, side, side, side)
        onsite = np.empty(words.shape)
        for row, strength in enumerate(disorder.tolist()):
            onsite[row] = uniform_energies(words[row], strength)
        return {
            "index": index,
            "disorder": disorder,
            "disorder_class": turn,
            "extended": disorder < parameters.critical_disorder,
            "onsite_energy": onsite,
        }

    def solve(
        self, config: str, drawn: Batch, *, device: str = "cpu", solver: str | None = None
    ) -> Batch:
        """Find the states, prove that they are the nearest, and measure and draw them."""
        solver = solver or SOLVERS[0]
        if solver not in SOLVERS:
            raise unknown_name("solver", solver, SOLVERS)
        try:
            rows = [
                _sample(_state(onsite, solver, device), onsite.shape)
                for onsite in drawn["onsite_energy"]
            ]
        except NotProvenError as error:
            raise MesoinvError(str(error)) from error
        return drawn | {name: np.array([row[name] for row in rows]) for name in rows[0]}

    def drawn(self, config: str, column: str, values: NDArray[Any]) -> NDArray[Any]:
        """Return pictures (B, 100, 100) of densities that were turned or shifted."""
        return _pictures(values) if column == "image" else super().drawn(config, column, values)

    def figure(self, config: str, batch: Batch, row: int = 0) -> Figure:
        """Draw the picture of a sample, and where its density is along one axis."""
        title = (
            f"w = {batch['disorder'][row]:g}, E = {batch['energy'][row]:.5f}, "
            f"participation ratio {batch['participation_ratio'][row]:.0f} sites"
        )
        maps = [pictures.Map(batch["image"][row].astype(float), "picture", "", "gray")]
        if "log_density" in batch:
            density = np.exp(np.asarray(batch["log_density"][row], dtype=float))
            seen = np.log10(density.mean(axis=2))
            maps.append(pictures.Map(seen, "log₁₀ of M³|ψ|², mean along z", "1", "magma"))
        size = (PIXELS, PIXELS)
        return pictures.side_by_side(maps, extent=size, unit="% of the side", title=title)


def _pictures(log_density: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    made = [box_picture(np.exp(values.astype(np.float64)), PIXELS) for values in log_density]
    return np.array(made)


def _state(onsite: NDArray[np.float64], solver: str, device: str) -> States:
    if solver == "dense":
        if device != "cpu":
            raise UsageError(f"The solver dense runs on the CPU only; got {device!r}.")
        return dense_nearest(hamiltonian(onsite), 0.0, pairs=False)
    return nearest_state(onsite, device=device)


def _sample(state: States, shape: tuple[int, ...]) -> dict[str, Any]:
    """Return the computed columns of one state."""
    density = (state.vectors[:, 0].real ** 2).reshape(shape)
    density /= density.sum()
    moments, entropies = box_moments(density)
    relative = density * density.size
    return {
        "image": box_picture(density, PIXELS),
        "log_density": np.log(np.maximum(relative, np.exp(_LEAST))),
        "energy": state.energies[0],
        "participation_ratio": 1 / (density**2).sum(),
        "box_moments": moments,
        "box_entropies": entropies,
        "residual": state.residuals[0],
        "levels_below": state.below[0],
        "levels_through": state.through[0],
    }


def _density(side: int) -> Column:
    return Column(
        "log_density", "float16", (side, side, side), "1",
        "ln(M³|ψ|²); as float16 |ψ|² is right to 0.8 % at the faintest sites, to 0.2 % at others",
        rtol=5e-3, symmetry="field",
    )  # fmt: skip


def _moments(side: int) -> tuple[Column, Column]:
    boxes = box_sides(side)
    sides, orders = ", ".join(map(str, boxes)), ", ".join(f"{q:g}" for q in ORDERS)
    return (
        Column("box_moments", "float64", (len(boxes), len(ORDERS)), "1",
               f"ln P_q(l), l = {sides}; q = {orders}", 1e-4, symmetry="invariant"),
        Column("box_entropies", "float64", (len(boxes), 2), "1",
               "⟨ln μ⟩ and (M/l)³⟨μ ln μ⟩ of the same boxes", 1e-6, symmetry="invariant"),
    )  # fmt: skip


_ABSOLUTE = (1e-10, 1.0)  # these errors do not shrink with the value
_INDEX = Column("index", "int64", (), "1", "number of the sample in its split")
_IMAGE = Column(
    "image", "uint8", (PIXELS, PIXELS), "1",
    "picture: sites with more than their share of the density as boxes of that volume",
    # rounded otherwise, a density may just be or not be above its share: a few pixels
    rtol=2e-2, encoding="png",
)  # fmt: skip
_DISORDER = Column(
    "disorder", "float64", (), "hopping", "w: on-site energies lie in [-w/2, w/2]",
    symmetry="invariant",
)  # fmt: skip
_CLASS = Column(
    "disorder_class", "int64", (), "1", "number of w among the 17, 0 to 16", symmetry="invariant"
)
_NUMBERS = (
    Column("extended", "bool", (), "1", "true where w < w_c", symmetry="invariant"),
    Column("energy", "float64", (), "hopping", "E of the state, the level nearest to 0",
           *_ABSOLUTE, symmetry="invariant"),
    Column("participation_ratio", "float64", (), "sites", "1/Σ|ψ|⁴", 1e-6, symmetry="invariant"),
)  # fmt: skip
_PROOF = (
    Column("residual", "float64", (), "hopping", "|Hψ - Eψ|", *_ABSOLUTE),
    Column("levels_below", "int64", (), "1",
           "levels proven to lie below an energy just under the state"),
    Column("levels_through", "int64", (), "1",
           "levels proven to lie below an energy just above the state"),
)  # fmt: skip

DATASET = Anderson3D()
