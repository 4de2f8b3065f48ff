"""What the page on electron diffraction shows."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np

from mesoinv.eval.reports.lacbed import figures, times
from mesoinv.eval.reports.lacbed.chance import CONFIG, Chance, chance
from mesoinv.eval.reports.lacbed.figures import Example, Groups
from mesoinv.eval.reports.lacbed.twins import twins
from mesoinv.eval.reports.report import Report
from mesoinv.eval.reports.tables import table
from mesoinv.eval.scoring.evaluate import error_table
from mesoinv.eval.scoring.predictors import ModelPredictor
from mesoinv.generators.common import numbers
from mesoinv.generators.lacbed import DATASET_TOLERANCE
from mesoinv.zoo.architectures import is_trivial
from mesoinv.zoo.declared.config import WEIGHTS
from mesoinv.zoo.declared.models import local_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from mesoinv.eval.board.rows import Entry
    from mesoinv.eval.tasks.task import OtherConfig, Task

PATTERN, NORMALISED, POTENTIAL = "lacbed-pattern", "lacbed-pattern-normalised", "lacbed-potential"
#: The table of samples' columns of the two families.
_SCORES = {PATTERN: "R", POTENTIAL: "aligned R"}
#: Seconds of one pattern by the paper's network on a GPU, and by FELIX on 48 cores.
PAPER_NETWORK, FELIX, FELIX_CORES = 0.02, 400.0, 48
_ROUNDING = 1e-9
_CRYSTAL = (
    "lattice_parameter", "thickness", "space_group", "prototype", "site_element", "site_position",
    "site_b_factor", "site_occupancy",
)  # fmt: skip


class LacbedReport(Report):
    """The report on electron diffraction."""

    dataset = "lacbed"
    extras = ("models",)
    work: ClassVar = {"chance": (), "times": ("models",)}
    figures: ClassVar = {
        "groups.png": "Crystals of each space group, and the mean R of the best network (after "
        "Fig. 7). Bars are standard errors; groups of a few crystals have large ones.",
        "patterns.png": "Best, median and worst pattern of the best network (after Fig. 8): the "
        "potential of a cell, the true pattern, the prediction and the difference.",
        "potentials.png": "Best, median and worst potential of the best network. R is of the best "
        "shift and mirror image; the maps are as predicted.",
        "losses.png": "Losses of both networks of the conditional GANs, means of an epoch: of the "
        "discriminator, of the generator against it (dashed: what guessing gives), and the "
        "distance of generated from true outputs.",
    }

    @property
    def tasks(self) -> list[Task]:
        """Patterns first."""
        order = [PATTERN, NORMALISED, POTENTIAL]
        return sorted(super().tasks, key=lambda task: order.index(task.id))

    def values(self) -> dict[str, Any]:
        """Return tables of scores, of guesses and of times."""
        guessed = self.kept("chance", Chance, self._guessed)
        measured = self.kept("times", times.Times, self._measured)
        return {
            "tasks": [self.section(task) for task in self.tasks],
            "trained": {task.id: bool(self._learnt(task.id)) for task in self.tasks},
            "chance": _chance_table(guessed) if guessed else "",
            "guessed": guessed,
            "twins": {name: _small(value) for name, value in vars(twins()).items()},
            "times": _times_table(measured) if measured else "",
            "machine": measured.machine if measured else None,
        }

    def _guessed(self) -> Chance:
        task = next(t for t in self.tasks if t.id == PATTERN)
        return chance(self.options, self.options.count(task.samples))

    def _measured(self) -> times.Times:
        columns = ("potential", "pattern", *_CRYSTAL)
        samples = self.options.load(self.dataset, CONFIG, times.CRYSTALS, *columns)
        entries = [e for task in (PATTERN, POTENTIAL) for e in self._learnt(task)]
        return times.measure({e.row.id: local_folder(e.row.id) for e in entries}, samples)

    def _learnt(self, task: str) -> list[Entry]:
        """Return the networks whose weights are here, best first."""
        return [
            entry
            for entry in self.entries[task]
            if not is_trivial(entry.result.evaluation.subject.architecture or "")
            and (local_folder(entry.row.id) / WEIGHTS).exists()
        ]

    def draw(self) -> Iterator[tuple[str, Figure]]:
        """Draw what the models that are here make of the samples."""
        for task, name in ((PATTERN, "patterns.png"), (POTENTIAL, "potentials.png")):
            if models := self._learnt(task):
                yield name, self._examples(task, models[0])
        if models := self._learnt(PATTERN):
            yield "groups.png", figures.draw_groups(self._groups(models[0]), models[0].row.id)
        if logs := {e.row.id: losses for e in self._gans() if (losses := _losses(e.row.id))}:
            yield "losses.png", figures.draw_losses(logs)

    def _gans(self) -> list[Entry]:
        return [
            e for task in (PATTERN, POTENTIAL) for e in self._learnt(task) if "cgan" in e.row.id
        ]

    def _examples(self, task: str, entry: Entry) -> Figure:
        from mesoinv.zoo.model.loading import load_model  # noqa: PLC0415  (torch is slow)

        score = entry.result.table[_SCORES[task]]
        order = np.argsort(score)
        rows = {"best": order[-1], "median": order[len(order) // 2], "worst": order[0]}
        columns = ("potential", "pattern", "lattice_parameter", "thickness", "formula")
        samples = self.options.load(self.dataset, CONFIG, len(score), *columns)
        picked = {name: values[list(rows.values())] for name, values in samples.items()}
        predicted: Any = load_model(local_folder(entry.row.id)).predict(picked, check_range=False)
        given, wanted = ("potential", "pattern") if task == PATTERN else ("pattern", "potential")
        examples = [
            Example(
                f"{word}: {picked['formula'][i]}", float(score[row]), picked[given][i],
                picked[wanted][i], predicted[i],
            )
            for i, (word, row) in enumerate(rows.items())
        ]  # fmt: skip
        titles = (f"{given} (given)", wanted, "prediction", "difference")
        colours = ("viridis", "gray") if task == PATTERN else ("gray", "viridis")
        return figures.draw_examples(
            examples, titles, colours, f"{entry.row.id}, {len(score)} test samples"
        )

    def _groups(self, entry: Entry) -> list[Groups]:
        score = entry.result.table["R"]
        own = self.options.load(self.dataset, CONFIG, len(score), "space_group")["space_group"]
        task = next(t for t in self.tasks if t.id == PATTERN)
        balanced = cast("OtherConfig", task.variants["balanced"])
        count = self.options.count(balanced.samples)
        number = self.options.load(self.dataset, balanced.config, count, "space_group")
        return [
            Groups("cubic, test", own, score),
            Groups("balanced", number["space_group"], self._scores_of(entry, task, "balanced")),
        ]

    def _scores_of(self, entry: Entry, task: Task, variant: str) -> NDArray[Any]:
        from mesoinv.zoo.model.loading import load_model  # noqa: PLC0415  (torch is slow)

        selection = self.options.board(task).selection(task).of_variant(variant)
        self.options.log(f"{task.id}, {variant}: {entry.row.id}")
        predictor = ModelPredictor(load_model(local_folder(entry.row.id)), task)
        return np.asarray(error_table(predictor, selection)["R"])


def _losses(name: str) -> dict[str, NDArray[Any]]:
    """Return the losses of a training that has those of two networks."""
    path = local_folder(name) / "log.csv"
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = ("discriminator_loss", "adversarial_loss", "train_loss")
    if not rows or not set(names) <= rows[0].keys():
        return {}
    return {n: np.array([float(row[n] or "nan") for row in rows]) for n in names}


def _small(value: float) -> str:
    """Return a number, or that it is nothing but rounding, which every machine does otherwise."""
    return f"{value:.2g}" if value > _ROUNDING else f"below {_ROUNDING:g}"


def _chance_table(guessed: Chance) -> str:
    rows = [
        [g.name, numbers.with_interval(g.mean, g.low, g.high, ".4f"), f"{g.median:.4f}"]
        for g in guessed.guesses
    ]
    return table(["guess", "R mean", "R median"], rows)


def _times_table(measured: times.Times) -> str:
    rows = [
        [f"`{name}`, one sample", f"{seconds:.3f}"] for name, seconds in measured.models.items()
    ]
    for label, values in ((f"{DATASET_TOLERANCE:g}", measured.solver), ("1e-3", measured.exact)):
        rows.append([f"exact solver to {label}: {_spread(values)}", f"{np.mean(values):.2f}"])
    rows.append(["the paper's network, on a GPU", f"{PAPER_NETWORK:g}"])
    rows.append([f"FELIX on {FELIX_CORES} cores, as the paper says", f"{FELIX:g}"])
    return table(["one pattern or potential", "seconds"], rows)


def _spread(values: Sequence[float]) -> str:
    return f"{len(values)} crystals, {min(values):.2f} to {max(values):.2f} s, mean"
