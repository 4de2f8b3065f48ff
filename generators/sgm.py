"""Scanning gate microscopy: the conductance of a disordered strip while a tip moves over it.

What a laboratory records of an electron flow is not its density, it is the conductance with a
charged tip above the sample [1]_. One sample is a landscape of `pldos` and such maps: of a
point-like tip on every site, or of a tip of finite size on a raster.

References
----------
.. [1] G. J. Percebois et al., "Reconstructing the potential configuration in a high-mobility
   semiconductor heterostructure with scanning gate microscopy", SciPost Phys. 15, 242 (2023).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mesoinv.generators.common import pictures
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.base import Batch, Column, Config, Dataset, Paper
from mesoinv.generators.pldos import DATASET as PLDOS
from mesoinv.generators.solvers.pldos import coulomb
from mesoinv.generators.solvers.pldos.scattering import TOLERANCE as DENSITY_TOLERANCE
from mesoinv.generators.solvers.pldos.strip import Strip
from mesoinv.generators.solvers.sgm.conductance_map import SOLVERS, conductance_map, scan
from mesoinv.generators.solvers.sgm.drawing import sample_figure, sample_images
from mesoinv.generators.solvers.sgm.instrument import as_measured
from mesoinv.generators.solvers.sgm.inversion import MapInversion, invert_map
from mesoinv.generators.solvers.sgm.linearise import linearise
from mesoinv.generators.solvers.sgm.respond import TOLERANCE
from mesoinv.generators.solvers.sgm.tip import Tip, raster
from mesoinv.generators.solvers.sgm.wide_tip import wide_tip_map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from mesoinv.generators.pipeline.seeding import Stream

__all__ = [
    "DATASET",
    "SOLVERS",
    "MapInversion",
    "Sgm",
    "SgmConfig",
    "Tip",
    "conductance_map",
    "invert_map",
    "linearise",
    "wide_tip_map",
]

_BIBTEX = """@article{percebois2023reconstructing,
  author  = {Percebois, Ga{\\"e}tan J. and Lacerda-Santos, Antonio and Brun, Boris and
             Hackens, Benoit and Waintal, Xavier and Weinmann, Dietmar},
  title   = {Reconstructing the potential configuration in a high-mobility semiconductor
             heterostructure with scanning gate microscopy},
  journal = {SciPost Phys.},
  volume  = {15},
  pages   = {242},
  year    = {2023},
  doi     = {10.21468/SciPostPhys.15.6.242},
}"""

#: Maps of a point-like tip: column, strength [t] and what it is.
POINT_TIPS = {
    "conductance_change_weak": (0.1, "a tip of 0.1 t"),
    "conductance_change": (1.0, "a tip of 1 t"),
    "conductance_change_wall": (math.inf, "a hard wall"),
}
#: The configuration of `pldos` whose landscapes these are.
LANDSCAPE = "landscape"


@dataclass(frozen=True)
class SgmConfig(Config):
    """Point-like tips on every site.

    Attributes
    ----------
    temperatures : tuple of float
        One of them is drawn for each sample [K].
    strip : Strip
        Geometry and material.
    """

    temperatures: tuple[float, ...] = field(default=(0.0,), metadata={"unit": "K"})
    strip: Strip = field(default_factory=Strip)

    @property
    def symmetries(self) -> tuple[str, ...]:
        """The strip, its source and the donors are the same when y becomes -y."""
        return ("mirror",)

    def __post_init__(self) -> None:
        if not self.temperatures or not all(0 <= t < np.inf for t in self.temperatures):
            raise UsageError(f"temperatures are 0 K or more; got {self.temperatures}.")


@dataclass(frozen=True)
class TipConfig(SgmConfig):
    """A Gaussian tip on a raster; ranges are those of a uniform distribution.

    Attributes
    ----------
    tip_width : (float, float)
        Standard deviation of the tip's potential, smallest and largest [nm].
    tip_strength : (float, float)
        Its height, smallest and largest [t].
    step : int
        Sites from one place of the tip to the next.
    """

    tip_width: tuple[float, float] = field(default=(25.0, 50.0), metadata={"unit": "nm"})
    tip_strength: tuple[float, float] = field(default=(0.1, 0.5), metadata={"unit": "t"})
    step: int = field(default=4, metadata={"unit": "sites"})

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("tip_width", "tip_strength"):
            low, high = getattr(self, name)
            if not 0 < low <= high < np.inf:
                raise UsageError(f"{name} must be positive and ordered; got {(low, high)}.")
        if not 1 <= self.step <= min(self.strip.length, self.strip.width):
            raise UsageError(f"A raster of steps of {self.step} sites is off the sample.")
        Tip(self.tip_width[1] / self.strip.lattice_constant, 1.0).check_fits(self.strip)

    @property
    def places(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Places of the tip along and across the strip [sites]."""
        return raster(self.strip.length, self.step), raster(self.strip.width, self.step)


@dataclass(frozen=True)
class MeasuredConfig(TipConfig):
    """What an instrument records of such maps; ranges are those of a uniform distribution.

    Attributes
    ----------
    reading_noise : (float, float)
        Standard deviation of each reading [2e²/h].
    drift : (float, float)
        How far the offset of the conductance drifts from the first place to the last [2e²/h].
    energies : int
        In the thermal average.
    """

    reading_noise: tuple[float, float] = field(default=(0.001, 0.02), metadata={"unit": "2e²/h"})
    drift: tuple[float, float] = field(default=(-0.05, 0.05), metadata={"unit": "2e²/h"})
    energies: int = field(default=7, metadata={"unit": "1"})


def _sizes(mini: int, small: int, full: int, tested: tuple[int, int, int]) -> dict[str, Any]:
    return {
        size: {"train": train, "validation": count, "test": count}
        for size, train, count in zip(("mini", "small", "full"), (mini, small, full), tested,
                                      strict=True)
    }  # fmt: skip


class Sgm(Dataset):
    """The dataset ``sgm``."""

    name = "sgm"
    pretty_name = "SGM: disorder landscapes from scanning gate microscopy"
    version = "1.0.0"
    paper = Paper(
        authors="G. J. Percebois, A. Lacerda-Santos, B. Brun, B. Hackens, X. Waintal and "
        "D. Weinmann",
        title="Reconstructing the potential configuration in a high-mobility semiconductor "
        "heterostructure with scanning gate microscopy",
        reference="SciPost Phys. 15, 242",
        year=2023,
        arxiv="",
        doi="10.21468/SciPostPhys.15.6.242",
        bibtex=_BIBTEX,
    )
    default_config = "point"
    configs: ClassVar[Mapping[str, SgmConfig]] = {
        "point": SgmConfig(
            "A point-like tip of three strengths on every site, at zero temperature.",
            _sizes(64, 8192, 88_000, (16, 512, 4000)),
        ),
        "thermal": SgmConfig(
            "The same at 0.1 or 1 K: a test of models trained at zero temperature, and a training "
            "set.",
            _sizes(8, 256, 2000, (4, 64, 500)),
            temperatures=(0.1, 1.0),
        ),
        "tip": TipConfig(
            "A Gaussian tip of 25 to 50 nm on a raster of 20 nm, at zero temperature.",
            _sizes(8, 256, 2000, (4, 64, 500)),
        ),
        "measured": MeasuredConfig(
            "Such a tip on a raster of 40 nm, at a temperature, with noise and a drifting offset.",
            _sizes(8, 256, 2000, (4, 64, 500)),
            temperatures=(0.02, 0.05, 0.1),
            tip_width=(25.0, 40.0),
            step=8,
        ),
    }
    solvers = SOLVERS
    rows_per_part = 16
    rows_per_shard = 1024

    def columns(self, config: str) -> tuple[Column, ...]:
        """Return the columns: the landscape, its density of states and the maps."""
        parameters = self.parameters(config)
        site = (parameters.strip.length, parameters.strip.width)
        density, change = 2 * DENSITY_TOLERANCE + 5e-4, 2 * TOLERANCE + 1e-3
        columns = [
            Column("index", "int64", (), "1", "number of the sample in its split"),
            *(Column(name, "float16", site, "2e²/h", f"G(r) - G₀ under {text}", change, 1e-2,
                     symmetry="field")
              for name, (_, text) in POINT_TIPS.items() if not isinstance(parameters, TipConfig)),
            Column("potential", "float16", site, "t", "potential V(x, y)", 1e-4, symmetry="field"),
            Column("pldos", "float16", site, "1/t", "partial local density of states ρ(x, y)",
                   density + TOLERANCE, symmetry="field"),
            Column("conductance", "float64", (), "2e²/h", "conductance G₀ without tip", change,
                   symmetry="invariant"),
            Column("temperature", "float64", (), "K", "temperature", symmetry="invariant"),
        ]  # fmt: skip
        if isinstance(parameters, TipConfig):
            places = tuple(len(axis) for axis in parameters.places)
            measured = isinstance(parameters, MeasuredConfig)
            columns += [
                Column("measured", "float32", places, "2e²/h", "G(r) as it is recorded", change,
                       symmetry="field") if measured else
                Column("tip_map", "float32", places, "2e²/h", "G(r) - G₀ under the tip", change,
                       1e-2, symmetry="field"),
                Column("tip_width", "float64", (), "nm", "standard deviation of the tip",
                       symmetry="invariant"),
                Column("tip_strength", "float64", (), "t", "height of the tip's potential",
                       symmetry="invariant"),
            ]  # fmt: skip
            if measured:
                columns += [
                    Column("reading_noise", "float64", (), "2e²/h", "deviation of each reading",
                           symmetry="invariant"),
                    Column("drift", "float64", (), "2e²/h", "drift from first to last place",
                           symmetry="invariant"),
                ]  # fmt: skip
        return tuple(columns)

    def parameters(self, config: str) -> SgmConfig:
        """Return a configuration with its physical parameters."""
        declared = self.config(config)
        assert isinstance(declared, SgmConfig)
        return declared

    def draw(self, config: str, stream: Stream, indices: NDArray[np.int64]) -> Batch:
        """Take the landscape that `pldos` has under the same split and index, draw the rest."""
        parameters = self.parameters(config)
        theirs = replace(stream, dataset=PLDOS.name, version=PLDOS.version, config=LANDSCAPE)
        landscape = PLDOS.draw(LANDSCAPE, theirs, indices)
        drawn = {name: landscape[name] for name in ("index", "fourier", "s")}
        u = stream.uniform(indices, 5, channel=1)
        temperatures = np.array(parameters.temperatures)
        drawn["temperature"] = temperatures[(u[:, 0] * len(temperatures)).astype(np.int64)]
        if isinstance(parameters, TipConfig):
            for number, name in enumerate(_drawn_ranges(parameters), start=1):
                low, high = getattr(parameters, name)
                drawn[name] = low + (high - low) * u[:, number]
        if isinstance(parameters, MeasuredConfig):
            shape = (len(indices), *(len(axis) for axis in parameters.places))
            readings = stream.normal(indices, math.prod(shape[1:]), channel=2)
            drawn["normal"] = readings.reshape(shape)
        return drawn

    def solve(
        self, config: str, drawn: Batch, *, device: str = "cpu", solver: str | None = None
    ) -> Batch:
        """Sum the potential, send the electrons through it and move the tip."""
        parameters = self.parameters(config)
        fourier = drawn["fourier"]
        potential = coulomb.landscape(
            fourier[..., 0] + 1j * fourier[..., 1], drawn["s"], parameters.strip
        )
        strengths = np.array([strength for strength, _ in POINT_TIPS.values()])
        wide = isinstance(parameters, TipConfig)
        solved = drawn | {"potential": potential, "pldos": np.empty_like(potential),
                          "conductance": np.empty(len(potential))}  # fmt: skip
        change = np.empty((len(strengths), *potential.shape))
        for temperature in np.unique(drawn["temperature"]).tolist():
            rows = np.flatnonzero(drawn["temperature"] == temperature)
            maps = scan(
                potential[rows], strengths, strip=parameters.strip, solver=solver,
                temperature=0.0 if wide else temperature, device=device,
            )  # fmt: skip
            solved["pldos"][rows] = maps.response.partial_ldos
            solved["conductance"][rows] = maps.conductance
            change[:, rows] = maps.change.swapaxes(0, 1)
        if isinstance(parameters, TipConfig):
            return solved | _under_the_tip(parameters, solved, solver)
        return solved | dict(zip(POINT_TIPS, change, strict=True))

    def figure(self, config: str, batch: Batch, row: int = 0) -> Figure:
        """Draw landscape, density of states and a map of the conductance side by side."""
        return sample_figure(batch, row, self.parameters(config).strip)

    def prediction_maps(
        self, config: str, truth: Batch, predicted: Batch
    ) -> tuple[list[pictures.Map], str]:
        """Draw a predicted landscape or density beside the true one."""
        if "pldos" in predicted:
            name, title, unit = "pldos", "partial LDOS ρ", "1/t"
        else:
            name, title, unit = "potential", "potential V", "t"
        true, made = truth[name][0], predicted[name][0]
        r = np.corrcoef(true.ravel(), made.ravel())[0, 1]
        return pictures.compared(true, made, title, unit), f": Pearson r = {r:.4f}"

    def images(self, config: str, batch: Batch) -> dict[str, list[bytes]]:
        """Render the maps of each sample as PNG files, one pixel a place."""
        return sample_images(batch)


def _drawn_ranges(parameters: TipConfig) -> tuple[str, ...]:
    """Return the fields of a configuration from which a number is drawn for each sample."""
    measured = isinstance(parameters, MeasuredConfig)
    return ("tip_width", "tip_strength", *(("reading_noise", "drift") if measured else ()))


def _under_the_tip(parameters: TipConfig, solved: Batch, solver: str | None) -> Batch:
    """Return the map of each sample's own tip; as it is measured, where the configuration says."""
    lattice = parameters.strip.lattice_constant
    along, across = parameters.places
    measured = isinstance(parameters, MeasuredConfig)
    maps = np.stack([
        wide_tip_map(
            potential[None], Tip(width / lattice, strength), along=along, across=across,
            strip=parameters.strip, exact=solver == "modes-exact", temperature=temperature,
            energies=parameters.energies if isinstance(parameters, MeasuredConfig) else None,
        )[0]
        for potential, width, strength, temperature in zip(
            solved["potential"], solved["tip_width"].tolist(), solved["tip_strength"].tolist(),
            solved["temperature"].tolist(), strict=True,
        )
    ])  # fmt: skip
    if not measured:
        return {"tip_map": maps - solved["conductance"][:, None, None]}
    return {
        "measured": as_measured(maps, solved["reading_noise"], solved["drift"], solved["normal"])
    }


DATASET = Sgm()
