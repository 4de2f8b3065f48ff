"""Strangers' folders and files, made to crash, fill or take over whoever looks at them."""

from __future__ import annotations

import json
import os
import pickle
import sys
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from build_helpers import TOY
from submission_helpers import TASK, declared, toy_task, with_model, with_predictions
from zoo_helpers import write_recipe

from campaign.trials import Attack
from mesoinv import build, load_model, verify
from mesoinv.dataset_cards.render import render_card
from mesoinv.eval.submission import Problem, check_submission
from mesoinv.eval.tasks import read_task
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.zoo.architectures import list_architectures
from mesoinv.zoo.declared.recipe import read_recipe

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

#: Names of the modules and files that would show that something ran.
RAN = "campaign_was_run"
WORDS = [
    "", " ", "-", "..", "../../none/x", "/none/x", "~", "C:\\", "a/b/c", "con", "x" * 5000,
    "\u202eabc", "\u200b", "\x00", "\ud800", "é", "e\u0301" * 50, "=1+1", "<script>", "{{7*7}}",
    "${HOME}", "$(touch x)", "; rm -rf /", "' OR 1=1", f"{RAN}:OBJECT", "toy_dataset:DATASET",
    "hf-hub:a/b", "local-dir:/", "https://127.0.0.1:1/x", "file:///nonexistent/x", "nan", "1e999",
]  # fmt: skip
NUMBERS: list[Any] = [
    0, -1, 1, 2, 2**31, 2**63, 2**70, 10**4400, -(10**300), 0.5, -0.0, 1e308, 5e-324,
    float("nan"), float("inf"), True, False, None,
]  # fmt: skip
#: A file beside the submissions, to which links lead; it must stay as it is.
_VICTIM = "nobody may write here"
_MOST_BYTES = 2_000_000_000


def value(rng: random.Random, depth: int = 0) -> Any:
    """Return anything that a file may hold."""
    kind = rng.randrange(8 if depth < 4 else 5)
    if kind < 2:
        return rng.choice(WORDS)
    if kind < 5:
        return rng.choice(NUMBERS)
    if kind == 5:
        return [value(rng, depth + 1) for _ in range(rng.choice([0, 1, 3, 200]))]
    if kind == 6:
        keys = [rng.choice([*WORDS[:20], "kind", "factor", "shape", "name"]) for _ in range(4)]
        return {key: value(rng, depth + 1) for key in keys}
    nested: Any = []
    for _ in range(rng.choice([5, 50, 900])):
        nested = [nested]
    return nested


def spoiled(content: Any, rng: random.Random) -> Any:
    """Return plain data with some values replaced, added or removed, anywhere in it."""
    if isinstance(content, dict) and content:
        key = rng.choice(list(content))
        action = rng.randrange(5)
        if action == 0:
            return {k: v for k, v in content.items() if k != key}
        if action == 1:
            return content | {rng.choice(WORDS): value(rng)}
        return content | {key: value(rng) if action == 2 else spoiled(content[key], rng)}
    if isinstance(content, list) and content:
        place = rng.randrange(len(content))
        return [*content[:place], spoiled(content[place], rng), *content[place + 1 :]]
    return value(rng)


class Payload:
    """Runs when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {RAN}",)


@cache
def _samples() -> Path:
    """Return a folder with a sound build, model and submissions."""
    folder = Path(tempfile.mkdtemp(prefix="campaign-"))
    build(TOY, ["other"], out=folder / "build")
    with_model(folder / "submission")
    (folder / "victim").write_text(_VICTIM)
    toy_task(folder / "tasks")
    (folder / "recipes").mkdir()
    write_recipe(folder / "recipes")
    return folder


def _cleared(path: Path) -> bool:
    """Take away what stands at a path: a link would lead out of here, a pipe would wait."""
    if path.is_dir() and not path.is_symlink():
        return False
    path.unlink(missing_ok=True)
    return True


def _write(path: Path, content: Any, rng: random.Random) -> None:
    """Write plain data as JSON or YAML; either may be written oddly."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not _cleared(path):
        return
    sys.set_int_max_str_digits(0)
    try:
        if path.suffix == ".json":
            text = json.dumps(content)
        else:
            text = yaml.safe_dump(content, allow_unicode=bool(rng.randrange(2)))
    except (yaml.YAMLError, RecursionError, ValueError):
        text = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n" * rng.choice([1, 300])
    finally:
        sys.set_int_max_str_digits(4300)
    path.write_bytes(text.encode("utf-8", "surrogatepass"))


def _add(folder: Path, rng: random.Random) -> None:
    """Put something into a folder that does not belong there."""
    deep = folder.joinpath(*rng.choices("abcdef", k=rng.choice([0, 0, 1, 3, 5, 12])))
    deep.mkdir(parents=True, exist_ok=True)
    names = [
        "x", "predictions.parquet", "model.safetensors", "submission.yaml", "README.md", "x.pkl",
        ".hidden", "config.json", "x" * 250,
    ]  # fmt: skip
    path = deep / rng.choice(names)
    if not _cleared(path):
        return
    kind = rng.randrange(7)
    if kind == 0:
        # never to a file of this machine: what a mistake here would write through, is lost
        path.symlink_to(rng.choice(["/nonexistent/x", "..", str(path), str(_samples() / "victim")]))
    elif kind == 1:
        os.mkfifo(path)
    elif kind == 2:
        path.mkdir()
    elif kind == 3:
        with path.open("wb") as file:
            file.truncate(rng.choice([2**20, 2**32, 2**40]))
    elif kind == 4:
        path.write_bytes(pickle.dumps(Payload()))
    elif kind == 5:
        path.write_bytes(rng.randbytes(rng.choice([0, 1, 1000])))
    else:
        for number in range(rng.choice([3, 100])):
            (deep / f"{number}").touch()


