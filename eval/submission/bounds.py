"""Bounds on what a stranger's config.json may ask for, before any network is built of it.

What each architecture could be made to do, and what stops it:

- any of them: 10⁹ channels, 10⁹ layers, lists in lists in lists. Numbers, lengths and depth are
  bounded here; how many modules and parameters come of them, while they are built (`building`).
- ``timm``: ``hf-hub:`` and ``local-dir:`` names, ``checkpoint_path``, ``pretrained_cfg``,
  ``cache_dir`` read files or the network, ``device`` allocates at once. Words hold no ':' or '/',
  and of the arguments only those in `TIMM_ARGUMENTS` are let through. ``pretrained`` is never
  used when a model is loaded.
- ``landscape_observer``: a small ``s`` has a grid of many GB, which its first use would compute.
- transforms: ``pool`` enlarges what it gets back, ``fourier-series`` has a table for its ``s``.
"""

from __future__ import annotations

import math
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from mesoinv.eval.predictors import misfit
from mesoinv.eval.submission.problems import Problem, quoted, shown
from mesoinv.eval.submission.text import plain
from mesoinv.zoo.architectures import list_architectures
from mesoinv.zoo.config import CONFIG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesoinv.eval.task import Task
    from mesoinv.zoo.config import ModelConfig

MAX_INTEGER = 65_536
MAX_NUMBER = 1e6
MAX_LENGTH = 256
MAX_DEPTH = 4
MAX_TEXT = 128
MAX_VALUES = 2_000
MAX_TRANSFORMS = 16
MAX_POOL = 64
#: Distances [nm] and densities [1e12 cm⁻²] of donors that a network may be told of.
DONOR_DISTANCES, DONOR_DENSITIES = (30.0, 100.0), (0.01, 100.0)
MAX_TIMM = 4_096
#: Arguments of timm's networks that choose sizes and nothing else.
TIMM_ARGUMENTS = {
    "img_size", "patch_size", "embed_dim", "embed_dims", "depth", "depths", "dims", "num_heads",
    "window_size", "mlp_ratio", "mlp_ratios", "qkv_bias", "class_token", "init_values", "layers",
    "channels", "stem_width", "stem_type", "base_width", "cardinality", "drop_rate",
    "drop_path_rate", "proj_drop_rate", "attn_drop_rate", "pos_drop_rate", "global_pool",
    "ls_init_value", "conv_mlp", "dynamic_img_size",
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z0-9_.+-]*")
_MEND = "Only networks that the package can build within bounds are scored; submit predictions."


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
        mend = f"Known: {', '.join(list_architectures())}."
        problems.append(
            _problem("architecture", f"{quoted(config.architecture)} is unknown.", mend)
        )
    problems += _values(config.hyperparameters)
    problems += _special(config.architecture, config.hyperparameters)
    for where in ("input_transforms", "output_transforms"):
        problems += _transforms(where, getattr(config, where))
    return problems


def _problem(where: str, what: str, mend: str = _MEND) -> Problem:
    return Problem(f"{CONFIG}, {where}", what, mend)


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
        mend = f"Submit a model for {task.id}."
        yield _problem("the model", f"does not fit {task.id}: {shown(reason, 300)}.", mend)
    made = [q.column for q in config.outputs]
    if len(config.inputs) != 1:
        yield _problem("inputs", f"has {len(config.inputs)} quantities.", "Networks take one.")
    if not 1 <= len(made) <= MAX_LENGTH or len(set(made)) != len(made):
        yield _problem("outputs", "has none, too many, or one twice.", "Name each output once.")
    elif len(made) > 1 and any(q.shape for q in config.outputs):
        yield _problem("outputs", "mixes maps with other outputs.", "Give one map, or numbers.")
    numbers = [v for q in (*config.inputs, *config.outputs) for v in (q.low, q.high)]
    if not all(math.isfinite(v) for v in numbers):
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


def _special(architecture: str, values: dict[str, Any]) -> Iterator[Problem]:
    if architecture == "timm":
        yield from _timm(values.get("arguments"))
    if architecture == "landscape_observer":
        for name, bounds in {"s": DONOR_DISTANCES, "n_d": DONOR_DENSITIES}.items():
            if name in values and not _range(values[name], *bounds):
                said = f"{quoted(values[name])} is not two numbers within {bounds}, in order."
                yield _problem(f"hyperparameters.{name}", said)
        inner = values.get("landscape")
        if inner is not None and not isinstance(inner, dict):
            yield _problem("hyperparameters.landscape", "is not keys and values.")


def _timm(arguments: Any) -> Iterator[Problem]:
    if arguments is None:
        return
    if not isinstance(arguments, dict):
        yield _problem("hyperparameters.arguments", "is not keys and values.")
        return
    for name in sorted(arguments.keys() - TIMM_ARGUMENTS):
        said = f"{quoted(name)} is not among the arguments that a submission may set."
        yield _problem(
            "hyperparameters.arguments", said, f"Those: {', '.join(sorted(TIMM_ARGUMENTS))}."
        )
    numbers = (v for _, v, _ in _walk("", arguments, 0) if isinstance(v, int | float))
    if any(abs(v) > MAX_TIMM for v in numbers):
        yield _problem("hyperparameters.arguments", f"hold a number beyond {MAX_TIMM}.")


def _transforms(where: str, steps: list[Any]) -> Iterator[Problem]:
    if len(steps) > MAX_TRANSFORMS:
        yield _problem(where, f"has {len(steps)} steps; allowed are {MAX_TRANSFORMS}.")
        return
    for step in steps:
        if reason := _wrong_step(step):
            yield _problem(where, f"{step.kind} {reason}.")


#: Kind of a transform with one number -> its name and the allowed range.
_STEPS = {
    "pool": ("factor", 1, MAX_POOL),
    "fourier-series": ("s", *DONOR_DISTANCES),
    "log": ("floor", 0, MAX_NUMBER),
    "classes": ("count", 2, MAX_LENGTH),
}


def _wrong_step(step: Any) -> str | None:
    if step.kind in {"standardise", "min-max"}:
        return "belongs to a recipe; a trained model has the affine step that it became"
    if [field.name for field in fields(step)] == ["kind"]:  # without numbers to bound
        return None
    if step.kind in _STEPS:
        name, low, high = _STEPS[step.kind]
        good = low <= getattr(step, name) <= high
        return None if good else f"has its {name} beyond {low:g} to {high:g}"
    numbers = [n for v in (step.shift, step.scale) for n in (v if isinstance(v, list) else [v])]
    if len(numbers) > 2 * MAX_LENGTH:
        return f"has more than {MAX_LENGTH} numbers"
    finite = all(math.isfinite(n) for n in numbers)
    scales = step.scale if isinstance(step.scale, list) else [step.scale]
    return None if finite and all(scales) else "has an infinite number, or a scale of 0"


def _range(value: Any, low: float, high: float) -> bool:
    if not isinstance(value, list) or len(value) != 2:
        return False
    if not all(isinstance(v, int | float) for v in value):
        return False
    return bool(low <= value[0] < value[1] <= high)
