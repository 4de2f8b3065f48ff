"""Test samples that cost nothing (true landscapes, made-up densities) and a model on them."""

from __future__ import annotations

import numpy as np
import pytest
from eval_helpers import COUNT, DONORS, made_up, model
from kept_samples import keep_samples
from prediction_files import COUNT as ROWS

from mesoinv.eval.scoring.evaluate import evaluate as score_model
from mesoinv.generators.pipeline.storage import arrow_schema, shard_writer, to_table
from mesoinv.generators.pldos import DATASET


@pytest.fixture(scope="session")
def report_cache(tmp_path_factory):
    """A cache of the first test samples, where generated ones are looked for."""
    folder = tmp_path_factory.mktemp("cache")
    for config in DATASET.configs:
        keep_samples(folder, "pldos", config, "test", made_up(config))
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The same samples as a built dataset, in row groups of 1, 3 and 2."""
    folder = tmp_path_factory.mktemp("built")
    for config in DATASET.configs:
        arrays = made_up(config)
        columns = [c for c in DATASET.columns(config) if c.name in arrays]
        (folder / config).mkdir()
        path = folder / config / "test-00000-of-00001.parquet"
        with shard_writer(path, arrow_schema(columns)) as writer:
            for a, b in ((0, 1), (1, 4), (4, COUNT)):
                writer.write_table(to_table(columns, {n: v[a:b] for n, v in arrays.items()}))
    return folder


@pytest.fixture
def evaluate(report_cache):
    """Evaluate on the few samples there are."""

    def run(subject, task="pldos-donors", split=None, **options):
        options = {"samples": COUNT, "cache": report_cache} | options
        return score_model(subject, task, split, **options)

    return run


@pytest.fixture(scope="session")
def donors():
    return model(DONORS)


@pytest.fixture(scope="session")
def plain(donors, report_cache):
    """An evaluation of the donors' model, with variants."""
    return score_model(donors, "pldos-donors", samples=COUNT, cache=report_cache)


@pytest.fixture
def numbers():
    rng = np.random.default_rng(0)
    return {"s": rng.uniform(40, 70, ROWS), "n_d": rng.uniform(0.6, 1.5, ROWS)}


@pytest.fixture
def series():
    """Coefficients (ROWS, 240, 2)."""
    return np.random.default_rng(1).normal(size=(ROWS, 240, 2))
