"""Kills without warning at any moment: the same command again ends in what it would have been."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from build_helpers import TOY, command, digests, environment
from zoo_helpers import write_recipe

from campaign.trials import Attack
from mesoinv import build, verify
from mesoinv.eval.scoring.results import read_result
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pipeline.held_out.secret import new_key
from mesoinv.zoo.model.loading import load_model

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

MODEL, TASK = "percolation-density-count.31k", "percolation-density"
DRAWN = "drawn_toy:DATASET"
ENVIRONMENT = {
    "TOY_SECONDS": 0.02, "OMP_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1,
    "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
}  # fmt: skip
_MOST_KILLS = 3


@dataclass(frozen=True)
class Step:
    """A command that is killed.

    Attributes
    ----------
    name, words : str
        What it does, and its arguments; it runs in a folder of its own.
    prepare : callable
        Makes what it needs.
    result : callable
        What it leaves behind, to be compared with that of a run that nobody killed.
    whole : callable
        Says what is broken after a kill; None if nothing is.
    """

    name: str
    words: str
    prepare: Callable[[Path], object]
    result: Callable[[Path], Any]
    whole: Callable[[Path], str | None]

    def start(self, folder: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command(*self.words.split()), cwd=folder, env=environment(**ENVIRONMENT),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip


def _nothing(_folder: Path) -> None:
    return None


def _data(folder: Path) -> dict[str, str]:
    return digests(folder / "out")


def _consistent(folder: Path) -> str | None:
    """Whatever the manifest lists is there, whole."""
    if not (folder / "out/manifest.json").exists():
        return None
    report = verify(folder / "out", samples=0, dataset=_declared(folder))
    wrong = [p for p in report.problems if p.kind not in {"incomplete", "unknown", "card"}]
    return "; ".join(map(str, wrong)) or None


def _declared(folder: Path) -> str:
    name = json.loads((folder / "out/manifest.json").read_bytes())["dataset"]
    return TOY if name == "toy" else name


def _card(folder: Path) -> str | None:
    text = (folder / "out/README.md").read_text(encoding="utf-8")
    return None if text.startswith("---\n") and len(text) > 500 else "the card is not whole"


def _model(folder: Path) -> str | None:
    if not (folder / "model").exists():
        return None
    try:
        load_model(folder / "model")
    except MesoinvError as error:
        # weights come first, the rest of the folder after them
        return None if "holds no" in str(error) else str(error)
    return None


def _training(folder: Path) -> list[int]:
    load_model(folder / "model")
    lines = (folder / "model/log.csv").read_text().splitlines()
    return [len(lines), len({line.split(",")[0] for line in lines})]


def _evaluation(folder: Path) -> str | None:
    if (folder / "scores/evaluation.json").exists():
        read_result(folder / "scores")
    return None


def _site(folder: Path) -> str | None:
    if not (folder / "site").exists():
        return None
    there = {path.name for path in (folder / "site").iterdir()}
    json.loads((folder / "site/board.json").read_bytes())
    return None if {"index.html", f"{TASK}.html"} <= there else "the site is not whole"


def _board(folder: Path) -> Any:
    board = json.loads((folder / "site/board.json").read_bytes())
    rows = [(row["name"], row["rank"], row["scores"]) for row in board["tasks"][0]["rows"]]
    return rows, sorted(p.name for p in (folder / "site").iterdir())


@cache
def _key() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        new_key(Path(folder) / "key")
        return (Path(folder) / "key").read_bytes()


def _copy_key(folder: Path) -> None:
    """All runs take one key: their results are compared."""
    path = folder / "key"
    path.write_bytes(_key())
    path.chmod(0o600)


STEPS = (
    Step("build", f"generate {TOY} --out out --workers 2", _nothing, _data, _consistent),
    Step(
        "extension", f"generate {TOY} --config other --out out --workers 1",
        lambda folder: build(TOY, ["plain"], out=folder / "out"), _data, _consistent,
    ),
    Step(
        "held-out build",
        "generate percolation --held-out --key-file key --config L100 --samples 4000 --out out",
        _copy_key, _data, _consistent,
    ),
    Step(
        "card", f"card out --dataset {DRAWN}",
        lambda folder: shutil.copytree(_drawn(), folder / "out"),
        lambda folder: (folder / "out/README.md").read_text().replace(str(folder), ""), _card,
    ),
    Step(
        "training", "train pldos-donors-cnn.tiny.yaml --out model --runs runs --threads 1",
        lambda folder: write_recipe(folder, epochs=3), _training, _model,
    ),
    Step(
        "evaluation", f"evaluate {MODEL} --task {TASK} --samples 620 --out scores",
        _nothing, lambda folder: read_result(folder / "scores").evaluation.scores, _evaluation,
    ),
    Step(
        "board", f"leaderboard build --out site --task {TASK}", _nothing, _board, _site,
    ),
)  # fmt: skip


@cache
def _drawn() -> Path:
    """Return a build that all runs copy: its card says how long it took."""
    return build(DRAWN, out=Path(tempfile.mkdtemp(prefix="campaign-")) / "out")


@cache
def _undisturbed(step: Step) -> tuple[Any, float]:
    """Return what a step leaves behind when nobody kills it, and how long it takes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        step.prepare(folder)
        start = time.monotonic()
        _finish(step, folder)
        seconds = time.monotonic() - start
        return step.result(folder), seconds


def _finish(step: Step, folder: Path) -> None:
    process = step.start(folder)
    _, said = process.communicate(timeout=300)
    if process.returncode:
        raise AssertionError(f"exit code {process.returncode}: {said.decode()[-2000:]}")


def _trial(step: Step) -> Callable[[random.Random, Path], str | None]:
    def trial(rng: random.Random, folder: Path) -> str | None:
        expected, seconds = _undisturbed(step)
        step.prepare(folder)
        for _ in range(rng.randint(1, _MOST_KILLS)):
            process = step.start(folder)
            time.sleep(rng.uniform(0.2, 1.0) * seconds)
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            if wrong := step.whole(folder):
                return f"after a kill: {wrong}"
        _finish(step, folder)
        result = step.result(folder)
        shutil.rmtree(folder)
        return None if result == expected else f"ended in {result!r:.500}, not {expected!r:.500}"

    return trial


ATTACKS = [
    Attack(
        "kill −9", step.name,
        "what was written stays whole; the same command ends in the same content", _trial(step), 1,
    )
    for step in STEPS
]  # fmt: skip
