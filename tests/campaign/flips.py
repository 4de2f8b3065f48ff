"""One bit changed in a file: noticed, harmless, or an error that says which file it is."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from build_helpers import TOY, digests
from submission_helpers import TASK, toy_model, toy_task, with_model, with_predictions

from campaign.trials import Attack, flipped
from mesoinv import build, load_model, verify
from mesoinv.eval.scoring.evaluate import evaluate
from mesoinv.eval.scoring.results import read_result
from mesoinv.eval.submission import Problem, check_submission
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pipeline.build_state import BuildState
from mesoinv.generators.pipeline.held_out.secret import new_key, read_key
from mesoinv.generators.pipeline.loading.request import Request
from mesoinv.generators.pipeline.loading.source import SampleSource
from mesoinv.generators.pipeline.manifest import read_manifest
from mesoinv.zoo.declared.config import weights_digest

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

#: What a manifest says and nobody can check afterwards.
_HEARSAY = {"mesoinv", "libraries", "machine", "device", "workers", "seconds"}


@cache
def _originals() -> Path:
    """Return a folder with one of each kind of file; copied for every trial."""
    folder = Path(tempfile.mkdtemp(prefix="campaign-"))
    build(TOY, out=folder / "build")
    toy_model().save_pretrained(folder / "model")
    task = toy_task(folder)
    evaluate(str(folder / "model"), task, cache=folder / "cache", samples=50).save(
        folder / "scores"
    )
    with_predictions(folder / "predictions")
    with_model(folder / "submission")
    new_key(folder / "key")
    SampleSource(cache=folder / "kept").arrays(_request())
    return folder


def _request() -> Request:
    return Request(TOY, "plain", "test", 10, ("potential",))


def _flip(folder: Path, names: list[str], rng: random.Random) -> Path:
    path = folder / rng.choice(names)
    path.write_bytes(flipped(path.read_bytes(), rng))
    return path


def _copy(name: str, folder: Path) -> Path:
    source, target = _originals() / name, folder / name
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)
    return target


def _shard(rng: random.Random, folder: Path) -> str | None:
    place = _copy("build", folder)
    names = [p.relative_to(place).as_posix() for p in sorted(place.rglob("*.parquet"))]
    path = _flip(place, names, rng)
    report = verify(place, samples=0, dataset=TOY)
    named = {problem.file for problem in report.problems}
    name = path.relative_to(place).as_posix()
    return None if name in named else f"{name} was not named, but {named}"


def _manifest(rng: random.Random, folder: Path) -> str | None:
    place = _copy("build", folder)
    before = read_manifest(place)
    _flip(place, ["manifest.json"], rng)
    if not verify(place, samples=0, dataset=TOY).ok:
        return None
    changed = _checkable(dataclasses.asdict(before)) != _checkable(
        dataclasses.asdict(read_manifest(place))
    )
    return "a changed manifest is called sound" if changed else None


def _checkable(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _checkable(v) for k, v in value.items() if k not in _HEARSAY}
    return [_checkable(v) for v in value] if isinstance(value, list) else value


def _part(rng: random.Random, folder: Path) -> str | None:
    """Flip a bit in a part of a build that was stopped, then go on."""
    expected = digests(_originals() / "build")

    class Stop(BaseException):
        """As a kill would."""

    write = BuildState.write_shard

    def stop(_self: BuildState, _shard: object, parts: Any) -> None:
        list(parts)
        raise Stop

    try:
        BuildState.write_shard = stop  # type: ignore[method-assign, assignment]
        build(TOY, out=folder / "build")
    except Stop:
        pass
    finally:
        BuildState.write_shard = write  # type: ignore[method-assign]
    parts = [p.relative_to(folder).as_posix() for p in sorted(folder.rglob("*.arrow"))]
    path = _flip(folder, parts, rng)
    build(TOY, out=folder / "build")
    same = digests(folder / "build") == expected
    return None if same else f"a changed {path.name} came into the data"


def _weights(rng: random.Random, folder: Path) -> str | None:
    place = _copy("model", folder)
    before = weights_digest(place)
    _flip(place, ["model.safetensors"], rng)
    try:
        model = load_model(place)
    except MesoinvError:
        return None
    return "its scores would still count" if model.digest == before else None


def _reads(name: str, names: list[str], read: Callable[[Path], object]) -> Any:
    """Return a trial: whatever is read after a flip, it is read or refused."""

    def trial(rng: random.Random, folder: Path) -> str | None:
        place = _copy(name, folder)
        _flip(place, names, rng)
        with suppress(MesoinvError):
            read(place)
        return None

    return trial


def _checked(place: Path) -> None:
    tasks = {TASK: toy_task(place.parent)}
    assert all(isinstance(p, Problem) for p in check_submission(place, tasks=tasks))


def _key(rng: random.Random, folder: Path) -> str | None:
    path = _copy("key", folder)
    before = read_key(path)
    path.write_bytes(flipped(path.read_bytes(), rng))
    try:
        # a letter may have become small or large: that is the same number
        same = read_key(path) == before
    except MesoinvError:
        return None
    text = (_originals() / "key").read_text()
    return "another key is taken for it" if same and path.read_text().lower() != text else None


def _kept(rng: random.Random, folder: Path) -> str | None:
    place = _copy("kept", folder)
    expected = SampleSource(cache=_originals() / "kept").arrays(_request())["potential"]
    names = [p.relative_to(place).as_posix() for p in sorted(place.rglob("*.npy"))]
    _flip(place, names, rng)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it makes the file again
        values = SampleSource(cache=place).arrays(_request())["potential"]
    return None if np.array_equal(values, expected) else "changed samples were given"


def _attack(name: str, guarantee: str, trial: Any, share: int = 4) -> Attack:
    return Attack("flipped bit", name, guarantee, trial, share)


_REFUSED = "read, or refused with a sentence; no other error"
ATTACKS = [
    _attack("shard", "verify names the file", _shard),
    _attack("manifest", "verify finds it, or it says nothing about the data", _manifest),
    _attack("part of a stopped build", "computed again, the data are the same", _part, 2),
    _attack("kept samples", "made again, the numbers are the same", _kept),
    _attack("weights", "refused, or stored scores no longer count for it", _weights),
    _attack("key", "refused, or another key", _key),
    _attack("config.json", _REFUSED, _reads("model", ["config.json"], load_model)),
    _attack("evaluation", _REFUSED, _reads(
        "scores", ["evaluation.json", "samples.parquet"], read_result)),
    _attack("predictions", _REFUSED, _reads("predictions", ["predictions.parquet"], _checked), 1),
    _attack("submission", _REFUSED, _reads("submission", [
        "submission.yaml", "model/config.json", "model/model.safetensors"], _checked)),
]  # fmt: skip
