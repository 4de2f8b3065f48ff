"""A dask cluster of processes of their own on this machine, for tests and the campaign."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from build_helpers import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Seconds that a scheduler and its workers have to come.
PATIENCE = 60.0


class Cluster:
    """A scheduler and its workers, each the leader of a process group.

    Parameters
    ----------
    folder : Path
        Where they run; they are told nothing of other folders.
    variables : dict of str to object
        Of their environment.
    """

    def __init__(self, folder: Path, **variables: object) -> None:
        self.folder, self.variables = folder, variables
        self.file = folder / "scheduler.json"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start(
            "scheduler", "--scheduler-file", str(self.file), "--host", "127.0.0.1", "--port", "0",
            "--no-dashboard",
        )  # fmt: skip

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("dask")), *words], cwd=self.folder,
            env=environment(**self.variables),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    @property
    def address(self) -> str:
        """Where the scheduler listens, when it does."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                return str(json.loads(self.file.read_bytes())["address"])
            except (FileNotFoundError, ValueError):
                time.sleep(0.05)
        raise TimeoutError("the scheduler did not come")

    def add_workers(self, count: int) -> None:
        """Start workers of one thread each, and wait until they have come."""
        for _ in range(count):
            self.workers.append(
                self._start("worker", "--scheduler-file", str(self.file), "--nthreads", "1",
                            "--no-nanny", "--no-dashboard")
            )  # fmt: skip
        from distributed import Client

        alive = sum(worker.poll() is None for worker in self.workers)
        with Client(self.address) as client:
            client.wait_for_workers(alive, timeout=PATIENCE)

    def kill_worker(self) -> None:
        """Kill the first worker, for good."""
        _kill(self.workers.pop(0))

    def kill_scheduler(self) -> None:
        """Kill the scheduler."""
        _kill(self.scheduler)

    def stop(self) -> None:
        """Kill whatever runs."""
        for process in (*self.workers, self.scheduler):
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def cluster(folder: Path, workers: int, **variables: object) -> Iterator[Cluster]:
    """Run a cluster for the length of a block."""
    folder.mkdir(parents=True, exist_ok=True)
    one = Cluster(folder, **variables)
    try:
        if workers:
            one.add_workers(workers)
        yield one
    finally:
        one.stop()
