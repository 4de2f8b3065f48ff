"""Scores of the zoo's own models, as far as they are known here, to compare a submission with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.generators.pipeline.errors import MesoinvError
from mesoinv.zoo.config import CONFIG, read_config
from mesoinv.zoo.loading import LOCAL_WEIGHTS, list_models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesoinv.eval.records import Evaluation
    from mesoinv.zoo.metrics import Score

_TRIVIAL = "constant"


def baselines(evaluation: Evaluation) -> list[tuple[str, Score]]:
    """Return the trivial and the best baseline with their headline score.

    Parameters
    ----------
    evaluation : Evaluation
        Names the dataset, its configuration, the split and the score.

    Returns
    -------
    list of (str, Score)
        Empty where no model of this checkout was scored on that.
    """
    known = [found for name in list_models() for found in _headlines(name, evaluation)]
    trivial = [(f"trivial baseline {n}", s) for kind, n, s in known if kind == _TRIVIAL]
    others = [(f"best baseline {n}", s) for kind, n, s in known if kind != _TRIVIAL]
    best = sorted(others, key=lambda pair: -pair[1].value)[:1]
    return [*trivial[:1], *best]


def _headlines(name: str, evaluation: Evaluation) -> Iterator[tuple[str, str, Score]]:
    if not (LOCAL_WEIGHTS / name / CONFIG).exists():
        return
    try:
        config = read_config(LOCAL_WEIGHTS / name)
    except MesoinvError:  # a comparison is no reason to fail
        return
    same = (config.dataset, config.config) == (evaluation.dataset, evaluation.config)
    if not same or f"{config.dataset}-{config.task}" != evaluation.task:
        return
    for scores in config.scores:
        if scores.split == evaluation.split and evaluation.headline in scores.values:
            yield config.architecture, name, scores.values[evaluation.headline]
