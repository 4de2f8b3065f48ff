"""Scores of the zoo's own models, as far as they are known here, to compare a submission with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.zoo.architectures import is_computed, is_trivial
from mesoinv.zoo.declared.evaluation import EVALUATIONS, stored_evaluations
from mesoinv.zoo.declared.models import list_models, local_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesoinv.zoo.declared.evaluation import Evaluation, Score


def baselines(evaluation: Evaluation) -> list[tuple[str, Score]]:
    """Return the trivial and the best baseline with their headline score.

    Parameters
    ----------
    evaluation : Evaluation
        Names the task, the split and the score.

    Returns
    -------
    list of (str, Score)
        Empty where no model of this checkout was scored on that.
    """
    rows = [row for name in list_models() for row in _headlines(name, evaluation)]
    rows.sort(key=lambda row: -row[2].value)
    kinds = {"trivial baseline": True, "best baseline": False}
    best = {kind: [row for row in rows if row[0] == trivial][:1] for kind, trivial in kinds.items()}
    return [(f"{kind} {name}", score) for kind, rows in best.items() for _, name, score in rows]


def _headlines(name: str, evaluation: Evaluation) -> Iterator[tuple[bool, str, Score]]:
    """Yield whether it is trivial, its name and its score."""
    if not (local_folder(name) / EVALUATIONS).is_dir():
        return
    try:
        stored = stored_evaluations(local_folder(name))
    except MesoinvError:  # a comparison is no reason to fail
        return
    for other in stored:
        same = (other.task, other.split) == (evaluation.task, evaluation.split)
        architecture = other.subject.architecture or ""
        if same and evaluation.headline in other.scores and not is_computed(architecture):
            trivial = is_trivial(architecture)
            yield trivial, name, other.scores[evaluation.headline]
