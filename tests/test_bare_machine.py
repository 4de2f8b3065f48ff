"""Generating, training and scoring with torch and its usual company alone, and no network."""

from __future__ import annotations

from absent import run_without

from mesoinv.generators.common.extras import extras

ABSENT = ("pydantic", "datasets", "kwant", "huggingface_hub", "distributed", "jinja2", "matplotlib")

PROGRAM = """
import dataclasses, sys
from pathlib import Path
import numpy as np
import mesoinv
from mesoinv.eval.scoring.results import read_result
from mesoinv.zoo.declared.recipe import read_recipe
from mesoinv.generators.pipeline.loading.source import SampleSource
from mesoinv.zoo.training.environment import TrainingEnvironment
from mesoinv.zoo.training.train import train
here = Path(sys.argv[1])
recipe = dataclasses.replace(
    read_recipe("pldos-donors-constant.16k"), samples=2, validation=1, name="tiny"
)
source = SampleSource(cache=here / "cache")
model = train(recipe, here / "tiny", TrainingEnvironment(source, runs=here / "runs"))
one = mesoinv.generate("pldos", "global", indices=[0])
result = mesoinv.evaluate(
    model, "pldos-donors", "validation", samples=2, cache=here / "cache", variants=False
)
assert np.isfinite(result.headline.value)
assert read_result(result.save(here / "result")).evaluation == result.evaluation
print(model.predict(one["pldos"], check_range=False)["s"].shape)
"""


def test_generate_train_and_evaluate(tmp_path):
    done = run_without(ABSENT, PROGRAM, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "(1,)"


MODELS = """
import sys
import numpy as np
import mesoinv
model = mesoinv.load_model(sys.argv[1])
config = model.config
one = mesoinv.generate(config.dataset, config.config, indices=[0])
predicted = model.predict(one)
print(*(f"{q.name} {predicted[q.name].shape}" for q in config.outputs))
scores = mesoinv.evaluate(model, config.task, samples=2, variants=False, cache=sys.argv[2])
assert np.isfinite(scores.headline.value)
"""


def test_predict_and_evaluate_with_the_extra_models_alone(tmp_path):
    known = extras()
    others = sorted({"kwant", *known["all"]} - set(known["models"]))
    assert {"lightning", "matplotlib", "jinja2", "datasets", "pydantic"} < set(others)
    # an architecture of timm: that is the last package of the extra
    done = run_without(others, MODELS, "pldos-statistics-resnet10t.16k", tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["potential_rms (1,) correlation_length (1,)"]
