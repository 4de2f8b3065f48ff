"""Scores on samples whose answers only the holder of a key can compute."""

from __future__ import annotations

import numpy as np
import pytest
from eval_helpers import LANDSCAPE, model, same

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.held_out.build_held_out import build_held_out
from mesoinv.generators.pipeline.held_out.secret import new_key
from mesoinv.zoo.model.predictions import predict_file


@pytest.fixture(scope="module")
def secret(tmp_path_factory):
    """A key, and the folder of the inputs that were published."""
    place = tmp_path_factory.mktemp("secret")
    new_key(place / "key")
    folder = build_held_out(
        "pldos", "global", place / "key", columns=("index", "pldos"), samples=3,
        out=place / "published",
    )  # fmt: skip
    return place / "key", folder


def test_held_out_samples_are_those_of_the_key(secret, evaluate, donors, plain, tmp_path):
    """The labels come from the key: for the model, and for predictions from published inputs."""
    key, folder = secret
    options = {"split": "held-out", "key_file": key}
    result = evaluate(donors, samples=3, variants=False, **options)
    assert (result.evaluation.split, result.evaluation.samples) == ("held-out", 3)
    assert not np.isin(result.table["s true"], plain.table["s true"]).any()
    path = tmp_path / "predictions.parquet"
    predict_file(donors, folder, path, config="global-held-out", split="test")
    for samples_ in (3, None):
        same(result, evaluate(path, data=str(folder), samples=samples_, **options), 1e-6)
    with pytest.raises(UsageError, match="'global-held-out'"):
        evaluate(path, samples=3)


def test_another_key_is_refused(secret, evaluate, donors, tmp_path):
    _, folder = secret
    new_key(tmp_path / "key")
    options = {"split": "held-out", "key_file": tmp_path / "key", "data": str(folder)}
    with pytest.raises(UsageError, match="is not the key that"):
        evaluate(donors, samples=None, **options)
    with pytest.raises(UsageError, match="holds no configuration landscape-held-out"):
        evaluate(model(LANDSCAPE), "pldos-landscape", samples=None, **options)


def test_variants_of_held_out_samples(secret, evaluate, donors):
    """Noise is on the secret samples; other configurations have their public ones."""
    key, folder = secret
    found = evaluate(donors, split="held-out", key_file=key, data=str(folder), samples=None)
    public = evaluate(donors, samples=3)
    variants, theirs = found.evaluation.variants, public.evaluation.variants
    assert variants["weaker"] == theirs["weaker"]
    assert variants["noise-1"] != theirs["noise-1"]
