"""Scores a stranger's submission in a process of its own, with limits of time and memory.

``python -m mesoinv.eval.submission.judging FOLDER OPTIONS`` is that process: it prints a verdict as
JSON. It has no login, so that nothing it reads can use one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesoinv.generators.pipeline.plan import HELD_OUT

if TYPE_CHECKING:
    from mesoinv.eval.rounds.round import Round

MAX_MEMORY = 32_000_000_000
MAX_SECONDS = 3600.0
#: Variables of a login.
_SECRETS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH")


@dataclass(frozen=True)
class Verdict:
    """Whether a submission is taken, and what its author is told."""

    accepted: bool
    text: str


def judge(
    folder: Path,
    held: Round | None = None,
    *,
    seconds: float = MAX_SECONDS,
    memory: int = MAX_MEMORY,
    **options: Any,
) -> Verdict:
    """Check and score a submission that lies in ``TASK/NAME``.

    Parameters
    ----------
    folder : Path
        Of the submission.
    held : Round, optional
        The round that it is for. What can be known without the key is checked, and no score told.
    seconds, memory : float, int
        What it may take, in seconds and bytes.
    **options
        Of `score_submission`, as JSON can carry them: ``data``, ``cache``, ``samples`` ….

    Returns
    -------
    Verdict
        Never an error: whatever goes wrong in the other process is a reason to refuse.
    """
    if held is not None:
        if folder.parent.name != held.task:
            return Verdict(
                False, f"{held.name} asks for {held.task}, not for {folder.parent.name}."
            )
        options |= {"samples": held.samples, "split": HELD_OUT, "score": False}
    environment = {k: v for k, v in os.environ.items() if k not in _SECRETS}
    environment["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1"  # noqa: S105  (no password)
    command = [sys.executable, "-m", __name__, str(folder), str(memory), json.dumps(options)]
    try:
        done = subprocess.run(  # noqa: S603  (our own program; the rest are arguments)
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=seconds, env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Verdict(False, f"Scoring takes more than {seconds:g} s.")
    try:
        return Verdict(**json.loads(done.stdout.splitlines()[-1]))
    except (ValueError, TypeError, IndexError):
        return Verdict(
            False,
            f"Scoring ended abnormally (status {done.returncode}): it may need more than "
            f"{memory / 1e9:g} GB, or a file is damaged in a way that ends the program.",
        )


def verdict_of(folder: Path, *, score: bool = True, **options: Any) -> Verdict:
    """Check and score in this process, or check alone; the options are of `score_submission`."""
    from mesoinv.eval.submission.check import read_submission, score_submission  # noqa: PLC0415
    from mesoinv.generators.common.errors import MesoinvError  # noqa: PLC0415
    from mesoinv.zoo.publish.results import score_line  # noqa: PLC0415

    checks = {k: v for k, v in options.items() if k in {"tasks", "cache", "samples", "split"}}
    try:
        result = score_submission(folder, placed=True, **options) if score else None
        submission = read_submission(folder, contents=not score, placed=True, **checks)
    except MesoinvError as error:
        return Verdict(
            False, str(error).replace(str(folder), f"{folder.parent.name}/{folder.name}")
        )
    line = score_line(result.evaluation) if result else "in order; scored when the round has closed"
    return Verdict(True, f"{submission.name} on {submission.task}: {line}.")


def _main(folder: str, memory: str, options: str) -> None:
    try:
        import resource  # noqa: PLC0415  (POSIX)

        resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass
    try:
        verdict = verdict_of(Path(folder), **json.loads(options))
    except MemoryError:
        verdict = Verdict(False, f"Scoring needs more than {int(memory) / 1e9:g} GB.")
    print(json.dumps(asdict(verdict)))  # noqa: T201  (read by the process that started this one)


if __name__ == "__main__":
    _main(*sys.argv[1:])
