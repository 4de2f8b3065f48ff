"""The inversion as a model: what it gives, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

import mesoinv
from mesoinv.eval.scoring.predictors import ModelPredictor
from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.pldos import Pldos
from mesoinv.zoo.architectures import build_network, refusals
from mesoinv.zoo.declared.config import ModelConfig, Quantity
from mesoinv.zoo.model.model import Model

MAP = [256, 192]
DENSITY = Quantity("pldos", "1/t", MAP, 0.1, 10.0)


def inversion(config: str, start: str, outputs: list[Quantity], **more: str) -> Model:
    hyperparameters = {
        "dataset": "pldos", "config": config, "start": start, "columns": [q.name for q in outputs],
        **more,
    }  # fmt: skip
    made = Model(
        ModelConfig(
            name="pldos-test-inversion.here", architecture="solver_inversion",
            hyperparameters=hyperparameters, mesoinv="0", dataset="pldos", dataset_version="1.0.0",
            config=config, task="pldos-landscape", inputs=[DENSITY], outputs=outputs,
        )
    )  # fmt: skip
    made.network.init_from(mesoinv.load_model(start))
    return made.eval()


def sample(config: str, index: int) -> dict[str, np.ndarray]:
    return mesoinv.generate("pldos", config, "test", [index])


def test_a_landscape_with_its_deviation(tmp_path) -> None:
    """The very landscape, from a folder too: only the digest of the start is stored."""
    outputs = [Quantity("potential", "t", MAP, None, None),
               Quantity("potential_std", "t", MAP, None, None)]  # fmt: skip
    model = inversion("landscape", "pldos-landscape-unet.16k", outputs)
    folder = model.save_pretrained(tmp_path)
    made = Model.from_folder(folder).predict(sample("landscape", 0)["pldos"].astype(np.float16))
    true = sample("landscape", 0)["potential"]
    error = made["potential"] - true
    assert np.linalg.norm(error) < 1e-4 * np.linalg.norm(true)
    assert 0.8 < (abs(error) < 1.96 * made["potential_std"]).mean() < 1


@pytest.mark.parametrize(("more", "known"), [({}, False), ({"wider": "global"}, True)])
def test_other_samples_than_it_knows_are_not_scored(more: dict[str, str], known: bool) -> None:
    outputs = [Quantity("potential", "t", MAP, None, None)]
    model = inversion("landscape", "pldos-landscape-unet.16k", outputs, **more)
    predictor = ModelPredictor(model, get_task("pldos-landscape"))
    assert predictor.accepts_config("landscape")
    assert predictor.accepts_config("global") is known


def test_donors_that_are_closer_than_was_thought() -> None:
    """Of two maps the one that the configuration's donors do not explain is fitted once more."""
    outputs = [Quantity("potential", "t", MAP, None, None),
               Quantity("potential_std", "t", MAP, None, None)]  # fmt: skip
    model = inversion("landscape", "pldos-landscape-unet.noisy-88k", outputs, wider="global")
    maps = mesoinv.generate("pldos", "global", "test", [6, 7])
    made = model.predict(maps["pldos"].astype(np.float16))
    error = made["potential"] - maps["potential"]
    assert maps["s"][0] > 50 > maps["s"][1]
    assert (np.linalg.norm(error, axis=(1, 2)) < 1e-4 * np.linalg.norm(maps["potential"])).all()


def test_numbers_of_the_donors() -> None:
    outputs = [Quantity(name, "1", [], None, None) for name in ("s", "n_d", "s_std", "n_d_std")]
    model = inversion("global", "pldos-landscape-unet.global-16k", outputs)
    one = sample("global", 0)
    made = model.predict(one["pldos"].astype(np.float16))
    for name, width in (("s", 0.1), ("n_d", 0.1)):
        assert 0 < made[f"{name}_std"][0] < width
        assert abs(made[name] - one[name])[0] < 4 * made[f"{name}_std"][0]


def test_other_weights_to_begin_with_are_noticed() -> None:
    model = inversion("landscape", "pldos-landscape-unet.16k",
                      [Quantity("potential", "t", MAP, None, None)])  # fmt: skip
    with pytest.raises(UsageError, match=r"the hyperparameter is pldos-landscape-unet.16k"):
        model.network.init_from(mesoinv.load_model("pldos-landscape-linear.16k"))
    model.network.digest += 1
    with pytest.raises(MesoinvError, match="are not those that were meant"):
        model.predict(np.ones((1, *MAP), "f4"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": "../mine"}, "is no model of the zoo"),
        ({"dataset": "package.module:OBJECT"}, "package.module:OBJECT"),
        ({"columns": ["potential", "s"]}, "must be as many as the outputs"),
        ({"columns": ["fourier"], "wider": "global"}, "fourier has another shape in global"),
    ],
)
def test_what_it_refuses(change: dict[str, object], message: str) -> None:
    given = {"dataset": "pldos", "config": "landscape", "start": "pldos-landscape-unet.16k",
             "columns": ["potential"]}  # fmt: skip
    shapes = [tuple(MAP)], [tuple(MAP)] * 3
    with pytest.raises(MesoinvError, match=message):
        build_network("solver_inversion", *shapes, given | change)


def test_it_is_not_run_for_others() -> None:
    (refusal,) = refusals("solver_inversion", {"dataset": "pldos", "config": "landscape"})
    assert "file of predictions" in refusal.hint


def test_what_the_inversion_does_not_give(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mesoinv.zoo.inversion.invert", lambda *_, **__: None)
    monkeypatch.setattr(Pldos, "inverted_columns", lambda *_: {"potential": np.zeros((1, *MAP))})
    model = inversion("landscape", "pldos-landscape-unet.16k",
                      [Quantity("conductance", "1", [], None, None)])  # fmt: skip
    with pytest.raises(UsageError, match=r"column of the inversion of pldos .conductance"):
        model.predict(np.ones((1, *MAP), "f4"))
