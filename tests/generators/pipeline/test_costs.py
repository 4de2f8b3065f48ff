"""What commands say of the time that samples take."""

from __future__ import annotations

import time

import pytest
from build_helpers import TOY

import mesoinv
from mesoinv.commands.data import _say_how_long
from mesoinv.generators import list_datasets
from mesoinv.generators.common.numbers import duration
from mesoinv.generators.pipeline.costs import build_seconds, sample_seconds
from mesoinv.generators.pipeline.resolve import resolve_dataset


@pytest.mark.parametrize("name", list_datasets())
def test_every_configuration_was_measured(name: str) -> None:
    dataset = resolve_dataset(name)
    for config in dataset.configs:
        seconds = sample_seconds(dataset, config)
        assert seconds, f"{name} {config}: python -m benchmarks.bench_costs {name}"


def test_splits_and_sizes_are_counted() -> None:
    dataset = resolve_dataset("percolation")
    each = sample_seconds(dataset, "L10")
    counts = dataset.config("L10").sizes["small"]
    assert build_seconds(dataset, "L10", "small") == each * sum(counts.values())
    assert build_seconds(dataset, "L10", "small", ["test"]) == each * counts["test"]
    assert build_seconds(dataset, "balanced", "none") == 0


def test_a_dataset_of_ones_own_has_no_measured_time() -> None:
    assert build_seconds(resolve_dataset(TOY), "plain", "mini") is None


def test_the_measured_time_is_of_the_right_size() -> None:
    dataset = resolve_dataset("conductance")
    expected = sample_seconds(dataset, "model1_20x20") * 400
    mesoinv.generate("conductance", "model1_20x20", "test", range(2))
    start = time.perf_counter()
    mesoinv.generate("conductance", "model1_20x20", "test", range(400))
    assert expected / 20 < time.perf_counter() - start < 20 * expected


def test_a_long_build_says_how_long(capsys: pytest.CaptureFixture[str]) -> None:
    dataset = resolve_dataset("wavefunctions")
    seconds = build_seconds(dataset, "su2", "full", ["test"])
    _say_how_long(dataset, ["su2"], "full", ["test"], 2)
    said = capsys.readouterr().err
    assert said.startswith(f"About {duration(seconds)} of one core, shared by 2 processes. ")
    _say_how_long(dataset, ["su2"], "mini", ["test"], 2)
    _say_how_long(resolve_dataset(TOY), None, "mini", None, 1)
    assert not capsys.readouterr().err
