"""What the page on the Ising model shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mesoinv.eval.reports.ising import figures
from mesoinv.eval.reports.ising.equilibrium import NEEDED, Differences, Memory, differences, memory
from mesoinv.eval.reports.ising.figures import Lattice, Plane
from mesoinv.eval.reports.ising.literature import VALUES
from mesoinv.eval.reports.report import Report
from mesoinv.eval.reports.tables import NOTHING, table
from mesoinv.eval.tasks import get_task
from mesoinv.generators.solvers.ising.paper_grid import COUPLINGS
from mesoinv.generators.solvers.ising.phase_boundary import read_boundaries
from mesoinv.zoo.declared.config import WEIGHTS
from mesoinv.zoo.declared.models import local_folder
from mesoinv.zoo.metrics.families.ising.couplings import LARGEST
from mesoinv.zoo.metrics.families.ising.ferromagnet_boundary import boundaries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from mesoinv.eval.tasks.task import Task
    from mesoinv.generators.solvers.ising.phase_boundary import Boundary, Order
    from mesoinv.zoo.metrics import Table

FERROMAGNET, STRIPES, COUPLING = "ising-phase", "ising-phase-stripes", "ising-couplings"
ORDERS: dict[str, Order] = {FERROMAGNET: "ferromagnet", STRIPES: "stripes"}
#: Lattices of Fig. 5, (J2, T), and which network reconstructs them.
SHOWN = ((0.1, 0.1), (0.1, 1.975), (0.1, 4.0), (0.8, 1.575), (0.8, 0.1))
PAPER = {FERROMAGNET: "ising-phase-vae.paper", STRIPES: "ising-phase-stripes-vae.paper"}
CONFIG, EQUILIBRIUM = "L30", "equilibrium"
#: Samples of a block, and of the plane of latent numbers.
BLOCK, POINTS = 3454, 3454


class IsingReport(Report):
    """The report on the Ising model."""

    dataset = "ising"
    extras = ("models",)
    work: ClassVar = {"equilibrium": (), "memory": ()}
    figures: ClassVar = {
        "spins.png": "Spins of single lattices above what the paper's autoencoders make of them "
        "(Fig. 5); at J2 = 0.1 the one that learnt the ferromagnet, at 0.8 that of the stripes. Up "
        "is black, grey undecided.",
        "planes.png": "Mean unlikeness of ten lattices at every coupling and temperature (Fig. 6), "
        "by the paper's autoencoders and by the best model. White circles: measured T_c. Red: "
        "where the mean is halfway. Couplings are not to scale.",
        "boundaries.png": "How far above T_c each model sees the boundary; grey: the error of T_c.",
        "latent.png": "Latent numbers of the paper's autoencoder of the ferromagnet, for a lattice "
        "at every coupling and temperature.",
        "couplings.png": "Couplings found in single lattices against true ones, where the bounds "
        f"of both are {LARGEST:g} or less; darker is more, logarithmically.",
        "differences.png": "Mean order parameter of cooled lattices minus that in equilibrium; on "
        "both sides of T_c it is chance, below T_c near J2 = 1/2 it is walls that stay.",
    }

    @property
    def tasks(self) -> list[Task]:
        """The ferromagnet first."""
        return [get_task(name) for name in (FERROMAGNET, STRIPES, COUPLING)]

    def values(self) -> dict[str, Any]:
        """Return tables of scores, of boundaries, of differences and of memory."""
        apart = self.kept("equilibrium", Differences, self._differences)
        times = self.kept("memory", Memory, lambda: memory(self.options.log, length=30))
        return {
            "tasks": [self.section(task) for task in self.tasks],
            "boundaries": self._boundary_table(),
            "measured": read_boundaries(),
            "differences": _difference_table(apart) if apart else "",
            "apart": apart,
            "memory": _memory_table(times) if times else "",
            "times": times,
        }

    def _differences(self) -> Differences:
        cooled, equilibrium = (
            self.options.load(self.dataset, config, count, *NEEDED)
            for config, count in ((CONFIG, 10 * BLOCK), (EQUILIBRIUM, 5 * BLOCK))
        )
        return differences(cooled, equilibrium)

    def _tables(self, task: str) -> dict[str, Table]:
        return {e.row.id: e.result.table for e in self.entries[task] if e.row.scores}

    def _boundary_table(self) -> str:
        seen = {order: self._seen(task) for task, order in ORDERS.items()}
        rows = []
        for row, boundary in enumerate(read_boundaries().boundaries):
            places = seen[boundary.order or "ferromagnet"]
            rows.append([
                f"{boundary.j2:g}", boundary.order or "none", _with_error(boundary),
                _literature(boundary.j2),
                *(NOTHING if place is None else f"{place[row]:.3f}" for place in places),
            ])  # fmt: skip
        header = ["J2", "order below", "T_c, ours", "T_c, literature", "paper's VAE", "best model"]
        return table(header, rows)

    def _seen(self, task: str) -> list[NDArray[np.float64] | None]:
        """Return the boundaries that the paper's network and the best model see."""
        tables = self._tables(task)
        scored = [tables.get(PAPER[task]), next(iter(tables.values()), None)]
        return [
            None if t is None else boundaries(t["number"], t["cell"], ORDERS[task]) for t in scored
        ]

    def draw(self) -> Iterator[tuple[str, Figure]]:
        """Draw what the stored tables show, and lattices with what the networks make of them."""
        columns = ("spins", "j2", "temperature", "magnetisation")
        samples = self.options.load(self.dataset, CONFIG, POINTS, *columns)
        if all((local_folder(name) / WEIGHTS).exists() for name in PAPER.values()):
            yield "spins.png", self._spins(samples)
            yield "latent.png", self._latent(samples)
        tables = {order: self._tables(task) for task, order in ORDERS.items()}
        if all(tables.values()):
            yield "planes.png", figures.draw_planes(list(self._planes()))
            yield "boundaries.png", figures.draw_boundaries(tables)
        if couplings := self._tables(COUPLING):
            count = len(next(iter(couplings.values()))["error"])
            true = self.options.load(self.dataset, EQUILIBRIUM, count, "k1", "k2")
            yield "couplings.png", figures.draw_couplings(couplings, true)
        if apart := self.kept("equilibrium", Differences, self._differences):
            yield "differences.png", figures.draw_differences(apart)

    def _planes(self) -> Iterator[Plane]:
        for task, order in ORDERS.items():
            tables = self._tables(task)
            for name in dict.fromkeys((PAPER[task], next(iter(tables)))):
                if name in tables:
                    yield Plane(name, order, tables[name])

    def _spins(self, samples: dict[str, Any]) -> Figure:
        from mesoinv.zoo.model.loading import load_model  # noqa: PLC0415  (torch is slow)

        lattices = []
        for j2, temperature in SHOWN:
            task = FERROMAGNET if j2 < 0.5 else STRIPES
            near = np.abs(samples["j2"] - j2) + np.abs(samples["temperature"] - temperature)
            spins = samples["spins"][[int(near.argmin())]]
            made: Any = load_model(local_folder(PAPER[task])).predict(spins)
            words = f"J2 = {j2:g}, T = {temperature:g}\nunlikeness {made['unlikeness'][0]:.3f}"
            lattices.append(Lattice(words, spins[0], made["reconstruction"][0]))
        return figures.draw_spins(lattices, " and ".join(PAPER.values()))

    def _latent(self, samples: dict[str, Any]) -> Figure:
        from mesoinv.zoo.model.loading import load_model  # noqa: PLC0415  (torch is slow)

        name = PAPER[FERROMAGNET]
        made: Any = load_model(local_folder(name)).predict(samples["spins"], batch_size=256)
        shown = {n: samples[n] for n in ("temperature", "magnetisation")}
        return figures.draw_latent(made["latent"], shown, name)


