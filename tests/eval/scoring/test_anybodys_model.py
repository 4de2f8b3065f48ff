"""Functions, modules, arrays and files of anybody are scored, and written as predictions."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from eval_helpers import COUNT, samples

import mesoinv
from mesoinv.eval.scoring.write_predictions import write_predictions
from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.zoo.metrics.uncertainty import crps

TASK = get_task("pldos-donors")


def means(pldos):
    """A guess from the mean density of each sample."""
    assert pldos.dtype == np.float32
    mean = pldos.mean(axis=(1, 2))
    return {"s": 55 + mean, "n_d": 1 + 0 * mean}


class Network(torch.nn.Module):
    """The same guess as a network of somebody's own."""

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(()))
        self.dropout = torch.nn.Dropout(0.5)

    def forward(self, pldos):
        mean = self.scale * pldos.mean(dim=(1, 2))
        return {"s": 55 + self.dropout(mean), "n_d": 1 + 0 * mean}


@pytest.fixture(scope="module")
def arrays(report_cache):
    return means(samples(report_cache, ("pldos",))["pldos"].astype(np.float32))


def test_all_forms_score_alike(evaluate, arrays, report_cache, tmp_path):
    network = Network().train()
    path = write_predictions(means, TASK, tmp_path / "a.parquet", samples=COUNT, cache=report_cache)
    expected = evaluate(arrays).evaluation
    for given in (means, network, path, str(path)):
        evaluation = evaluate(given, variants=False).evaluation
        for name, score in expected.scores.items():
            assert evaluation.scores[name].value == pytest.approx(score.value, rel=1e-5)
    assert network.training
    assert evaluate(means).evaluation.subject.name == "means"
    assert evaluate(network, variants=False).evaluation.subject.name == "Network"
    assert expected.subject.digest == evaluate(arrays).evaluation.subject.digest
    # a function can be given noisy samples, arrays cannot
    assert set(evaluate(means).evaluation.variants) == set(TASK.variants)
    assert expected.variants == {}


def test_a_single_target_needs_no_name(evaluate, report_cache):
    truth = samples(report_cache, ("potential",), "landscape")["potential"]
    result = evaluate(np.zeros_like, "pldos-landscape", variants=False)
    assert result.headline.value == pytest.approx(0.0)
    perfect = evaluate({"potential": truth}, "pldos-landscape")
    assert perfect.headline.value == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda x: x[:, 0, 0], "The function gives one array; the task wants s, n_d"),
        (lambda x: {"s": x[:, 0, 0]}, "the task wants s, n_d: no n_d"),
        (lambda x: {"s": x, "n_d": x[:, 0, 0]}, r"s must have shape \(6,\); got \(6, 256, 192\)"),
        (lambda x: {"s": x[:1, 0, 0], "n_d": x[:, 0, 0]}, r"s must have shape \(6,\)"),
        (lambda x: dict.fromkeys(("s", "n_d"), np.full(len(x), "a")), "must hold real numbers"),
        ({"s": np.zeros(COUNT)}, "The arrays give s; the task wants"),
        ({"s": np.zeros(2), "n_d": np.zeros(2)}, r"s must have shape \(6,\); got \(2,\)"),
        (3, "An object of type int cannot be scored. Give a name of the zoo"),
        (None, "type NoneType cannot be scored"),
        ([np.zeros(COUNT)], "type list cannot be scored"),
    ],
)
def test_other_answers_are_refused(evaluate, given, message):
    with pytest.raises(UsageError, match=message):
        evaluate(given)


def test_nan_is_refused_by_sample(evaluate, arrays):
    wrong = {name: values.copy() for name, values in arrays.items()}
    wrong["s"][4] = np.nan
    with pytest.raises(MesoinvError, match="s has NaN or infinity for sample 4"):
        evaluate(wrong)


def test_a_file_of_predictions(arrays, report_cache, tmp_path):
    shown, path = [], tmp_path / "deep" / "mine.parquet"
    options = {"samples": COUNT, "cache": report_cache}
    made = mesoinv.write_predictions(
        means, "pldos-donors", path, progress=lambda *n: shown.append(n), **options
    )
    assert made == path
    assert shown[-1] == (COUNT, COUNT)
    table = pq.read_table(path)
    assert table.column_names == ["index", "s", "n_d"]
    np.testing.assert_allclose(table["s"].to_numpy(), arrays["s"], rtol=1e-6)
    assert b'"units"' in table.schema.metadata[b"mesoinv"]
    with pytest.raises(UsageError, match="wants s, n_d"):
        mesoinv.write_predictions(lambda x: x, "pldos-donors", tmp_path / "b.parquet", **options)
    assert not (tmp_path / "b.parquet").exists()


def test_uncertainties_are_scored(evaluate, arrays, report_cache, tmp_path):
    wide = arrays | {"s_std": np.full(COUNT, 1e6), "n_d_std": np.zeros(COUNT)}
    scores = evaluate(wide).evaluation.scores
    assert scores["s coverage"].value == 1
    assert scores["n_d coverage"].value == 0
    truth = samples(report_cache, ("n_d",))["n_d"]
    assert scores["n_d crps"].value == pytest.approx(np.abs(arrays["n_d"] - truth).mean())
    assert scores["s crps"].unit == "nm"
    assert "s coverage" not in evaluate(arrays).evaluation.scores
    path = write_predictions(
        lambda x: means(x) | {"s_std": np.ones(len(x))}, TASK, tmp_path / "a.parquet",
        samples=COUNT, cache=report_cache,
    )  # fmt: skip
    assert "s crps" in evaluate(path).evaluation.scores


def test_crps_is_the_integral_that_defines_it():
    from scipy.stats import norm

    x = np.linspace(-30, 30, 600_001)
    for mean, width, truth in ((0.0, 1.0, 0.3), (1.0, 2.5, -4.0), (-2.0, 0.1, -2.05)):
        integrand = (norm.cdf(x, mean, width) - (x >= truth)) ** 2
        expected = np.trapezoid(integrand, x)
        value = crps(np.array([mean - truth]), np.array([width]))[0]
        assert value == pytest.approx(expected, rel=1e-3)  # of the grid
    np.testing.assert_array_equal(crps(np.array([-3.0]), np.zeros(1)), [3.0])
