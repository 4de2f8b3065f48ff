"""Builds that are stopped, in every way we know, and continued: the content is always the same."""

from __future__ import annotations

import errno
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from build_helpers import (
    TOY,
    all_gone,
    command,
    digests,
    environment,
    kill_group,
    run,
    start_slow_build,
    wait_for_parts,
    workers_of,
)

from mesoinv import build, verify
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pipeline.manifest import read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = 68


class Crash(BaseException):
    """Stands for a kill: nothing catches it."""


def assert_continues(folder: Path, reference: Path, *, at_least: int = 0) -> None:
    """Finish a stopped build and compare it with one that was never stopped."""
    calls: list[tuple[int, int]] = []
    build(TOY, out=folder, progress=lambda *call: calls.append(call))
    assert calls[0][0] >= at_least
    assert calls[0][1] == SAMPLES
    assert digests(folder) == digests(reference)
    for file in digests(folder):
        assert (folder / file).read_bytes() == (reference / file).read_bytes()
    assert (folder / "README.md").read_bytes() == (reference / "README.md").read_bytes()
    assert not (folder / ".build").exists()
    assert verify(folder, samples=2, dataset=TOY).ok


def test_killed_parent(toy_folder: Path, tmp_path: Path) -> None:
    """SIGKILL at random moments; the workers go with it and nothing finished is lost."""
    chance, out = random.Random(1), tmp_path / "toy"
    for number in (1, 3, 3):
        process = start_slow_build(out, workers=2, seconds=0.03)
        try:
            wait_for_parts(process, out, number)
            time.sleep(0.2 * chance.random())
            workers = workers_of(process)
            assert workers
            process.kill()
            process.wait()
            assert all_gone(workers, seconds=20)
        finally:
            kill_group(process)
    assert_continues(out, toy_folder, at_least=12)


def test_killed_worker(toy_folder: Path, tmp_path: Path) -> None:
    process = start_slow_build(tmp_path / "toy", workers=2, seconds=0.05)
    try:
        wait_for_parts(process, tmp_path / "toy", 2)
        first, *others = workers_of(process)
        os.kill(first, signal.SIGKILL)
        _, stderr = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "A worker process died." in stderr
        assert f"of {SAMPLES} samples are kept" in stderr
        assert "run the same command again" in stderr
        assert "Traceback" not in stderr
        assert all_gone(others, seconds=20)
    finally:
        kill_group(process)
    assert_continues(tmp_path / "toy", toy_folder, at_least=8)


@pytest.mark.parametrize(("workers", "whole_group"), [(1, True), (2, True), (2, False)])
def test_interrupted(toy_folder: Path, tmp_path: Path, workers: int, *, whole_group: bool) -> None:
    """Ctrl-C, which a terminal sends to the whole group, stops at once and says how to go on."""
    process = start_slow_build(tmp_path / "toy", workers=workers, seconds=0.01, endless=8)
    try:
        wait_for_parts(process, tmp_path / "toy", 2)
        if whole_group:
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)  # the parts in work would take an hour
        assert process.returncode == 130
        assert "Run the same command again to continue." in stderr
        assert "Traceback" not in stderr
    finally:
        kill_group(process)
    assert_continues(tmp_path / "toy", toy_folder, at_least=8)


def test_file_size_limit(toy_folder: Path, tmp_path: Path) -> None:
    """A real EFBIG from the system, when a shard (15 kB), a part or the manifest is written."""
    for limit, kept in ((12_000, 16), (2_000, 0)):
        out = tmp_path / str(limit)
        done = run(
            "generate",
            TOY,
            "--out",
            out,
            "--workers",
            1,
            preexec_fn=lambda limit=limit: resource.setrlimit(
                resource.RLIMIT_FSIZE, (limit, limit)
            ),
        )
        assert done.returncode == 1, done.stderr
        assert "A file grew larger than is allowed here" in done.stderr
        assert f"{kept} of {SAMPLES} samples are kept" in done.stderr
        assert "run the same command again" in done.stderr
        assert "Traceback" not in done.stderr
        assert not list(out.rglob("*part.tmp"))
        assert_continues(out, toy_folder, at_least=kept)


