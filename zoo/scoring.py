"""Scores of a model on a split: what is compared, for each kind of output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesoinv.zoo import metrics
from mesoinv.zoo.config import Scores
from mesoinv.zoo.training.samples import Request
from mesoinv.zoo.training.sources import GENERATE, load_samples

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesoinv.zoo.config import Score
    from mesoinv.zoo.model import Model


def score(
    model: Model,
    split: str = "test",
    samples: int = 4000,
    *,
    source: str = GENERATE,
    cache: Path = Path("data/cache"),
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Scores:
    """Score a model on the first samples of a split.

    Parameters
    ----------
    model : Model
        Any of the zoo.
    split : str
        Of the configuration that the model was trained on.
    samples : int
        How many; 4000 are the whole test split of ``pldos``.
    source, cache, workers, progress
        Where the samples come from, as for `load_samples`.

    Returns
    -------
    Scores
    """
    config = model.config
    targets = [q.column for q in config.outputs]
    extra = ["potential", "s"] if targets == ["fourier"] else []
    columns = tuple(dict.fromkeys([q.column for q in config.inputs] + targets + extra))
    request = Request(config.dataset, config.config, split, samples, columns)
    true = load_samples(request, source, cache=cache, workers=workers, progress=progress)
    # these are samples of the training's own distribution, however rare
    predicted = model.predict(true, check_range=False)
    command = f"mesoinv models score {config.name} --split {split} --samples {samples}"
    return Scores(split, samples, command, compare(predicted, true, model))


def compare(predicted: Any, true: Any, model: Model) -> dict[str, Score]:
    """Return the scores that belong to a model's outputs."""
    outputs = model.config.outputs
    column = outputs[0].column
    if column == "potential":
        return metrics.landscape_scores(predicted, true["potential"])
    if column == "fourier":
        landscapes = metrics.landscapes_of(predicted, true["s"])
        return metrics.landscape_scores(landscapes, true["potential"])
    numbers = predicted if isinstance(predicted, dict) else {column: predicted}
    return metrics.number_scores(
        numbers, {q.column: true[q.column] for q in outputs}, {q.column: q.unit for q in outputs}
    )
