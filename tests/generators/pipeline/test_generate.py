"""Random access: a sample alone, in a batch, in any order, is the same sample."""

from __future__ import annotations

import numpy as np
import pytest
import toy_dataset

from mesoinv import generate
from mesoinv.generators.common.errors import MesoinvError, UsageError

DATASET = toy_dataset.DATASET


class Forgetful(toy_dataset.Toy):
    def solve(self, config: str, drawn: dict, **_options: object) -> dict:
        return drawn


def test_sample_alone_is_the_sample_in_a_batch() -> None:
    batch = generate(DATASET, "plain", "train", range(11))  # three times rows_per_part
    assert list(batch) == [column.name for column in DATASET.columns("plain")]
    assert batch["density"].shape == (11, 4, 6)
    assert batch["density"].dtype == np.float64  # not rounded
    for index in (0, 5, 10):
        alone = generate("toy_dataset:DATASET", "plain", "train", [index])
        for name, values in alone.items():
            np.testing.assert_array_equal(values[0], batch[name][index], err_msg=name)


def test_any_order_and_beyond_the_published_samples() -> None:
    batch = generate(DATASET, "plain", "test", [7, 7, 10**12, 0])
    assert batch["index"].tolist() == [7, 7, 10**12, 0]
    np.testing.assert_array_equal(batch["potential"][0], batch["potential"][1])
    assert not np.array_equal(batch["potential"][2], batch["potential"][3])


def test_default_is_the_beginning_of_the_test_split() -> None:
    assert generate(DATASET, "other")["index"].tolist() == list(range(8))


def test_configs_splits_and_solvers_differ() -> None:
    first = generate(DATASET, "plain", "test", [0])
    for other in (
        generate(DATASET, "other", "test", [0]),
        generate(DATASET, "plain", "train", [0]),
    ):
        assert not np.array_equal(first["potential"], other["potential"])
    rough = generate(DATASET, "plain", "test", [0], solver="rough")
    np.testing.assert_array_equal(first["potential"], rough["potential"])
    assert not np.array_equal(first["density"], rough["density"])


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("plian",), {}, "Did you mean 'plain'"),
        (("plain", "tset"), {}, "Did you mean 'test'.*Allowed: train, validation, test"),
        (("plain", "test", []), {}, "one or more integers"),
        (("plain", "test", [-1]), {}, "0 or more"),
        (("plain", "test", [0.5]), {}, "0 or more"),
        (("plain",), {"solver": "best"}, "Allowed: exact, rough"),
        (("plain",), {"device": "tpu"}, "Allowed: cpu, cuda"),
    ],
)
def test_misuse(arguments: tuple, options: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        generate(DATASET, *arguments, **options)


def test_missing_column_is_named() -> None:
    with pytest.raises(MesoinvError, match=r"solve\(\) returned no occupied, spectrum"):
        generate(Forgetful(), "plain")
