"""A dask cluster that is lost: a sentence, what was finished is kept, and the build goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

from build_helpers import TOY, command, digests, environment
from dask_cluster import PATIENCE, cluster

from campaign.kills import STEPS, _undisturbed
from campaign.trials import Attack
from mesoinv import build

if TYPE_CHECKING:
    import random
    from pathlib import Path

_WORDS = "generate {} --out out --scheduler {}"


def _build(folder: Path, scheduler: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(*_WORDS.format(TOY, scheduler).split()), cwd=folder, env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def _lost(rng: random.Random, folder: Path) -> str | None:
    """Kill the scheduler in the middle of a build, then finish without it."""
    with cluster(folder, 1, TOY_SECONDS=0.1) as there:
        building = _build(folder, there.address)
        deadline = time.monotonic() + PATIENCE
        while not list(folder.glob("out/.build/*/*.arrow")) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(rng.uniform(0, 2))
        there.kill_scheduler()
        try:
            _, said = building.communicate(timeout=120)
        finally:
            if building.poll() is None:
                os.killpg(building.pid, signal.SIGKILL)
                building.wait()
    if b"Traceback" in said:
        return f"a traceback: {said.decode()[-1500:]}"
    if building.returncode != 0 and b"samples are kept" not in said:
        return f"it does not say what is kept: {said.decode()[-500:]}"
    build(TOY, out=folder / "out")
    expected, _ = _undisturbed(STEPS[0])
    return None if digests(folder / "out") == expected else "other data than in one process"


def _nowhere(_rng: random.Random, folder: Path) -> str | None:
    building = _build(folder, "tcp://127.0.0.1:9")
    _, said = building.communicate(timeout=120)
    good = building.returncode == 1 and b"No dask scheduler answers" in said
    return None if good and b"Traceback" not in said else said.decode()[-500:]


ATTACKS = [
    Attack(
        "dask fault", "scheduler killed", "a sentence; the finished samples are kept", _lost, 1, 5
    ),
    Attack("dask fault", "no scheduler", "a sentence", _nowhere, 1, 1),
]
