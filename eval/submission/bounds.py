"""Bounds on what a stranger's config.json may ask for, before any network is built of it.

What each architecture could be made to do, and what stops it:

- any of them: 10⁹ channels, 10⁹ layers, lists in lists in lists. Numbers, lengths and depth are
  bounded here; how many modules and parameters come of them, while they are built (`building`).
- some read files or the network, or compute large tables: words hold no ':' or '/', and the
  architecture itself says what else is refused (`mesoinv.zoo.architectures.refusals`).
- transforms enlarge what they get: each says how far it may grow (`Step.refusal`).
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from mesoinv.eval.scoring.fit import misfit
from mesoinv.eval.submission.problems import Problem, quoted, shown
from mesoinv.eval.submission.text import plain
from mesoinv.zoo.architectures import list_architectures, refusals
from mesoinv.zoo.declared.config import CONFIG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesoinv.eval.tasks.task import Task
    from mesoinv.zoo.declared.config import ModelConfig

MAX_INTEGER = 65_536
MAX_NUMBER = 1e6
MAX_LENGTH = 256
MAX_INPUTS = 8
MAX_DEPTH = 4
MAX_TEXT = 128
MAX_VALUES = 2_000
MAX_TRANSFORMS = 16
_WORD = re.compile(r"[A-Za-z0-9_.+-]*")
_FIX = "Only networks that the package can build within bounds are scored; submit predictions."


def check_config(config: ModelConfig, task: Task) -> list[Problem]:
    """Return what in a configuration is out of bounds, or does not fit the task.

    Parameters
    ----------
    config : ModelConfig
        As it was read; nothing of it has been used.
    task : Task
        What is to be predicted.
    """
    problems = [*_names(config), *_fit(config, task)]
    if config.architecture not in list_architectures():
        fix = f"Known: {', '.join(list_architectures())}."
        problems.append(_problem("architecture", f"{quoted(config.architecture)} is unknown.", fix))
    else:
        problems += [
            _problem(f"hyperparameters.{r.where}", shown(r.what, 300), r.hint or _FIX)
            for r in refusals(config.architecture, config.hyperparameters)
        ]
    problems += _values(config.hyperparameters)
    for quantity in (*config.inputs, *config.outputs):
        problems += _transforms(f"transforms of {shown(quantity.name)}", quantity.transforms)
    return problems


def _problem(where: str, what: str, fix: str = _FIX) -> Problem:
    return Problem(f"{CONFIG}, {where}", what, fix)


def _names(config: ModelConfig) -> Iterator[Problem]:
    names = ("name", "mesoinv", "dataset", "dataset_version", "config", "task", "licence")
    for name in names:
        text = getattr(config, name)
        try:
            wrong = "is too long" if len(plain(text)) > MAX_TEXT else None
        except ValueError as error:
            wrong = str(error).partition("; ")[0]
        if wrong:
            yield _problem(name, f"{quoted(text)} {wrong}.", "Write a short plain text.")


def _fit(config: ModelConfig, task: Task) -> Iterator[Problem]:
    if reason := misfit(config, task):
        fix = f"Submit a model for {task.id}."
        yield _problem("the model", f"does not fit {task.id}: {shown(reason, 300)}.", fix)
    made = [q.name for q in config.outputs]
    if not 1 <= len(config.inputs) <= MAX_INPUTS:
        yield _problem(
            "inputs", f"has {len(config.inputs)} quantities.", f"Take 1 to {MAX_INPUTS}."
        )
    if not 1 <= len(made) <= MAX_LENGTH or len(set(made)) != len(made):
        yield _problem("outputs", "has none, too many, or one twice.", "Name each output once.")
    numbers = [v for q in (*config.inputs, *config.outputs) for v in (q.low, q.high)]
    if not all(v is None or math.isfinite(v) for v in numbers):
        yield _problem("inputs, outputs", "have an infinite range.", "Write finite numbers.")


def _values(values: dict[str, Any]) -> Iterator[Problem]:
    for count, (where, value, depth) in enumerate(_walk("hyperparameters", values, 0)):
        if count > MAX_VALUES:
            yield _problem("hyperparameters", f"hold more than {MAX_VALUES} values.")
            return
        if reason := _too_much(value, depth):
            yield _problem(where, f"{quoted(value)} {reason}.")
            return


def _walk(where: str, value: Any, depth: int) -> Iterator[tuple[str, Any, int]]:
    yield where, value, depth
    if depth > MAX_DEPTH or not isinstance(value, list | dict) or len(value) > MAX_LENGTH:
        return
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        inner = f"{where}.{key:.40}" if isinstance(key, str) else where
        if isinstance(key, str) and (len(key) > MAX_TEXT or not _WORD.fullmatch(key)):
            yield where, key, MAX_DEPTH + 1
            return
        yield from _walk(inner, item, depth + 1)


def _too_much(value: Any, depth: int) -> str | None:
    if depth > MAX_DEPTH:
        return f"is nested more than {MAX_DEPTH} levels deep, or no plain key"
    if isinstance(value, list | dict):
        return f"has more than {MAX_LENGTH} entries" if len(value) > MAX_LENGTH else None
    if isinstance(value, str):
        short = len(value) <= MAX_TEXT and _WORD.fullmatch(value)
        return None if short else f"is not a plain word of at most {MAX_TEXT} characters"
    if isinstance(value, int):  # a bool is one
        return None if -1 <= value <= MAX_INTEGER else f"is not within -1 and {MAX_INTEGER}"
    if isinstance(value, float):
        return None if abs(value) <= MAX_NUMBER else f"is not within ±{MAX_NUMBER:g}"
    return None if value is None else "is no number, word or list"


def _transforms(where: str, steps: list[Any]) -> Iterator[Problem]:
    if len(steps) > MAX_TRANSFORMS:
        yield _problem(where, f"has {len(steps)} steps; allowed are {MAX_TRANSFORMS}.")
        return
    for step in steps:
        if reason := step.refusal():
            yield _problem(where, f"{step.kind} {reason}.")