def test_full_disk(toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writes = []

    def write_bytes(path: Path, data: bytes) -> int:
        writes.append(path)
        if len(writes) == 6:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with path.open("wb") as file:
            return file.write(data)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with pytest.raises(MesoinvError, match=r"The disk is full.* 20 of 68 samples are kept\. Make"):
        build(TOY, out=tmp_path / "toy")
    monkeypatch.undo()
    assert_continues(tmp_path / "toy", toy_folder, at_least=20)


def test_crash_before_every_step(
    toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only renames and removals change what counts; die before each of them, then continue."""
    names = ("plain/", "mini/", "preview/")
    expected = {k: v for k, v in digests(toy_folder).items() if k.startswith(names)}
    readme = (build(TOY, ["plain"], out=tmp_path / "whole") / "README.md").read_bytes()
    replace, unlink = Path.replace, Path.unlink
    steps = count = 0
    crashed = True

    def crashing(action: Callable[..., object]) -> Callable[..., object]:
        def step(*args: object, **options: object) -> object:
            nonlocal count, crashed
            count += 1
            if count == steps:
                crashed = True
                raise Crash
            return action(*args, **options)

        return step

    while crashed:  # until a build needs fewer steps than we let pass
        steps, count, crashed, out = steps + 1, 0, False, tmp_path / str(steps)
        monkeypatch.setattr(Path, "replace", crashing(replace))
        monkeypatch.setattr(Path, "unlink", crashing(unlink))
        with suppress(Crash):
            build(TOY, ["plain"], out=out)
        monkeypatch.undo()
        check_consistent(out)
        build(TOY, ["plain"], out=out)
        assert digests(out) == expected
        assert (out / "README.md").read_bytes() == readme
        assert not (out / ".build").exists()
        assert not list(out.glob(".*"))
    assert steps > 30


def check_consistent(folder: Path) -> None:
    """Whatever the manifest lists is there; what it does not list yet may be there."""
    if (folder / "manifest.json").exists():
        report = verify(folder, samples=0, dataset=TOY)
        assert {problem.kind for problem in report.problems} <= {"incomplete", "unknown", "card"}


def test_damaged_parts_are_computed_again(toy_folder: Path, tmp_path: Path) -> None:
    """A power cut may leave renamed files without their content, a disk may change a bit."""
    out = tmp_path / "toy"
    process = start_slow_build(out, workers=1, seconds=0.03)
    try:
        wait_for_parts(process, out, 3)
    finally:
        kill_group(process)
    parts = sorted(out.glob(".build/*/*.arrow"))
    parts[0].write_bytes(parts[0].read_bytes()[:-100])
    content = bytearray(parts[1].read_bytes())
    content[len(content) // 2] ^= 1  # arrow does not notice it
    parts[1].write_bytes(content)
    (out / ".build/shard.tmp").write_bytes(b"half a shard")
    (out / ".manifest.json.tmp").write_bytes(b"half a mani")
    assert_continues(out, toy_folder, at_least=4)


def test_second_process_is_refused_and_a_dead_one_is_not_waited_for(tmp_path: Path) -> None:
    out = tmp_path / "toy"
    process = start_slow_build(out, workers=1, seconds=0.1)
    try:
        wait_for_parts(process, out, 1)
        second = run("generate", TOY, "--out", out)
        assert second.returncode == 1
        assert "Another build is writing to" in second.stderr
        assert process.poll() is None
    finally:
        kill_group(process)
    build(TOY, out=out)
    assert read_manifest(out).complete


@pytest.mark.parametrize("way", ["file", "stdin"])
def test_workers_and_a_script_without_main_guard(tmp_path: Path, way: str) -> None:
    """Each worker would run it again: that is said, and not that memory ran out."""
    script = tmp_path / "script.py"
    script.write_text(f"import mesoinv\nmesoinv.build({TOY!r}, ['other'], out='toy', workers=2)\n")
    python = command()[0]
    done = subprocess.run(
        [python, *([str(script)] if way == "file" else ["-"])],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False,
        input=script.read_text(),
    )  # fmt: skip
    assert 'under `if __name__ == "__main__":` in a file' in done.stderr
    assert done.stderr.count("Traceback") == 1  # the script's own


def test_a_folder_that_is_removed_meanwhile(tmp_path: Path) -> None:
    def remove(done: int, total: int) -> None:
        if 0 < done < total:
            shutil.rmtree(tmp_path / "toy", ignore_errors=True)

    with pytest.raises(MesoinvError, match="was removed meanwhile: cannot write to"):
        build(TOY, out=tmp_path / "toy", progress=remove)


def test_script_without_main_guard(tmp_path: Path) -> None:
    """One worker is this process: a plain script without ``if __name__`` works."""
    script = tmp_path / "script.py"
    script.write_text(f"import mesoinv\nmesoinv.build({TOY!r}, ['other'], out='toy')\n")
    python = command()[0]
    subprocess.run([python, script], cwd=tmp_path, env=environment(), check=True)
    assert read_manifest(tmp_path / "toy").complete
