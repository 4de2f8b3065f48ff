"""Electron diffraction of cubic crystals: projected potentials and their bright-field patterns.

Bayo, Çivitcioğlu, Webb, Honecker and Römer (2025) [1]_, section 6, and Webb, Beanland and Römer
(2025) [2]_: a convergent beam of electrons passes a thin crystal along [001]; the intensity that
stays in the direct beam, as a function of the incident direction, is the bright-field large-angle
convergent-beam electron diffraction (LACBED) pattern. One sample is a crystal, its projected
potential and its pattern.

References
----------
.. [1] D. Bayo, B. Çivitcioğlu, J. J. Webb, A. Honecker and R. A. Römer, "Machine Learning of Phases
   and Structures for Model Systems in Physics", J. Phys. Soc. Jpn. 94, 031002 (2025).
.. [2] J. J. Webb, R. Beanland and R. A. Römer, "Large-angle convergent-beam electron diffraction
   patterns via conditional generative adversarial networks", arXiv:2503.02852 (2025).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mesoinv.generators.common import pictures
from mesoinv.generators.common.errors import unknown_name
from mesoinv.generators.papers.bayo2025 import PAPER
from mesoinv.generators.pipeline.base import Batch, Column, Config, Dataset
from mesoinv.generators.solvers.lacbed.bright_field import (
    PIXELS,
    bright_field,
    pattern,
    projected_potential,
)
from mesoinv.generators.solvers.lacbed.crystal import Crystal
from mesoinv.generators.solvers.lacbed.cubic_groups import NUMBERS
from mesoinv.generators.solvers.lacbed.drawing import (
    MOST_SITES,
    NUMBERS_NEEDED,
    Sampling,
    draw_structure,
)
from mesoinv.generators.solvers.lacbed.materials import materials
from mesoinv.generators.solvers.lacbed.microscope import Microscope
from mesoinv.generators.solvers.lacbed.pattern_pixels import Pattern
from mesoinv.generators.solvers.lacbed.site_arrays import WORDS, as_arrays, structure_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from mesoinv.generators.pipeline.seeding import Stream
    from mesoinv.generators.solvers.lacbed.structures import Structure

__all__ = [
    "DATASET",
    "Crystal",
    "Microscope",
    "Pattern",
    "bright_field",
    "pattern",
    "projected_potential",
    "structure_of",
]

#: Relative L2 error of the patterns of the dataset.
DATASET_TOLERANCE = 1e-2


@dataclass(frozen=True)
class LacbedConfig(Config):
    """Parameters of one configuration.

    Attributes
    ----------
    thicknesses : tuple of float
        Samples have them in turn; as many samples in a row are of one crystal.
    balanced : bool
        Whether the 36 groups come in turn, or as common as in nature.
    unseen : bool
        Whether prototypes and combinations of positions are those that all others leave out.
    materials : bool
        Whether structures are real ones, in the order of their list, instead of drawn ones.
    normalised : bool
        Whether maps are pictures of 0 to 255, as in the paper, or numbers with units.
    absorption : float
        Imaginary over real part of the potential.
    """

    thicknesses: tuple[float, ...] = field(default=(600.0,), metadata={"unit": "Å"})
    balanced: bool = field(
        default=False, metadata={"unit": "1", "description": "whether the 36 groups come in turn"}
    )
    unseen: bool = field(
        default=False,
        metadata={"unit": "1", "description": "whether structures are of the kinds kept apart"},
    )
    materials: bool = field(
        default=False,
        metadata={"unit": "1", "description": "whether structures are those of real materials"},
    )
    normalised: bool = field(
        default=False, metadata={"unit": "1", "description": "whether maps are pictures"}
    )
    absorption: float = field(
        default=0.1, metadata={"unit": "1", "description": "imaginary over real potential"}
    )

    @property
    def symmetries(self) -> tuple[str, ...]:
        """A crystal that is turned or mirrored about the beam has a pattern that is."""
        return ("square",)


_TESTS = {"mini": {"test": 36}, "small": {"test": 360}, "full": {"test": 1800}}
_CUBIC = {
    "mini": {"train": 256, "validation": 32, "test": 64},
    "small": {"train": 4096, "validation": 256, "test": 1024},
    # 12 454 crystals, a fifth of them for the test, as in the paper
    "full": {"train": 9463, "validation": 500, "test": 2491},
}


class Lacbed(Dataset):
    """The dataset ``lacbed``."""

    name = "lacbed"
    pretty_name = "Electron diffraction of cubic crystals"
    version = "1.0.0"
    paper = PAPER
    default_config = "cubic"
    configs: ClassVar[Mapping[str, LacbedConfig]] = {
        "cubic": LacbedConfig("groups as common as in nature, 600 Å", _CUBIC),
        "unseen": LacbedConfig(
            "prototypes and combinations of Wyckoff positions that no other configuration has",
            _TESTS, unseen=True,
        ),
        "balanced": LacbedConfig("the 36 cubic groups in turn", _TESTS, balanced=True),
        "materials": LacbedConfig(
            "real cubic crystals, from the elements to garnets",
            {"mini": {"test": 24}, "small": {"test": 85}, "full": {"test": 85}}, materials=True,
        ),
        "thickness": LacbedConfig(
            "every crystal at four thicknesses, one after the other",
            {
                "mini": {"train": 256, "validation": 32, "test": 64},
                "small": {"train": 4096, "validation": 256, "test": 1024},
                "full": {"train": 16_384, "validation": 1024, "test": 4096},
            },
            thicknesses=(150.0, 300.0, 450.0, 600.0),
        ),
        "normalised": LacbedConfig(
            "the crystals of cubic as pictures of 0 to 255, as in the paper",
            _CUBIC, normalised=True,
        ),
    }  # fmt: skip
    rows_per_part = 36
    rows_per_shard = 3600

    def columns(self, config: str) -> tuple[Column, ...]:
        """Return the columns: maps, the crystal, and how the pattern was computed."""
        maps = _PICTURES if self.parameters(config).normalised else _MAPS
        return (_INDEX, *maps, *_CRYSTAL, *_COMPUTED)

    def parameters(self, config: str) -> LacbedConfig:
        """Return a configuration with its physical parameters."""
        declared = self.config(config)
        assert isinstance(declared, LacbedConfig)
        return declared

    def draw(self, config: str, stream: Stream, indices: NDArray[np.int64]) -> Batch:
        """Draw the crystals."""
        parameters, index = self.parameters(config), np.asarray(indices)
        if parameters.normalised:
            # the crystals of the default configuration, as pictures
            stream = replace(stream, config=self.default_config)
        turns = len(parameters.thicknesses)
        drawn = {
            number: _structure(parameters, stream, number)
            for number in np.unique(index // turns).tolist()
        }
        rows = [drawn[number] for number in (index // turns).tolist()]
        return {
            "index": index,
            "thickness": np.array(parameters.thicknesses)[index % turns],
            "absorption": np.full(len(index), parameters.absorption),
            **as_arrays(rows),
        }

    def solve(
        self, config: str, drawn: Batch, *, device: str = "cpu", solver: str | None = None
    ) -> Batch:
        """Compute potentials and patterns."""
        parameters = self.parameters(config)
        if solver not in {None, *self.solvers}:
            raise unknown_name("solver", str(solver), self.solvers)
        count = len(drawn["index"])
        potential, made = np.empty((2, count, PIXELS, PIXELS))
        beams, error = np.empty(count, dtype=np.int32), np.empty(count)
        for rows in _runs(drawn["index"] // len(parameters.thicknesses)):
            crystal = structure_of(drawn, int(rows[0])).crystal()
            computed = pattern(
                crystal,
                drawn["thickness"][rows],
                microscope=Microscope(absorption=parameters.absorption),
                tolerance=DATASET_TOLERANCE,
                device=device,
            )
            potential[rows], made[rows] = projected_potential(crystal), computed.intensity
            beams[rows], error[rows] = computed.beams, computed.error
        maps: Batch = {"potential": potential, "pattern": made}
        if parameters.normalised:
            maps = {f"{name}_image": _as_pictures(values) for name, values in maps.items()}
        return drawn | maps | {"beams": beams, "estimated_error": error}

    def figure(self, config: str, batch: Batch, row: int = 0) -> Figure:
        """Draw potential and pattern of one sample side by side."""
        normalised = self.parameters(config).normalised
        names = [f"{n}_image" if normalised else n for n in ("potential", "pattern")]
        unit = "" if normalised else "V"
        maps = [
            pictures.Map(batch[names[0]][row], "potential", unit, "viridis", high=0.998),
            pictures.Map(batch[names[1]][row], "pattern", "1", "gray"),
        ]
        words = f"{batch['formula'][row]}, a = {batch['lattice_parameter'][row]:.3f} Å"
        title = f"{words}, group {batch['space_group'][row]}, {batch['thickness'][row]:g} Å thick"
        return pictures.side_by_side(maps, extent=(PIXELS, PIXELS), unit="pixels", title=title)

    def images(self, config: str, batch: Batch) -> dict[str, list[bytes]]:
        """Render both maps as PNG files, one pixel a pixel; pictures are columns already."""
        if self.parameters(config).normalised:
            return {}
        colours = {"potential": ("V", "viridis", 0.998), "pattern": ("1", "gray", 1.0)}
        return {
            f"{name}_image": [
                pictures.map_png(pictures.Map(values, name, unit, shades, high=high))
                for values in batch[name]
            ]
            for name, (unit, shades, high) in colours.items()
        }


def _structure(parameters: LacbedConfig, stream: Stream, number: int) -> Structure:
    if parameters.materials:
        return materials()[number]
    sampling = Sampling(parameters.balanced, parameters.unseen)
    turn = int(stream.turns(np.array([number]), len(NUMBERS))[0])
    return draw_structure(sampling, turn, partial(_uniform, stream, number))


def _uniform(stream: Stream, number: int, channel: int) -> NDArray[np.float64]:
    return stream.uniform(np.array([number]), NUMBERS_NEEDED, channel)[0]


def _runs(numbers: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the places of equal numbers that follow each other."""
    edges = np.flatnonzero(np.diff(numbers)) + 1
    return np.split(np.arange(len(numbers)), edges) if len(numbers) else []


