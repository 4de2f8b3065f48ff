"""A dask cluster that is lost: a sentence, what was finished is kept, and the build goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from build_helpers import TOY, command, digests, environment

from campaign.kills import STEPS, _undisturbed
from campaign.trials import Attack
from mesoinv import build

if TYPE_CHECKING:
    import random

_WORDS = "generate {} --out out --scheduler {}"


def _start(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("dask")), *words], cwd=folder,
        env=environment(TOY_SECONDS=0.1, PYTHONPATH=os.environ.get("PYTHONPATH", "")),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def _build(folder: Path, scheduler: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(*_WORDS.format(TOY, scheduler).split()), cwd=folder, env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def _lost(rng: random.Random, folder: Path) -> str | None:
    """Kill the scheduler in the middle of a build, then finish without it."""
    file = folder / "scheduler.json"
    scheduler = _start(
        folder, "scheduler", "--scheduler-file", str(file), "--host", "127.0.0.1", "--port", "0",
        "--no-dashboard",
    )  # fmt: skip
    worker = building = None
    try:
        worker = _start(folder, "worker", "--scheduler-file", str(file), "--nthreads", "1",
                        "--no-dashboard")  # fmt: skip
        deadline = time.monotonic() + 60
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        address = json.loads(file.read_bytes())["address"]
        time.sleep(4)  # the worker has come
        building = _build(folder, address)
        while not list(folder.glob("out/.build/*/*.arrow")) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(rng.uniform(0, 2))
        os.killpg(scheduler.pid, signal.SIGKILL)
        _, said = building.communicate(timeout=120)
    finally:
        for process in filter(None, (scheduler, worker, building)):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
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
