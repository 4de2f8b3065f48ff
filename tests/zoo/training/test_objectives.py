"""How weights are found without epochs, and which runs continue."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from zoo_helpers import tiny_environment, tiny_recipe

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.zoo.architectures.constant import Constant
from mesoinv.zoo.declared.config import WEIGHTS
from mesoinv.zoo.declared.objectives import Supervised
from mesoinv.zoo.declared.recipe import Recipe
from mesoinv.zoo.declared.transforms import Affine
from mesoinv.zoo.model.model import Model
from mesoinv.zoo.training.runs import LAST, RECIPE, open_run
from mesoinv.zoo.training.train import train

if TYPE_CHECKING:
    from pathlib import Path

CLOSED: dict[str, Any] = {
    "architecture": "constant", "hyperparameters": {}, "objective": {"kind": "closed_form"},
}  # fmt: skip


@pytest.fixture
def start(tmp_path: Path, cache: Path) -> Path:
    """A model in closed form, to start from."""
    folder = tmp_path / "start"
    folder.mkdir()
    train(tiny_recipe(folder, **CLOSED), folder / "model", tiny_environment(folder, cache))
    return folder / "model"


def test_a_closed_form_has_no_epochs(start: Path, tmp_path: Path) -> None:
    record = Model.from_folder(start).config.training
    assert record is not None
    assert (record.objective, record.epochs) == ("closed_form", 0)
    assert not (tmp_path / "start" / "runs").exists()


def test_an_architecture_without_a_closed_form(tmp_path: Path, cache: Path) -> None:
    recipe = tiny_recipe(tmp_path, objective={"kind": "closed_form"})
    with pytest.raises(UsageError, match=r"conv_regressor has no closed form.*supervised"):
        train(recipe, tmp_path / "model", tiny_environment(tmp_path, cache))
    assert not (tmp_path / "model").exists()


def test_reused_weights_are_those_of_the_start(start: Path, tmp_path: Path, cache: Path) -> None:
    changes = CLOSED | {"objective": {"kind": "reuse"}, "start": str(start)}
    doubled = [{"kind": "affine", "shift": 0.0, "scale": 2.0}]
    recipe = tiny_recipe(tmp_path, **changes, output_transforms=doubled)
    model = train(recipe, tmp_path / "model", tiny_environment(tmp_path, cache))
    record = model.config.training
    assert record is not None
    assert (record.objective, record.epochs) == ("reuse", 0)
    assert not (tmp_path / "model" / "log.csv").exists()
    first, second = load_file(start / WEIGHTS), load_file(tmp_path / "model" / WEIGHTS)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert model.digest == Model.from_folder(start).digest
    assert model.config.interface != Model.from_folder(start).config.interface
    assert [q.transforms for q in model.config.outputs] == [[Affine(0.0, 2.0)]] * 2
    predicted = model.predict(np.full((1, 256, 192), 0.5), check_range=False)
    assert isinstance(predicted, dict)
    mean = first["mean"].numpy()
    np.testing.assert_array_equal([predicted[name][0] for name in ("s", "n_d")], 2 * mean)


def test_out_of_memory_without_batches(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Constant, "fit", full)
    with pytest.raises(MesoinvError, match=r"lower samples in the recipe \(12 now\)"):
        train(
            tiny_recipe(tmp_path, **CLOSED), tmp_path / "model", tiny_environment(tmp_path, cache)
        )


@dataclass(frozen=True)
class LaterSupervised(Supervised):
    """The objective of a later version, with one field more."""

    ema: float = 0.0


@dataclass(frozen=True)
class LaterRecipe(Recipe):
    """The recipe of a later version, with one field more."""

    ensemble: int = 1


def fields_of(record: Any) -> dict[str, Any]:
    return {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}


def test_a_run_continues_when_recipes_have_a_new_field(tmp_path: Path) -> None:
    recipe, run = tiny_recipe(tmp_path), tmp_path / "run"
    assert open_run(run, recipe) is None
    (run / LAST).touch()
    objective = LaterSupervised(**fields_of(recipe.objective))
    later = LaterRecipe(**fields_of(recipe) | {"objective": objective})
    assert open_run(run, later) == run / LAST
    for other in (
        replace(later, ensemble=2),
        replace(later, objective=replace(objective, ema=0.9)),
        replace(later, objective=replace(objective, learning_rate=0.1)),
        replace(later, seed=1),
    ):
        with pytest.raises(UsageError, match="another recipe than now"):
            open_run(run, other)
    assert open_run(run, recipe) == run / LAST  # what was refused has changed nothing


def test_a_default_may_be_written_or_left_out(tmp_path: Path) -> None:
    run = tmp_path / "run"
    open_run(run, tiny_recipe(tmp_path))
    (run / LAST).touch()
    note = (run / RECIPE).read_bytes()
    default = tiny_recipe(tmp_path, loss="mse", optimiser="adam", store="float32", seed=0)
    assert open_run(run, default) == run / LAST
    assert (run / RECIPE).read_bytes() == note
    assert {"loss", "optimiser"}.isdisjoint(json.loads(note)["objective"])
