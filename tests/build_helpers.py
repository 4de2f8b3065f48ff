"""For tests of builds: run one in a process of its own, and compare what two builds made."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from mesoinv.generators.pipeline.manifest import read_manifest

TESTS = Path(__file__).parent
TOY = "toy_dataset:DATASET"


def digests(folder: Path) -> dict[str, str]:
    """Return file -> SHA-256 as the manifest lists them."""
    manifest = read_manifest(folder)
    splits = [split for record in manifest.configs.values() for split in record.splits.values()]
    return {shard.file: shard.sha256 for split in splits for shard in split.shards}


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "mesoinv.cli", *map(str, arguments)]


def environment(**extra: object) -> dict[str, str]:
    values = {"PYTHONPATH": str(TESTS), "COLUMNS": "200"} | {k: str(v) for k, v in extra.items()}
    return os.environ | values


def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Run ``mesoinv …`` to its end."""
    return subprocess.run(
        command(*arguments),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def load_offline(program: str, folder: Path, home: Path) -> Any:
    """Run a program of somebody who has `datasets` and no network; return the JSON it prints last.

    The program finds the folder in ``sys.argv[1]``; caches are below `home`.
    """
    env = {"HF_HOME": str(home / "hf"), "HF_HUB_OFFLINE": "1", "PATH": "", "HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def start_slow_build(
    out: Path, workers: int, seconds: float, endless: int = 10**9
) -> subprocess.Popen[str]:
    """Start a build in a process group of its own.

    Its samples take `seconds` each; those from the number `endless` on do not end in an hour.
    """
    return subprocess.Popen(
        command("generate", TOY, "--out", out, "--workers", workers),
        env=environment(TOY_SECONDS=seconds, TOY_ENDLESS=endless),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # a shell without job control starts what runs in its background with Ctrl-C ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


def wait_for_parts(process: subprocess.Popen[str], out: Path, number: int) -> None:
    """Wait until a build has put `number` more parts on disk (a shard holds up to 4)."""
    deadline, before = time.monotonic() + 60, _parts(out)
    while process.poll() is None and time.monotonic() < deadline:
        if _parts(out) >= before + number:
            return
        time.sleep(0.01)
    raise AssertionError(f"no part after 60 s, exit code {process.poll()}")


def _parts(out: Path) -> int:
    return len(list(out.glob(".build/*/*.arrow"))) + 4 * len(list(out.glob("*/*.parquet")))


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """Return the process ids of a build's workers."""
    workers = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            line = (path / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == process.pid and b"spawn_main" in line:
            workers.append(int(path.name))
    return workers


def all_gone(pids: list[int], seconds: float) -> bool:
    """Whether these processes end within some seconds (a zombie has ended)."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(_alive(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def kill_group(process: subprocess.Popen[str]) -> None:
    """Leave nothing behind when a test fails."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
