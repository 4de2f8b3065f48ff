"""Generating, training and scoring with torch and its usual company alone, and no network."""

from __future__ import annotations

from absent import run_without

ABSENT = ("pydantic", "datasets", "kwant", "huggingface_hub", "distributed", "jinja2", "matplotlib")

PROGRAM = """
import dataclasses, sys
from pathlib import Path
import numpy as np
import mesoinv
from mesoinv.eval.harness import read_result
from mesoinv.zoo.recipe import read_recipe
from mesoinv.zoo.training.train import Setting, train
here = Path(sys.argv[1])
recipe = dataclasses.replace(
    read_recipe("pldos-donors-constant.16k"), samples=2, validation=1, name="tiny"
)
model = train(recipe, here / "tiny", Setting(runs=here / "runs", cache=here / "cache"))
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
