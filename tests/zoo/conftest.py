"""A few true samples, a cache and a built folder that hold them, and a small trained model."""

from __future__ import annotations

import os
from itertools import pairwise

import numpy as np
import pytest
import torch
from zoo_helpers import TRAIN, VALIDATION, small_model

from mesoinv.generators import get_dataset
from mesoinv.generators.pipeline.generate import generate
from mesoinv.generators.pipeline.storage import (
    arrow_schema,
    shard_writer,
    to_storage,
    to_table,
)

torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")  # for processes that tests start


@pytest.fixture(scope="session")
def samples():
    """Samples of ``pldos/global`` as they are generated."""
    counts = {"train": TRAIN, "validation": VALIDATION}
    return {split: generate("pldos", "global", split, range(n)) for split, n in counts.items()}


@pytest.fixture(scope="session")
def cache(samples, tmp_path_factory):
    """A cache of generated samples, cut short so that nothing more has to be computed."""
    folder = tmp_path_factory.mktemp("cache")
    for split, batch in samples.items():
        place = folder / f"pldos-{get_dataset('pldos').version}" / f"global-{split}"
        place.mkdir(parents=True)
        for column in get_dataset("pldos").columns("global"):
            np.save(place / f"{column.name}-0000000.npy", to_storage(column, batch[column.name]))
    return folder


@pytest.fixture(scope="session")
def built(samples, tmp_path_factory):
    """The same samples as a built dataset, the training ones in two files."""
    folder = tmp_path_factory.mktemp("built")
    columns = get_dataset("pldos").columns("global")
    (folder / "global").mkdir()
    for split, batch in samples.items():
        rows = len(batch["index"])
        cuts = [0, 5, rows] if split == "train" else [0, rows]
        for number, (a, b) in enumerate(pairwise(cuts)):
            name = f"{split}-{number:05d}-of-{len(cuts) - 1:05d}.parquet"
            with shard_writer(folder / "global" / name, arrow_schema(columns)) as writer:
                writer.write_table(to_table(columns, {k: v[a:b] for k, v in batch.items()}))
    return folder


@pytest.fixture
def model_folder(tmp_path):
    """A model's folder of one's own; nothing was trained."""
    return small_model().save_pretrained(tmp_path / "small")
