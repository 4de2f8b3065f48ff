"""Who computes the parts: this process, worker processes, or a dask cluster.

All three are a `concurrent.futures.Executor`. This module imports nothing heavy, because a worker
imports it before its thread limits are known to the numerical libraries.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.extras import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.connection import Connection

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")

#: What a script says that does not run again in workers.
_GUARDS = ("__name__", "parent_process", "current_process")
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)


#: Seconds after which an executor that has finished nothing is asked whether it still works.
POLL = 5.0
#: Seconds that a cluster may be without workers: a lost one may come back.
GRACE = 30.0


class InlineExecutor(Executor):
    """Runs every task at once in the calling thread: no processes, a GPU's context stays here."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run the call; an interrupt or an error leaves from here."""
        future: Future[R] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def usable_cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


@contextmanager
def open_pool(workers: int, scheduler: str | None = None) -> Iterator[tuple[Executor, int]]:
    """Open what computes the parts, and close it in every case.

    Parameters
    ----------
    workers : int
        Processes; 1 computes in this process, with its own thread settings.
    scheduler : str, optional
        Address of a dask scheduler; its workers are used and `workers` is not.

    Yields
    ------
    executor : Executor
        Takes tasks.
    window : int
        Tasks to have under way: enough that nobody waits, bounded so that memory is.

    Raises
    ------
    MesoinvError
        If no scheduler answers.
    """
    if scheduler is not None:
        with _dask(scheduler) as (executor, threads):
            yield executor, 2 * threads
    elif workers == 1:
        yield InlineExecutor(), 1
    else:
        with _processes(workers) as pool:
            yield pool, 2 * workers


def completed(
    executor: Executor, call: Callable[[T], R], tasks: Iterable[T], window: int
) -> Iterator[tuple[T, R]]:
    """Run tasks and yield (task, result) as they finish, at most `window` of them at a time."""
    waiting, running = iter(tasks), dict[Future[R], T]()
    check: Callable[[], None] = getattr(executor, "check", lambda: None)
    while True:
        for task in islice(waiting, window - len(running)):
            running[executor.submit(call, task)] = task
        if not running:
            return
        done, _ = wait(running, timeout=POLL, return_when=FIRST_COMPLETED)
        if not done:
            check()
        for future in done:
            yield running.pop(future), future.result()


class LostSchedulerError(BrokenExecutor):
    """The dask scheduler or its workers are gone; what was finished is here."""


def _check_main() -> None:
    """Refuse a script that every worker would run again: each starts by importing it."""
    main = sys.modules.get("__main__")
    path = getattr(main, "__file__", None)
    if path is None or getattr(main, "__spec__", None) is not None:
        return
    try:
        source = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:  # read from stdin
        source = ""
    if not any(word in source for word in _GUARDS):
        raise UsageError(
            f"Worker processes import the script that started them, and {path} would run again in "
            'each of them. Put its calls under `if __name__ == "__main__":` in a file, or take '
            "workers=1."
        )


@contextmanager
def _processes(workers: int) -> Iterator[Executor]:
    _check_main()
    context = multiprocessing.get_context("spawn")
    lifeline, held = context.Pipe(duplex=False)
    with _one_thread_each(), lifeline, held:
        pool = ProcessPoolExecutor(
            workers, mp_context=context, initializer=start_worker, initargs=(lifeline,)
        )
        try:
            yield pool
        except BaseException:
            held.close()  # workers leave at once instead of finishing their parts
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def start_worker(lifeline: Connection[Any, Any]) -> None:
    """Prepare a worker process: leave Ctrl-C to the parent, and never outlive it.

    Parameters
    ----------
    lifeline : Connection
        Read end of a pipe whose write end only the parent holds; it ends with the parent, even
        when that is killed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, args=(lifeline,), daemon=True).start()


def _leave_with_parent(lifeline: Connection[Any, Any]) -> None:
    lifeline.poll(None)  # nothing is ever sent: this returns at the end of the pipe
    os._exit(1)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Give children one thread per numerical library, by the environment they start with."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _dask(address: str) -> Iterator[tuple[Executor, int]]:
    require("A scheduler", "cluster")
    from distributed import Client  # noqa: PLC0415 - optional, and seconds to import

    try:
        client = Client(address)
    except (OSError, ValueError) as error:
        raise MesoinvError(
            f"No dask scheduler answers at {address!r} ({error}). Start one with "
            "`dask scheduler`, or leave --scheduler out."
        ) from error
    with _quiet("distributed"), client, _lost(address):
        threads = sum(client.nthreads().values())
        if not threads:
            raise MesoinvError(
                f"The dask scheduler at {address!r} has no workers. Start some with "
                f"`dask worker {address}`."
            )
        executor = client.get_executor()
        executor.check = _WorkersThere(client, address)
        yield executor, threads


class _WorkersThere:
    """Raises when a cluster has had no workers for a while: dask itself waits without end."""

    def __init__(self, client: Any, address: str) -> None:
        self.client, self.address = client, address
        self.last_seen = time.monotonic()

    def __call__(self) -> None:
        if self.client.nthreads():
            self.last_seen = time.monotonic()
        elif time.monotonic() - self.last_seen > GRACE:
            raise LostSchedulerError(
                f"The dask scheduler at {self.address!r} has had no workers for {GRACE:g} s."
            )


@contextmanager
def _lost(address: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        dask = type(error).__module__.partition(".")[0] == "distributed"
        if not (dask or isinstance(error, CancelledError)):
            raise
        raise LostSchedulerError(
            f"The dask scheduler at {address!r}, or what it needs, was lost "
            f"({type(error).__name__})."
        ) from error


@contextmanager
def _quiet(logger: str) -> Iterator[None]:
    """Keep a library from telling with tracebacks what we say in a sentence."""
    names = [n for n in logging.Logger.manager.loggerDict if n.partition(".")[0] == logger]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