def _config(rng: random.Random, model: Path) -> None:
    config = json.loads((_samples() / "submission/model/config.json").read_bytes())
    action = rng.randrange(4)
    if action == 0:
        config["architecture"] = rng.choice(list_architectures())
        names = (
            "hidden",
            "filters",
            "channels",
            "model",
            "blocks",
            "dense",
            "arguments",
            "columns",
        )
        config["hyperparameters"] = {rng.choice(names): value(rng) for _ in range(2)}
    elif action == 1:
        side = config[rng.choice(["inputs", "outputs"])][0]
        kinds = ["affine", "log", "pool", "classes", "probability", "fourier-series", "relative"]
        step = {"kind": rng.choice(kinds)} | {
            rng.choice(["shift", "scale", "floor", "factor", "count", "s"]): value(rng)
            for _ in range(2)
        }
        side["transforms"] = [step] * rng.choice([1, 6, 40])
    else:
        config = spoiled(config, rng)
    _write(model / "config.json", config, rng)


def _parquet(rng: random.Random, path: Path) -> None:
    rows = rng.choice([0, 1, 100, 101, 3_000_000])
    columns: dict[str, Any] = {"index": np.zeros(rows, np.int64), "strength": np.zeros(rows)}
    action = rng.randrange(5)
    if action == 0:
        columns["strength"] = pa.nulls(rows)
    elif action == 1 and rows:
        inner = pa.array(np.zeros(3_000_000, np.int8))
        columns["strength"] = pa.ListArray.from_arrays([0] * rows + [len(inner)], inner)
    elif action == 2:
        columns |= {f"c{n}": np.zeros(rows, np.int8) for n in range(300 if rows < 200 else 3)}
    elif action == 3:
        columns["strength"] = np.full(rows, rng.choice([np.nan, np.inf, 1e308]))
    pq.write_table(pa.table(columns), path, compression="zstd")


def _submission(rng: random.Random, folder: Path) -> str | None:
    """Spoil a submission in several ways at once, and look at it as the board does."""
    place = folder / rng.choice(["mine", "my-net.v1"])
    with_model(place)
    for _ in range(rng.randint(1, 3)):
        action = rng.randrange(4)
        if action == 0:
            changed = spoiled(
                json.loads(json.dumps(declared(predictions=None, model="model"))), rng
            )
            _write(place / "submission.yaml", changed, rng)
        elif action == 1:
            _config(rng, place / "model")
        elif action == 2:
            _add(place, rng)
        else:
            weights = place / "model/model.safetensors"
            if _cleared(weights):
                weights.write_bytes(rng.choice([pickle.dumps(Payload()), rng.randbytes(200), b""]))
    return _checked(place, folder)


def _predictions(rng: random.Random, folder: Path) -> str | None:
    place = with_predictions(folder / "mine")
    _parquet(rng, place / "predictions.parquet")
    return _checked(place, folder)


def _checked(place: Path, folder: Path) -> str | None:
    before = _peak()
    tasks = {TASK: toy_task(folder / "tasks")}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        problems = check_submission(place, tasks=tasks)
    if not all(isinstance(p, Problem) and str(p).isprintable() for p in problems):
        return "a problem that cannot be shown"
    return _ran(folder) or (
        f"took {_peak() - before} bytes" if _peak() - before > _MOST_BYTES else None
    )


def _peak() -> int:
    import resource

    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _ran(folder: Path) -> str | None:
    traces = [Path(RAN), folder / RAN]
    if any(path.exists() for path in traces) or RAN in sys.modules:
        return "code of a stranger ran"
    if (_samples() / "victim").read_text() != _VICTIM:
        return "a file was written to through a link"
    return None


def _file(name: str, read: Callable[[Path], object]) -> Any:
    """Return a trial: a file is spoiled, and whatever it says, it is read or refused."""

    def trial(rng: random.Random, folder: Path) -> str | None:
        # a module beside the file, which a name in it may point to
        (folder / f"{RAN}.py").write_text(f"open({str(folder / RAN)!r}, 'w')\nOBJECT = 1\n")
        place = folder / "place"
        original = _samples() / name
        place.mkdir()
        for path in original.parent.iterdir():
            (place / path.name).symlink_to(path)
        (place / original.name).unlink()
        content = yaml.safe_load(original.read_bytes())
        for _ in range(rng.randint(1, 3)):
            content = spoiled(content, rng)
        _write(place / original.name, content, rng)
        sys.path.insert(0, str(folder))
        sys.dont_write_bytecode = True
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                read(place / original.name)
        except MesoinvError:
            pass
        finally:
            sys.path.remove(str(folder))
        return _ran(folder)

    return trial


_FILE = "read, or refused with a sentence; nothing that it names runs"
ATTACKS = [
    Attack("hostile file", "submission with a model",
           "a list of problems; no code, no memory, no other error", _submission, 60),
    Attack("hostile file", "predictions",
           "a list of problems; the reading process has limits", _predictions, 4),
    Attack("hostile file", "manifest.json", _FILE, _file(
        "build/manifest.json", lambda p: (verify(p.parent, samples=2), render_card(p.parent))), 12),
    Attack("hostile file", "config.json", _FILE, _file(
        "submission/model/config.json", lambda p: load_model(p.parent)), 12),
    Attack("hostile file", "recipe", _FILE, _file(
        "recipes/pldos-donors-cnn.tiny.yaml", read_recipe), 8),
    Attack("hostile file", "task", _FILE, _file(f"tasks/{TASK}.yaml", read_task), 8),
]  # fmt: skip
