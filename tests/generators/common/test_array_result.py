"""Results in a terminal and in a notebook: shapes instead of a hundred thousand numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from mesoinv.generators.common.array_result import ArrayResult
from mesoinv.generators.conductance import linearise
from mesoinv.generators.pldos import Strip, transport

STRIP = Strip(6, 12, 6)


@dataclass(frozen=True, repr=False)
class Result(ArrayResult):
    """One field of each kind."""

    potential: np.ndarray
    fits: np.ndarray
    method: str
    parts: list[object]


def test_arrays_by_shape_and_few_numbers_as_they_are() -> None:
    result = Result(np.zeros((2, 30, 40)), np.array([True, False]), "a <b>", [object()])
    assert repr(result).splitlines() == [
        "Result",
        "  potential  (2, 30, 40) float64",
        "  fits       [ True False]",
        "  method     a <b>",
        "  parts      (list)",
    ]
    table = result._repr_html_()
    assert table.startswith("<table><caption>Result</caption>")
    assert "<td>method</td><td>a &lt;b&gt;</td>" in table


@pytest.mark.parametrize(
    "result",
    [
        transport(np.zeros((1, 6, 12)), strip=STRIP),
        linearise(np.zeros((1, 9, 3)), energies=[0.3]),
    ],
)
def test_results_of_solvers_are_short(result: object) -> None:
    assert repr(result).startswith(type(result).__name__ + "\n")
    assert len(repr(result)) < 600
