"""Files come from others: a dataset that they name is never imported, unless the user named it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
import yaml
from typer.testing import CliRunner

import mesoinv
from mesoinv.cli import app
from mesoinv.eval.tasks import FOLDER, get_task
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pipeline import resolve
from mesoinv.zoo.declared.models import LOCAL_WEIGHTS
from mesoinv.zoo.declared.recipe import read_recipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME = "beside_the_file:DATASET"
MODEL, TASK = "pldos-donors-constant.16k", "pldos-donors"
CODE = "from pathlib import Path\nPath(__file__).with_name('ran').touch()\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a module that is importable from here and leaves a trace if it is imported."""
    (tmp_path / "beside_the_file.py").write_text(CODE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edited(path: Path) -> Path:
    """Let a file of JSON or YAML name the module."""
    plain = path.suffix == ".json"
    data = json.loads(path.read_text()) if plain else yaml.safe_load(path.read_text())
    data["dataset"] = NAME
    path.write_text(json.dumps(data) if plain else yaml.safe_dump(data, allow_unicode=True))
    return path


def built(folder: Path, toy: Path) -> Path:
    shutil.copytree(toy, folder / "data")
    return edited(folder / "data" / "manifest.json").parent


def model(folder: Path) -> Path:
    shutil.copytree(LOCAL_WEIGHTS / MODEL, folder / "model")
    return edited(folder / "model" / "config.json").parent


def verify(folder: Path, toy: Path) -> None:
    report = mesoinv.verify(built(folder, toy))
    assert not report.ok
    raise MesoinvError(report.problems[0].message)


def card(folder: Path, toy: Path) -> None:
    done = CliRunner().invoke(app, ["card", str(built(folder, toy))])
    assert done.exit_code
    raise MesoinvError(done.output if done.exception is None else str(done.exception))


def load_model(folder: Path, _toy: Path) -> None:
    mesoinv.load_model(model(folder))


def evaluate(folder: Path, _toy: Path) -> None:
    mesoinv.evaluate(model(folder), TASK, samples=2)


def recipe(folder: Path, _toy: Path) -> None:
    shutil.copy(mesoinv_recipe(), folder / "recipe.yaml")
    read_recipe(edited(folder / "recipe.yaml"))


def mesoinv_recipe() -> Path:
    return next(LOCAL_WEIGHTS.parent.glob(f"recipes/**/{MODEL}.yaml"))


def task(folder: Path, _toy: Path) -> None:
    shutil.copy(FOLDER / f"{TASK}.yaml", folder / "mine.yaml")
    get_task(str(edited(folder / "mine.yaml")))


@pytest.mark.parametrize("read", [verify, card, load_model, evaluate, recipe, task])
def test_nothing_runs(folder: Path, toy_folder: Path, read: Callable[[Path, Path], None]) -> None:
    with pytest.raises(MesoinvError, match="code outside mesoinv"):
        read(folder, toy_folder)
    assert not (folder / "ran").exists()


@pytest.mark.parametrize("read", [load_model, recipe, task])
def test_the_user_may_allow_it(
    folder: Path,
    toy_folder: Path,
    read: Callable[[Path, Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(resolve.ALLOWED, f"other:DATASET,{NAME}")
    read(folder, toy_folder)


def test_what_the_user_gave_files_may_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(resolve.ALLOWED)
    monkeypatch.setattr(resolve, "_given", set())
    with pytest.raises(MesoinvError, match="a file names the dataset 'toy_dataset:DATASET'"):
        resolve.dataset_of_file("toy_dataset:DATASET", "a file")
    given = resolve.resolve_dataset("toy_dataset:DATASET")
    assert resolve.dataset_of_file("toy_dataset:DATASET", "a file") is given
    assert resolve.dataset_of_file("pldos", "a file").name == "pldos"
