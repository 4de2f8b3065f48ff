"""Times of models and of the exact solver, in one fresh process with one thread."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.pipeline.workers import open_pool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BATCH, REPEATS = 32, 3


@dataclass(frozen=True)
class Speed:
    """Seconds.

    Attributes
    ----------
    load, first : float
        Loading the model, and its first prediction for one sample.
    single : float
        A later prediction for one sample.
    batch : float
        A prediction for one of 32 samples.
    """

    load: float
    first: float
    single: float
    batch: float


@dataclass(frozen=True)
class Speeds:
    """Times of models, by name, and the solver's for one sample [s]."""

    models: dict[str, Speed]
    solver: float


def measure(folders: dict[str, Path], inputs: dict[str, dict[str, Any]], potential: Any) -> Speeds:
    """Measure in a process of its own with one thread per library.

    Parameters
    ----------
    folders : dict of str to Path
        Models.
    inputs : dict of str to dict
        Name -> columns of 32 samples.
    potential : (1, L, W) array
        What the solver solves, the potential of the first of these samples [t].
    """
    with open_pool(2) as (executor, _):  # one task: one process
        return executor.submit(measure_here, folders, inputs, potential).result()


def measure_here(
    folders: dict[str, Path], inputs: dict[str, dict[str, Any]], potential: Any
) -> Speeds:
    """Measure in this process, as `measure`; the best of a few repetitions counts."""
    import torch  # noqa: PLC0415  (after the process has its number of threads)

    from mesoinv.generators.pldos import partial_ldos  # noqa: PLC0415
    from mesoinv.zoo.model.loading import load_model  # noqa: PLC0415

    torch.set_num_threads(1)
    models = {}
    for name, folder in folders.items():
        start = time.perf_counter()
        model = load_model(folder)
        load = time.perf_counter() - start
        one = {k: v[:1] for k, v in inputs[name].items()}
        first = _seconds(lambda m=model, x=one: m.predict(x), 1)  # type: ignore[misc]
        single = _seconds(lambda m=model, x=one: m.predict(x), REPEATS)  # type: ignore[misc]
        many = inputs[name]
        batch = _seconds(lambda m=model, x=many: m.predict(x, batch_size=BATCH), REPEATS)  # type: ignore[misc]
        count = len(next(iter(many.values())))
        models[name] = Speed(load, first, single, batch / count)
    exact = np.asarray(potential, dtype=np.float64)
    partial_ldos(exact)  # compiles
    return Speeds(models, _seconds(lambda: partial_ldos(exact), REPEATS))


def _seconds(call: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)
