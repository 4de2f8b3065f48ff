"""The examples in the docstrings of public functions: each has one, and it gives what it says."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from typing import TYPE_CHECKING

import pytest

import mesoinv
from mesoinv import generators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MODULES = (
    "mesoinv",
    *(f"mesoinv.generators.{m.name}" for m in pkgutil.iter_modules(generators.__path__)),
)


def public() -> Iterator[tuple[str, Callable[..., object]]]:
    for name in MODULES:
        module = importlib.import_module(name)
        for member in getattr(module, "__all__", ()):
            function = getattr(module, member)
            if inspect.isfunction(function):
                yield f"{name}.{member}", function


FUNCTIONS = dict(public())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_example_gives_what_it_says(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = inspect.getdoc(FUNCTIONS[name]) or ""
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, None)
    assert test.examples, f"{name} has no example"
    said: list[str] = []
    doctest.DocTestRunner().run(test, out=said.append)
    assert not said, "".join(said)


def test_there_are_many() -> None:
    assert len(FUNCTIONS) > 30
    assert mesoinv.generate in FUNCTIONS.values()
