"""Conductance of disordered wires, and the on-site energies behind it.

Li, Lu and Zhai (2020) [1]_: a square lattice of L × W sites between two ideal leads, its on-site
energies drawn at random. One sample is a configuration of them, the conductance at the Fermi energy
and at ten energies around it.

References
----------
.. [1] K. Li, J. Lu and F. Zhai, "Neural networks for modeling electron transport properties of
   mesoscopic systems", Phys. Rev. B 102, 064205 (2020).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common import pictures
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.base import Batch, Column, Config, Dataset, Paper
from mesoinv.generators.solvers.conductance.disorder import impurity_energies
from mesoinv.generators.solvers.conductance.landauer import (
    LARGEST,
    SOLVERS,
    conductance,
    linearise,
)
from mesoinv.generators.solvers.uniform_disorder import uniform_energies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from mesoinv.generators.pipeline.seeding import Stream

__all__ = [
    "DATASET",
    "ENERGIES",
    "LARGEST",
    "SOLVERS",
    "TOLERANCE",
    "Conductance",
    "ConductanceConfig",
    "conductance",
    "linearise",
]

RealArray = NDArray[np.float64]

_BIBTEX = """@article{li2020neural,
  author  = {Li, Kangyuan and Lu, Junqiang and Zhai, Feng},
  title   = {Neural networks for modeling electron transport properties of mesoscopic systems},
  journal = {Phys. Rev. B},
  volume  = {102},
  pages   = {064205},
  year    = {2020},
  doi     = {10.1103/PhysRevB.102.064205},
}"""

#: Energies of the column `spectrum` [t], the nearest doubles to -0.18, -0.14 … 0.18.
ENERGIES = tuple((4 * k - 18) / 100 for k in range(10))
#: Error allowed to a stored conductance [2e²/h]. It is far smaller, but for the rare energy that
#: falls on a resonance narrower than this, where double precision does not know more.
TOLERANCE = 5e-7


@dataclass(frozen=True)
class ConductanceConfig(Config):
    """Parameters of one configuration.

    Attributes
    ----------
    length, width : int
        Sites along and across the wire.
    disorder : float
        w: on-site energies are uniform in [-w/2, w/2]; 0 where there are impurities instead.
    impurity : tuple of float
        On-site energies of the kinds of impurities, all equally likely; others are 0.
    concentrations : tuple of float
        Concentrations n that the samples take in turn; empty: n is uniform in [0, 1].
    storage : str
        Type of the stored on-site energies. They are rounded to it before anything is computed.
    """

    length: int = field(default=40, metadata={"unit": "sites"})
    width: int = field(default=40, metadata={"unit": "sites"})
    disorder: float = field(default=0.0, metadata={"unit": "t"})
    impurity: tuple[float, ...] = field(
        default=(), metadata={"unit": "t", "description": "list of equally likely values"}
    )
    concentrations: tuple[float, ...] = field(
        default=(), metadata={"unit": "1", "description": "list of values taken in turn"}
    )
    storage: str = field(default="float32", metadata={"unit": "numpy type"})

    @property
    def symmetries(self) -> tuple[str, ...]:
        """A wire conducts the same when it is mirrored, and in both directions."""
        return ("mirror", "reversal")

    def __post_init__(self) -> None:
        if self.length < 1 or self.width < 1:
            raise UsageError(f"A wire has sites; got {self.length} × {self.width}.")
        if not 0 <= self.disorder <= 2 * LARGEST:
            raise UsageError(f"disorder is 0 or more (t); got {self.disorder}.")
        if bool(self.disorder) and bool(self.impurity):
            raise UsageError("Give either disorder or impurities, not both.")
        if not all(0 <= n <= 1 for n in self.concentrations):
            raise UsageError(f"A concentration is between 0 and 1; got {self.concentrations}.")


def _sizes(train: int, test: int = 20_000) -> dict[str, dict[str, int]]:
    return {
        "mini": {"train": 256, "validation": 64, "test": 64},
        "small": {"train": 8192, "validation": 1024, "test": 1024},
        "full": {"train": train, "validation": 5000, "test": test},
    }


def _uniform(side: int, disorder: float, train: int) -> ConductanceConfig:
    return ConductanceConfig(
        f"{side} × {side} sites, on-site energies uniform in [{-disorder / 2:g}, {disorder / 2:g}]",
        _sizes(train),
        length=side,
        width=side,
        disorder=disorder,
    )


#: Concentrations of the ensembles: 0, 0.05 … 1.
STEPS = tuple(k / 20 for k in range(21))


class Conductance(Dataset):
    """The dataset ``conductance``."""

    name = "conductance"
    pretty_name = "Conductance of disordered wires"
    version = "1.0.0"
    paper = Paper(
        authors="K. Li, J. Lu and F. Zhai",
        title="Neural networks for modeling electron transport properties of mesoscopic systems",
        reference="Phys. Rev. B 102, 064205",
        year=2020,
        arxiv="",
        doi="10.1103/PhysRevB.102.064205",
        bibtex=_BIBTEX,
    )
    default_config = "model2"
    configs: ClassVar[Mapping[str, ConductanceConfig]] = {
        "model2": ConductanceConfig(
            "Impurities of on-site energy 5 on 40 × 40 sites, concentration n uniform in [0, 1]",
            _sizes(80_000), impurity=(5.0,), storage="float16",
        ),
        "model3": ConductanceConfig(
            "Like model2 with two kinds of impurities, 5/2 and 5",
            _sizes(80_000), impurity=(2.5, 5.0), storage="float16",
        ),
        "model4": ConductanceConfig(
            "Like model2 with three kinds of impurities, 5/3, 10/3 and 5",
            _sizes(80_000), impurity=(5 / 3, 10 / 3, 5.0),
        ),
        "ensemble": ConductanceConfig(
            "Like model2, but n = 0, 0.05 … 1 in turn, 1000 samples each: n = (index mod 21)/20",
            {"mini": {"test": 84}, "small": {"test": 2100}, "full": {"test": 21_000}},
            impurity=(5.0,), concentrations=STEPS, storage="float16",
        ),
        "model1_3x3": _uniform(3, 4.0, 40_000),
        "model1_5x5": _uniform(5, 4.0, 80_000),
        "model1_10x10": _uniform(10, 4.0, 160_000),
        "model1_20x20": _uniform(20, 4.0, 240_000),
        "model1_narrow_3x3": _uniform(3, 2.0, 2**18),
        "model1_narrow_4x4": _uniform(4, 2.0, 2**18),
        "model1_narrow_5x5": _uniform(5, 2.0, 2**18),
    }  # fmt: skip
    solvers = SOLVERS
    rows_per_part = 1024
    rows_per_shard = 2**18

    def columns(self, config: str) -> tuple[Column, ...]:
        """Return the columns: what was drawn, and what the electrons do."""
        parameters = self.parameters(config)
        site = (parameters.length, parameters.width)
        # two computed values; the error is absolute, a relative one would mean nothing for G ≪ 1
        solved = (2 * TOLERANCE, 1.0)
        columns = [
            Column("index", "int64", (), "1", "number of the sample in its split"),
            Column("onsite_energy", parameters.storage, site, "t", "on-site energy ε(x, y)",
                   symmetry="field"),
            Column("conductance", "float64", (), "2e²/h", "G, transmission at E = 0", *solved,
                   symmetry="invariant"),
            Column("spectrum", "float64", (len(ENERGIES),), "2e²/h",
                   "transmission at E = -0.18, -0.14 … 0.18 t", *solved, symmetry="invariant"),
            Column("mean_conductance", "float64", (), "2e²/h", "Ḡ, mean of the spectrum", *solved,
                   symmetry="invariant"),
        ]  # fmt: skip
        if parameters.impurity:
            columns.append(
                Column(
                    "concentration",
                    "float64",
                    (),
                    "1",
                    "n, impurities per site",
                    symmetry="invariant",
                )
            )
        return tuple(columns)

    def parameters(self, config: str) -> ConductanceConfig:
        """Return a configuration with its physical parameters."""
        declared = self.config(config)
        assert isinstance(declared, ConductanceConfig)
        return declared

    def draw(self, config: str, stream: Stream, indices: NDArray[np.int64]) -> Batch:
        """Draw the on-site energies, exactly as they are stored, and the concentration."""
        parameters = self.parameters(config)
        drawn: Batch = {"index": np.asarray(indices)}
        count, kinds = parameters.length * parameters.width, len(parameters.impurity)
        if kinds:
            n = drawn["concentration"] = _concentration(parameters, stream, indices)
            kind = stream.uniform(indices, count, channel=2) if kinds > 1 else None
            site = stream.uniform(indices, count)
            sites = impurity_energies(site, n, parameters.impurity, kind)
        else:
            sites = uniform_energies(stream.words(indices, count), parameters.disorder)
        shape = (len(indices), parameters.length, parameters.width)
        stored = sites.reshape(shape).astype(parameters.storage)
        return drawn | {"onsite_energy": stored.astype(np.float64)}

    def solve(
        self, config: str, drawn: Batch, *, device: str = "cpu", solver: str | None = None
    ) -> Batch:
        """Send electrons of eleven energies through the wires."""
        self.config(config)
        energies = (0.0, *ENERGIES)
        currents = conductance(drawn["onsite_energy"], energies, device=device, solver=solver)
        spectrum = currents[:, 1:]
        return drawn | {
            "conductance": currents[:, 0],
            "spectrum": spectrum,
            "mean_conductance": spectrum.mean(axis=1),
        }

    def figure(self, config: str, batch: Batch, row: int = 0) -> Figure:
        """Draw the on-site energies of one sample beside its spectrum."""
        g, mean = (float(batch[name][row]) for name in ("conductance", "mean_conductance"))
        n = f"n = {batch['concentration'][row]:.3f}, " if "concentration" in batch else ""
        curve = pictures.Curve(
            np.array(ENERGIES),
            batch["spectrum"][row],
            ("energy E [t]", "conductance [2e²/h]"),
            {"mean Ḡ": mean},
            {"G at E = 0": (0.0, g)},
        )
        title = f"{n}G = {g:.4g}, Ḡ = {mean:.4g} (2e²/h)"
        return pictures.beside_curve(_map(batch["onsite_energy"][row]), curve, "sites", title)

    def images(self, config: str, batch: Batch) -> dict[str, list[bytes]]:
        """Render the on-site energies as PNG files, eight pixels a site."""
        enlarged = batch["onsite_energy"].repeat(8, axis=1).repeat(8, axis=2)
        return {"onsite_energy_image": [pictures.map_png(_map(sites)) for sites in enlarged]}


def _map(sites: RealArray) -> pictures.Map:
    return pictures.Map(sites, "on-site energy ε", "t", "RdBu_r", centred=True)


def _concentration(
    parameters: ConductanceConfig, stream: Stream, indices: NDArray[np.int64]
) -> RealArray:
    if parameters.concentrations:
        steps = np.array(parameters.concentrations)
        return steps[stream.turns(indices, len(steps))]
    return stream.uniform(indices, 1, channel=1)[:, 0]


DATASET = Conductance()