def _with_error(boundary: Boundary) -> str:
    return f"{boundary.temperature:.4f} ± {boundary.error:.4f}" if boundary.order else "0"


def _literature(j2: float) -> str:
    if j2 not in VALUES:
        return NOTHING
    value, error, source = VALUES[j2]
    return f"{value:.4f}{f' ± {error:.4f}' if error else ''} ({source})"


def _difference_table(apart: Differences) -> str:
    """Return the couplings of which some lattice is not ordered in the cold."""
    rows = []
    for k, j2 in enumerate(COUPLINGS):
        if max(apart.walls_cooled[k], apart.walls_equilibrium[k]) > 0:
            rows.append([
                f"{j2:g}", f"{apart.walls_cooled[k]:.0%}", f"{apart.walls_equilibrium[k]:.0%}",
                f"{apart.cold_order[k]:+.3f} ± {apart.cold_order_error[k]:.3f}",
                f"{apart.energy[k]:+.4f} ± {apart.energy_error[k]:.4f}",
            ])  # fmt: skip
    header = [
        "J2", "cooled: not ordered", "equilibrium: not ordered", "order, cooled - equilibrium",
        "energy a site, cooled - equilibrium",
    ]  # fmt: skip
    return table(header, rows)


def _memory_table(times: Memory) -> str:
    rows = [
        [f"{j2:g}", f"{e:.0f}", f"{et:g}", f"{o:.0f}", f"{ot:g}"]
        for j2, e, et, o, ot in zip(
            COUPLINGS, times.energy, times.energy_at, times.order, times.order_at, strict=True
        )
    ]
    return table(["J2", "energy [sweeps]", "at T =", "squared order [sweeps]", "at T ="], rows)
