"""What people pass: anything that is an array, and nothing whose values are not all there."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from mesoinv import generate
from mesoinv.generators.common.arguments import plain_array
from mesoinv.generators.common.errors import UsageError

#: Nothing of ours may warn where warnings are errors.
PROGRAM = """
import numpy as np, torch, mesoinv
from mesoinv.generators.conductance import conductance
from mesoinv.generators.percolation import clusters
from mesoinv.generators.pldos import partial_ldos

def frozen(array):
    array.flags.writeable = False
    return array

wire = np.random.default_rng(0).normal(size=(2, 5, 5))
tensor = torch.from_numpy(wire)
for given in (wire, frozen(wire.copy()), tensor, tensor.clone().requires_grad_()):
    conductance(given, [0.0])
maps = mesoinv.generate("pldos", "landscape", "test", [0])
partial_ldos(frozen(maps["potential"]))
model = mesoinv.load_model("pldos-landscape-unet.16k")
model.predict(frozen(maps["pldos"].astype(np.float32)))
lattices = np.random.default_rng(0).random((62, 100, 100)) < 0.5
clusters(lattices)
mesoinv.load_model("percolation-density-count.31k").predict(lattices)
mesoinv.evaluate({"spanning": np.zeros(62, bool)}, "percolation-spanning", samples=62)
mesoinv.evaluate({"density": np.full(62, 0.5)}, "percolation-density", samples=62)
"""


def test_no_warnings(tmp_path) -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_arrays_of_all_kinds() -> None:
    expected = np.arange(3.0)
    masked = np.ma.masked_array(expected, mask=False)
    tensor = torch.from_numpy(expected).requires_grad_()
    for given in (expected, [0, 1, 2], masked, tensor, (0.0, 1.0, 2.0)):
        np.testing.assert_array_equal(plain_array(given, "numbers"), expected)


def test_what_has_no_value() -> None:
    with pytest.raises(UsageError, match="Some of the numbers are masked"):
        plain_array(np.ma.masked_array([1.0, 2.0], mask=[True, False]), "numbers")
    with pytest.raises(UsageError, match="The numbers do not form one array"):
        plain_array([[1.0], [1.0, 2.0]], "numbers")


@pytest.mark.parametrize(
    ("indices", "part"),
    [
        (3, r"write \[3\]"), (np.int64(3), r"write \[3\]"), (slice(0, 3), "not a slice"),
        (None, "Got None"), ("3", "Got '3'"), ([1.5], "integers of 0 or more"),
        ([True], "integers of 0 or more"), ([], "one or more"), ([-1], "0 or more"),
        ([[1, 2]], "integers"),
    ],
)  # fmt: skip
def test_indices(indices, part) -> None:
    with pytest.raises(UsageError, match=part):
        generate("percolation", "L10", "test", indices)
