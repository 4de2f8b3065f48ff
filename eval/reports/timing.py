"""Times on one core: a process of its own with one thread, and the best of a few rounds."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from mesoinv.generators.common.provenance import library_versions, machine_name
from mesoinv.generators.pipeline.workers import open_pool

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Machine:
    """Where times were measured; `load` is the load average of the machine at the end."""

    name: str
    torch: str
    load: float


def this_machine() -> Machine:
    """Describe the machine as it is now."""
    torch = library_versions().get("torch", "?")
    return Machine(machine_name("cpu"), torch, round(os.getloadavg()[0], 1))


def on_one_core(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in a fresh process with one thread per library."""
    with open_pool(2) as (executor, _):  # one task: one process
        result: T = executor.submit(_single, function, args, kwargs).result()
        return result


def _single(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    import torch  # noqa: PLC0415  (after the process has its number of threads)

    torch.set_num_threads(1)
    return function(*args, **kwargs)


def seconds(
    call: Callable[[], object],
    rounds: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Return the shortest time of a few calls [s]: other work on the machine only slows."""
    times = []
    for _ in range(rounds):
        start = clock()
        call()
        times.append(clock() - start)
    return min(times)
