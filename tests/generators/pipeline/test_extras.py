"""What is said about packages that are not installed."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
import types

import pytest
from checkout import FILES, ROOT
from packaging.requirements import Requirement

from mesoinv.generators.common.extras import (
    MissingExtraError,
    extras,
    missing,
    require,
    require_modules,
)

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DECLARED = PYPROJECT["project"]["optional-dependencies"]


def declared_modules(extra: str) -> set[str]:
    """Return what an extra installs, read from pyproject.toml."""
    requirements = [Requirement(text) for text in DECLARED[extra]]
    here = [r for r in requirements if r.marker is None or r.marker.evaluate()]
    inner = [name for r in here if r.name == "mesoinv" for name in r.extras]
    own = {r.name.replace("-", "_") for r in here if r.name != "mesoinv"}
    return own.union(*map(declared_modules, inner))


def test_extras_are_those_of_pyproject() -> None:
    known = {name: set(modules) for name, modules in extras().items()}
    assert known == {name: declared_modules(name) for name in DECLARED}, "install it: make setup"


def test_names_of_packages_are_names_of_modules() -> None:
    assert missing(*extras()["all"]) == [], "install it: make setup"


def test_extras_that_are_asked_for_exist() -> None:
    """Every call of `require` in the sources names extras of pyproject.toml."""
    sources = [path for path in FILES if path.suffix == ".py" and path.parts[0] != "tests"]
    calls = [
        node
        for path in sources
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "require"
    ]
    arguments = [argument for call in calls for argument in call.args[1:]]
    # a list that is computed has a test of its own
    names = {ast.literal_eval(a) for a in arguments if not isinstance(a, ast.Starred)}
    assert names
    assert names <= set(DECLARED)


def test_what_is_installed_is_not_missing() -> None:
    assert missing("numpy", "json") == []
    require_modules("mesoinv generate", "numpy", "json")
    require("mesoinv generate", "all")


def test_what_is_missing_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert missing("no_such_package", "numpy", "jinja2") == ["no_such_package", "jinja2"]
    with pytest.raises(MissingExtraError) as caught:
        require_modules("A card", "jinja2", "numpy", "matplotlib")
    assert str(caught.value) == (
        "A card needs packages that are not installed: jinja2, matplotlib. "
        "Install them with: pip install 'mesoinv[plot,publish]'"
    )
    assert caught.value.exit_code == 1


def test_an_extra_that_is_there_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchmetrics", None)
    require("mesoinv predict", "models", "plot")
    with pytest.raises(MissingExtraError, match=r"torchmetrics\. .* 'mesoinv\[train\]'$"):
        require("mesoinv train", "plot", "train", "models")


def test_packages_of_no_extra_are_named_themselves() -> None:
    with pytest.raises(MissingExtraError, match=r"pip install no_such_package$"):
        require_modules("This", "no_such_package")


def test_a_checkout_that_was_not_installed_asks_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mesoinv.generators.common.extras.DISTRIBUTION", "no-such-distribution")
    assert extras() == {}
    require("mesoinv train", "train")


def test_a_module_without_a_spec_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "stand_in", types.ModuleType("stand_in"))
    assert missing("stand_in") == []


def test_a_refusing_import_hook_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def find_spec(self, name: str, *_others: object) -> None:
            if name == "no_such_package":
                raise ModuleNotFoundError(name)

    monkeypatch.setattr(sys, "meta_path", [Refusing(), *sys.meta_path])
    assert missing("no_such_package") == ["no_such_package"]


def test_nothing_is_imported_to_find_out() -> None:
    program = (
        "import sys\n"
        "from mesoinv.generators.common.extras import missing\n"
        "assert missing('torch', 'matplotlib') == []\n"
        "sys.exit('torch' in sys.modules or 'matplotlib' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
