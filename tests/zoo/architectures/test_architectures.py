"""What architectures say about themselves: which are trivial, what models may not ask of them."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys

import pytest

from mesoinv.zoo import architectures
from mesoinv.zoo.architectures import is_trivial, list_architectures

WITHOUT_TORCH = """
import json, sys
sys.modules["torch"] = None  # an import of it fails
from mesoinv.zoo.architectures import is_trivial, list_architectures
print(json.dumps({name: is_trivial(name) for name in list_architectures()}))
"""


def module_of(name):
    return importlib.import_module(f"{architectures.__name__}.{name}")


def test_trivial_ones_are_known_without_torch():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    expected = {
        name: getattr(module_of(name), "TRIVIAL", False) is True for name in list_architectures()
    }
    assert json.loads(done.stdout) == expected
    assert {name for name, trivial in expected.items() if trivial} >= {"constant", "linear"}
    assert not all(expected.values())


@pytest.mark.parametrize("name", ["", "transformer", "../constant", "constant.py"])
def test_what_is_no_architecture_is_not_trivial(name):
    assert not is_trivial(name)


@pytest.mark.parametrize("name", list_architectures())
def test_an_architecture_refuses_nothing_where_nothing_is_asked(name):
    assert architectures.refusals(name, {}) == []


@pytest.mark.parametrize(
    ("name", "hyperparameters", "where", "what"),
    [
        ("timm", {"arguments": {"checkpoint_path": "w.pth"}}, "arguments", "'checkpoint_path'"),
        ("timm", {"arguments": {"embed_dim": [8, 5000]}}, "arguments", "beyond 4096"),
        ("timm", {"arguments": "none"}, "arguments", "not keys and values"),
        ("landscape_observer", {"s": [1.0, 70.0]}, "s", "two numbers within"),
        ("landscape_observer", {"n_d": [2.0, 1.0]}, "n_d", "in order"),
        ("landscape_observer", {"landscape": [1]}, "landscape", "not keys and values"),
    ],
)
def test_what_somebody_elses_model_may_not_ask(name, hyperparameters, where, what):
    (refusal,) = architectures.refusals(name, hyperparameters)
    assert refusal.where == where
    assert what in refusal.what


def test_what_it_may_ask():
    assert architectures.refusals("timm", {"arguments": {"embed_dim": [8, 64]}}) == []
    donors = {"s": [40.0, 70.0], "n_d": [0.6, 1.5], "landscape": {"channels": [2]}}
    assert architectures.refusals("landscape_observer", donors) == []
