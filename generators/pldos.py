"""Partial local density of states of disordered strips and the landscapes behind them.

Percebois & Weinmann (2021) [1]_: electrons enter a two-dimensional electron gas through a narrow
source; the branching pattern of their density carries the donors' random potential. One sample is a
potential landscape, its Fourier coefficients and the partial local density of states it causes.

References
----------
.. [1] G. J. Percebois and D. Weinmann, "Deep neural networks for inverse problems in mesoscopic
   physics", Phys. Rev. B 104, 075422 (2021), arXiv:2106.11623.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from mesoinv.generators.common import pictures
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.base import Batch, Column, Config, Dataset, Paper
from mesoinv.generators.solvers.pldos import coulomb
from mesoinv.generators.solvers.pldos.drawing import sample_figure, sample_images
from mesoinv.generators.solvers.pldos.inversion.drawing import inversion_figure
from mesoinv.generators.solvers.pldos.inversion.results import inverted_columns
from mesoinv.generators.solvers.pldos.inversion.user_input import invert_density
from mesoinv.generators.solvers.pldos.local_density import (
    SOLVERS,
    linearise,
    partial_ldos,
    transport,
)
from mesoinv.generators.solvers.pldos.measurement import Channel, measure, raster_shape, with_noise
from mesoinv.generators.solvers.pldos.scattering import TOLERANCE
from mesoinv.generators.solvers.pldos.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from mesoinv.generators.pipeline.seeding import Stream
    from mesoinv.generators.solvers.pldos.inversion.invert import Inversion

__all__ = [
    "DATASET",
    "SOLVERS",
    "Channel",
    "Pldos",
    "PldosConfig",
    "Strip",
    "linearise",
    "measure",
    "partial_ldos",
    "transport",
]

_BIBTEX = """@article{percebois2021deep,
  author  = {Percebois, Ga{\\"e}tan J. and Weinmann, Dietmar},
  title   = {Deep neural networks for inverse problems in mesoscopic physics:
             Characterization of the disorder configuration from quantum transport properties},
  journal = {Phys. Rev. B},
  volume  = {104},
  pages   = {075422},
  year    = {2021},
  doi     = {10.1103/PhysRevB.104.075422},
}"""


@dataclass(frozen=True)
class PldosConfig(Config):
    """Parameters of one configuration; ranges are those of a uniform distribution.

    Attributes
    ----------
    s : (float, float)
        Distance of the donors from the electrons, smallest and largest [nm].
    n_d : (float, float)
        Density of the donors, smallest and largest [1e12 cm⁻²].
    strength : float
        Factor of the potential; 1 is the physical one.
    strip : Strip
        Geometry and material.
    """

    s: tuple[float, float] = field(default=(50.0, 50.0), metadata={"unit": "nm"})
    n_d: tuple[float, float] = field(default=(1.0, 1.0), metadata={"unit": "1e12 cm⁻²"})
    strength: float = field(default=1.0, metadata={"unit": "1"})
    strip: Strip = field(default_factory=Strip)

    @property
    def symmetries(self) -> tuple[str, ...]:
        """The strip, its source and the donors are the same when y becomes -y."""
        return ("mirror",)

    def __post_init__(self) -> None:
        if not (0 < self.s[0] <= self.s[1] < np.inf):
            raise UsageError(f"s must be positive and ordered (nm); got {self.s}.")
        if not (0 <= self.n_d[0] <= self.n_d[1] < np.inf):
            raise UsageError(f"n_d must be 0 or more and ordered (1e12 cm⁻²); got {self.n_d}.")
        if not np.isfinite(self.strength):
            raise UsageError(f"strength must be finite; got {self.strength}.")

    @property
    def num_coefficients(self) -> int:
        """How many Fourier coefficients a sample has room for: those of the smallest s."""
        return len(coulomb.wave_vectors(self.s[0], self.strip).length)


@dataclass(frozen=True)
class MeasuredConfig(PldosConfig):
    """Landscapes whose density is measured; ranges of what a measurement does, drawn uniformly.

    Attributes
    ----------
    blur : (float, float)
        Standard deviation of the tip's Gaussian [nm].
    temperature : (float, float)
        [K].
    offset : (float, float)
        Added, over the mean of the map.
    multiplicative_noise : (float, float)
        Standard deviation of the gain from site to site, around 1.
    additive_noise : (float, float)
        Standard deviation, over the mean of the map.
    """

    blur: tuple[float, float] = field(default=(5.0, 15.0), metadata={"unit": "nm"})
    temperature: tuple[float, float] = field(default=(0.02, 0.1), metadata={"unit": "K"})
    offset: tuple[float, float] = field(default=(-0.05, 0.05), metadata={"unit": "1"})
    multiplicative_noise: tuple[float, float] = field(default=(0.0, 0.05), metadata={"unit": "1"})
    additive_noise: tuple[float, float] = field(default=(0.005, 0.05), metadata={"unit": "1"})


#: What a measurement is told by: columns of `MeasuredConfig`, unit and description.
_CHANNEL = {
    "blur": ("nm", "standard deviation of the tip's Gaussian"),
    "temperature": ("K", "temperature"),
    "offset": ("1", "offset, over the mean of the map"),
    "multiplicative_noise": ("1", "standard deviation of the gain from site to site"),
    "additive_noise": ("1", "standard deviation of the noise, over the mean of the map"),
}


def _sizes(full: int) -> dict[str, dict[str, int]]:
    return {
        "mini": {"train": 64, "validation": 16, "test": 16},
        "small": {"train": 2048, "validation": 256, "test": 256},
        "full": {"train": full, "validation": 4000, "test": 4000},
    }


#: A configuration that models are tested on and never trained on.
_TEST_ONLY = {"mini": {"test": 16}, "small": {"test": 256}, "full": {"test": 1000}}


class Pldos(Dataset):
    """The dataset ``pldos``."""

    name = "pldos"
    pretty_name = "PLDOS: disorder landscapes from the partial local density of states"
    version = "1.0.0"
    paper = Paper(
        authors="G. J. Percebois and D. Weinmann",
        title="Deep neural networks for inverse problems in mesoscopic physics: Characterization "
        "of the disorder configuration from quantum transport properties",
        reference="Phys. Rev. B 104, 075422",
        year=2021,
        arxiv="2106.11623",
        doi="10.1103/PhysRevB.104.075422",
        bibtex=_BIBTEX,
    )
    default_config = "landscape"
    inverse = ("pldos", "potential")
    configs: ClassVar[Mapping[str, PldosConfig]] = {
        "landscape": PldosConfig(
            "One kind of disorder, s = 50 nm and N_d = 1e12 cm⁻²: reconstruct the landscape.",
            _sizes(88_000),
        ),
        "global": PldosConfig(
            "s and N_d drawn for each sample: find these two numbers, or rms and ξ.",
            _sizes(72_000),
            s=(40.0, 70.0),
            n_d=(0.6, 1.5),
        ),
        "weaker": PldosConfig(
            "Fewer donors, farther away, than anywhere in `global`: a test beyond the training.",
            _TEST_ONLY,
            s=(70.0, 80.0),
            n_d=(0.3, 0.6),
        ),
        "stronger": PldosConfig(
            "More donors, nearer, than anywhere in `global`: a test beyond the training.",
            _TEST_ONLY,
            s=(32.0, 40.0),
            n_d=(1.5, 2.0),
        ),
        "measured": MeasuredConfig(
            "Landscapes as in `landscape`, whose density is measured: temperature, tip, raster, "
            "offset and noise.",
            {
                "mini": {"train": 16, "validation": 8, "test": 8},
                "small": {"train": 1024, "validation": 128, "test": 128},
                "full": {"train": 8192, "validation": 512, "test": 1024},
            },
        ),
    }
    solvers = SOLVERS
    rows_per_part = 64
    rows_per_shard = 4096

    def columns(self, config: str) -> tuple[Column, ...]:
        """Return the columns: what was drawn, what follows from it, what the electrons do."""
        parameters = self.parameters(config)
        site = (parameters.strip.length, parameters.strip.width)
        count = parameters.num_coefficients
        # two solves may keep different numbers of modes, each within the solver's tolerance
        solved = 2 * TOLERANCE
        measured = () if not isinstance(parameters, MeasuredConfig) else (
            Column("measured", "float16", raster_shape(parameters.strip), "1/t",
                   "ρ as it is measured", solved + 1e-3, symmetry="field"),
            *(Column(name, "float64", (), unit, text, symmetry="invariant")
              for name, (unit, text) in _CHANNEL.items()),
        )  # fmt: skip
        return (
            Column("index", "int64", (), "1", "number of the sample in its split"),
            Column("pldos", "float16", site, "1/t", "partial local density of states ρ(x, y)",
                   solved + 5e-4, symmetry="field"),
            Column("potential", "float16", site, "t", "potential V(x, y)", 1e-4, symmetry="field"),
            Column("fourier", "float64", (count, 2), "1", "Re C(q), Im C(q) of Eq. (1)",
                   symmetry="own"),
            Column("s", "float64", (), "nm", "distance of the donors", symmetry="invariant"),
            Column("n_d", "float64", (), "1e12 cm⁻²", "density of the donors",
                   symmetry="invariant"),
            Column("potential_rms", "float64", (), "t", "ensemble rms √C(0), from (s, N_d)", 1e-9,
                   symmetry="invariant"),
            Column("correlation_length", "float64", (), "nm", "ensemble ξ, C(ξ) = C(0)/2", 1e-9,
                   symmetry="invariant"),
            Column("conductance", "float64", (), "2e²/h", "transmission source → drain", solved,
                   symmetry="invariant"),
            *measured,
        )  # fmt: skip

    def parameters(self, config: str) -> PldosConfig:
        """Return a configuration with its physical parameters."""
        declared = self.config(config)
        assert isinstance(declared, PldosConfig)
        return declared

    def draw(self, config: str, stream: Stream, indices: NDArray[np.int64]) -> Batch:
        """Draw s, N_d and the Fourier coefficients."""
        parameters = self.parameters(config)
        strip = parameters.strip
        u = stream.uniform(indices, 2, channel=1)
        s = parameters.s[0] + (parameters.s[1] - parameters.s[0]) * u[:, 0]
        n_d = parameters.n_d[0] + (parameters.n_d[1] - parameters.n_d[0]) * u[:, 1]
        count = parameters.num_coefficients
        normal = stream.normal(indices, 2 * count).reshape(-1, count, 2)
        length = coulomb.wave_vectors(parameters.s[0], strip).length
        inside = length <= coulomb.CUTOFF / s[:, None]
        sigma = coulomb.standard_deviation(n_d, strip)
        fourier = np.where(inside[:, :, None], normal * sigma[:, None, None], 0.0)
        drawn = {"index": np.asarray(indices), "s": s, "n_d": n_d, "fourier": fourier}
        if isinstance(parameters, MeasuredConfig):
            ranges = np.array([getattr(parameters, name) for name in _CHANNEL])
            u = stream.uniform(indices, len(ranges), channel=2)
            channel = ranges[:, 0] + (ranges[:, 1] - ranges[:, 0]) * u
            shape = (len(s), 2, *raster_shape(strip))
            noise = stream.normal(indices, math.prod(shape[1:]), channel=3).reshape(shape)
            drawn |= {"noise": noise} | dict(zip(_CHANNEL, channel.T, strict=True))
        return drawn

    def solve(
        self, config: str, drawn: Batch, *, device: str = "cpu", solver: str | None = None
    ) -> Batch:
        """Sum the potential and send the electrons through it."""
        parameters = self.parameters(config)
        fourier, s = drawn["fourier"], drawn["s"]
        potential = coulomb.landscape(fourier[..., 0] + 1j * fourier[..., 1], s, parameters.strip)
        potential *= parameters.strength
        solve = functools.partial(transport, device=device, solver=solver)
        solved = solve(potential, strip=parameters.strip)
        if isinstance(parameters, MeasuredConfig):
            channel = Channel(drawn["blur"], drawn["temperature"], drawn["offset"])
            seen = measure(potential, channel, strip=parameters.strip,
                           solve=lambda v, at: solve(v, strip=at).partial_ldos)  # fmt: skip
            noise = drawn["multiplicative_noise"], drawn["additive_noise"]
            drawn = drawn | {"measured": with_noise(seen, *noise, drawn["noise"])}
        pairs = list(zip(s.tolist(), drawn["n_d"].tolist(), strict=True))
        rms = [coulomb.ensemble_rms(*pair, parameters.strip) for pair in pairs]
        return drawn | {
            "pldos": solved.partial_ldos,
            "potential": potential,
            "potential_rms": abs(parameters.strength) * np.array(rms),
            "correlation_length": np.array(
                [coulomb.correlation_length(distance, parameters.strip) for distance, _ in pairs]
            ),
            "conductance": solved.transmission,
        }

    def invert(  # type: ignore[override]
        self,
        config: str,
        observed: ArrayLike,
        start: ArrayLike,
        *,
        noise: float | Literal["estimate"] | None = None,
        s: float | tuple[float, float] | None = None,
        n_d: float | tuple[float, float] | None = None,
        strip: Strip | None = None,
        tolerance: float = TOLERANCE,
    ) -> Inversion:
        """Find the landscapes of densities of states; see `user_input.invert_density`.

        Parameters
        ----------
        config : str
            Its strip and its s and N_d hold by default; where they lie in a range, they are
            estimated with the landscape.
        observed, start, noise, s, n_d, strip, tolerance
            As for `invert_density`.
        """
        parameters = self.parameters(config)
        return invert_density(
            observed,
            start,
            s=parameters.s if s is None else s,
            n_d=parameters.n_d if n_d is None else n_d,
            strip=strip or parameters.strip,
            tolerance=tolerance,
            noise=noise,
        )

    def inverted_columns(self, config: str, inversion: Inversion) -> Batch:
        """Return landscape, coefficients and donors, and their standard deviations."""
        return inverted_columns(inversion, self.parameters(config).strip)

    def inversion_figure(
        self,
        config: str,
        inversion: Inversion,
        observed: NDArray[Any],
        *,
        row: int = 0,
        truth: NDArray[Any] | None = None,
    ) -> Figure:
        """Draw one result of `invert`, beside the truth where it is known."""
        return inversion_figure(inversion, observed, row, self.parameters(config).strip, truth)

    def transformed(self, config: str, column: str, group: str, values: NDArray[Any]) -> Any:
        """Return the Fourier coefficients of mirrored landscapes."""
        if (column, group) != ("fourier", "mirror"):
            return super().transformed(config, column, group, values)
        parameters = self.parameters(config)
        return coulomb.mirrored(values, parameters.s[0], parameters.strip)

    def figure(self, config: str, batch: Batch, row: int = 0) -> Figure:
        """Draw landscape, density of states and measured map of one sample side by side."""
        return sample_figure(batch, row, self.parameters(config).strip)

    def prediction_maps(
        self, config: str, truth: Batch, predicted: Batch
    ) -> tuple[list[pictures.Map], str]:
        """Draw predicted coefficients as the landscape that they make."""
        made = predicted.get("potential")
        if "fourier" in predicted:
            series, strip = predicted["fourier"], self.parameters(config).strip
            made = coulomb.landscape(series[..., 0] + 1j * series[..., 1], truth["s"], strip)
        if made is None:
            return super().prediction_maps(config, truth, predicted)
        r = np.corrcoef(truth["potential"].ravel(), made.ravel())[0, 1]
        maps = pictures.compared(truth["potential"][0], made[0], "potential V", "t")
        return maps, f": Pearson r = {r:.4f}"

    def images(self, config: str, batch: Batch) -> dict[str, list[bytes]]:
        """Render the maps of each sample as PNG files, one pixel a site."""
        return sample_images(batch)


DATASET = Pldos()