def _as_pictures(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return maps from their smallest value, 0, to their largest, 255."""
    low = values.min(axis=(1, 2), keepdims=True)
    span = np.maximum(values.max(axis=(1, 2), keepdims=True) - low, 1e-300)
    return np.asarray(np.round((values - low) / span * 255), dtype=np.uint8)


_SHAPE = (PIXELS, PIXELS)
# a machine that rounds otherwise may take one step more or less in the search for enough beams
_AGREE = 2 * DATASET_TOLERANCE
_INDEX = Column("index", "int64", (), "1", "number of the sample in its split")
_MAPS = (
    Column(
        "potential", "float16", _SHAPE, "V", "potential averaged along [001], one cell",
        rtol=2e-3, symmetry="field",
    ),
    Column(
        "pattern", "float16", _SHAPE, "1", "intensity of the (000) beam behind the crystal",
        rtol=_AGREE, symmetry="field",
    ),
)  # fmt: skip
_PICTURES = (
    Column(
        "potential_image", "uint8", _SHAPE, "1", "potential, its smallest value 0, its largest 255",
        rtol=2e-2, symmetry="field", encoding="png",
    ),
    Column(
        "pattern_image", "uint8", _SHAPE, "1", "pattern, its smallest value 0, its largest 255",
        rtol=_AGREE, symmetry="field", encoding="png",
    ),
)  # fmt: skip
_CRYSTAL = (
    Column("lattice_parameter", "float64", (), "Å", "a of the cubic cell", symmetry="invariant"),
    Column("thickness", "float64", (), "Å", "of the crystal", symmetry="invariant"),
    Column("absorption", "float64", (), "1", "imaginary over real potential", symmetry="invariant"),
    Column("space_group", "int64", (), "1", "number, 195 to 230", symmetry="invariant"),
    Column("prototype", WORDS, (), "1", "AFLOW's name, group and Wyckoff letters, or the material"),
    Column("formula", WORDS, (), "1", "elements of a cell"),
    Column("site_element", "uint8", (MOST_SITES,), "1", "atomic number of each site, 0 if unused"),
    Column("site_position", "float64", (MOST_SITES, 3), "a", "one position of each site"),
    Column("site_b_factor", "float64", (MOST_SITES,), "Å²", "Debye-Waller factors B"),
    Column("site_occupancy", "float64", (MOST_SITES,), "1", "part of the site that is occupied"),
)
_COMPUTED = (
    Column("beams", "int32", (), "1", "beams that were propagated", rtol=1.0),
    Column(
        "estimated_error", "float32", (), "1", "estimated relative L2 error of the pattern",
        rtol=1.0, floor=DATASET_TOLERANCE,
    ),
)  # fmt: skip

DATASET = Lacbed()
