"""Held-out builds while they run: the key and the answers in no file or message, kills survived."""

from __future__ import annotations

import subprocess
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from build_helpers import TOY, digests, environment, kill_group, wait_for_parts
from held_out_helpers import DATASET, INPUTS, ROWS, assert_hidden, contents, held_out

from mesoinv.generators import list_datasets
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.build_state import BuildState
from mesoinv.generators.pipeline.compute import DIGEST_BYTES, PartJob
from mesoinv.generators.pipeline.held_out.build_held_out import (
    HeldOutJob,
    check_held_out,
    held_out_samples,
)
from mesoinv.generators.pipeline.held_out.secret import new_key, read_key
from mesoinv.generators.pipeline.manifest import read_manifest
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.pipeline.resolve import resolve_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Crash(BaseException):
    """Stands for a kill: nothing catches it."""


def test_no_label_and_no_key_is_ever_written(
    key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file is renamed into its place: look at each of them just before."""
    key, replace, written = read_key(key_file), Path.replace, []

    def spy(self: Path, target: Path) -> Path:
        written.append((Path(target).name, self.read_bytes()))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", spy)
    out = held_out(key_file, tmp_path / "toy")
    monkeypatch.undo()
    kinds = [Path(name).suffix for name, _ in written]
    assert (kinds.count(".arrow"), kinds.count(".parquet")) == (6, 2)
    assert_hidden(key, *(data for _, data in written), *contents(out))
    samples = held_out_samples(DATASET, "plain", key, range(ROWS))
    for name, data in written:
        if name.endswith(".arrow"):
            table = pa.ipc.open_file(pa.BufferReader(data[DIGEST_BYTES:])).read_all()
        elif name.endswith(".parquet"):
            table = pq.read_table(pa.BufferReader(data))
        else:
            continue
        assert table.column_names == list(INPUTS)
        for row in samples["potential"]:  # the answers are in no file, compressed or not
            assert row.tobytes()[:16] not in data


def test_nothing_shows_the_key(key_file: Path, tmp_path: Path) -> None:
    key = read_key(key_file)
    job = HeldOutJob(
        dataset=DATASET, folder=tmp_path, solver="exact", device="cpu", workers=1,
        config="plain", samples=5, names=INPUTS, key=key,
    )  # fmt: skip
    (shard,) = job.shards()
    task = job.task(shard.parts[0])
    assert isinstance(task, PartJob)
    assert task.salt == key
    stream = stream_of(DATASET, "plain", "held-out", key)
    state = BuildState(job, None, lambda *_: None)  # type: ignore[arg-type]
    for item in (job, task, stream, shard, state, job.planned_records(), state.job):
        assert_hidden(key, repr(item), str(item), f"{item}")


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("dataset", ["TALKATIVE", "BROKEN"])
def test_errors_do_not_show_the_key(
    key_file: Path,
    tmp_path: Path,
    workers: int,
    dataset: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    key = read_key(key_file)
    with pytest.raises(ArithmeticError) as caught:
        held_out(key_file, tmp_path / "toy", dataset=f"toy_dataset:{dataset}", workers=workers)
    text = "".join(traceback.format_exception(caught.value))
    assert "in toy/plain/held-out, samples [" in text
    assert_hidden(key, text, repr(caught.value), *capfd.readouterr(), *contents(tmp_path))


def test_parts_of_an_unknown_build_are_not_used(
    standalone: Path, key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its manifest nobody knows from which key a part is."""
    out = tmp_path / "toy"
    new_key(tmp_path / "key")
    monkeypatch.setattr(BuildState, "write_shard", crash)
    with suppress(Crash):
        held_out(tmp_path / "key", out, samples=4)
    monkeypatch.undo()
    assert (out / ".build/plain-held-out/test-000000000.arrow").is_file()
    (out / "manifest.json").unlink()
    assert digests(held_out(key_file, out)) == digests(standalone)


def crash(_self: BuildState, _shard: object, parts: Iterator[object]) -> None:
    next(parts)
    raise Crash


def test_crash_before_every_step(
    standalone: Path, key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only renames and removals change what counts; die before each of them, then continue."""
    replace, unlink, key = Path.replace, Path.unlink, read_key(key_file)
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
            held_out(key_file, out)
        monkeypatch.undo()
        assert_hidden(key, *contents(out))
        assert digests(held_out(key_file, out)) == digests(standalone)
        assert (out / "README.md").read_bytes() == (standalone / "README.md").read_bytes()
        assert not (out / ".build").exists()
    assert steps > 15


def test_killed_and_continued(standalone: Path, key_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "toy"
    script = (
        "from mesoinv.generators.pipeline.held_out.build_held_out import build_held_out\n"
        "if __name__ == '__main__':\n"
        f"    build_held_out({TOY!r}, 'plain', {str(key_file)!r}, columns={INPUTS!r},"
        f" samples={ROWS}, out={str(out)!r}, workers=2)\n"
    )
    (tmp_path / "script.py").write_text(script)
    process = subprocess.Popen(
        [sys.executable, tmp_path / "script.py"],
        env=environment(TOY_SECONDS=0.1),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        wait_for_parts(process, out, 2)
        line = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        assert_hidden(read_key(key_file), line)
    finally:
        kill_group(process)
    assert not read_manifest(out).complete
    assert_hidden(read_key(key_file), *contents(out))
    assert digests(held_out(key_file, out)) == digests(standalone)


@pytest.mark.parametrize("name", list_datasets())
def test_no_answer_follows_from_the_index(name: str, key_file: Path, tmp_path: Path) -> None:
    """What samples take in turn in a public split, a key decides in a held-out one."""
    declared = resolve_dataset(name)
    refused = set()
    for config in declared.configs:
        published = ("index", "thickness") if name == "lacbed" else ("index",)
        request = {"columns": published, "samples": 2, "out": tmp_path / "out"}
        try:
            check_held_out(declared, config, key_file, **request)  # type: ignore[arg-type]
        except UsageError as error:
            refused.add((config, "would hide nothing" in str(error)))
    assert refused == ({("materials", True)} if name == "lacbed" else set())
