"""What is said about packages that are not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mesoinv.generators.pipeline.errors import MesoinvError
from mesoinv.generators.pipeline.extras import missing, require


def test_what_is_installed_is_not_missing() -> None:
    assert missing("numpy", "json") == []
    require("mesoinv generate", "all", "numpy", "json")


def test_what_is_missing_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert missing("no_such_package", "numpy", "jinja2") == ["no_such_package", "jinja2"]
    with pytest.raises(MesoinvError) as caught:
        require("A card", "plot,publish", "no_such_package", "numpy", "jinja2")
    assert str(caught.value) == (
        "A card needs packages that are not installed: no_such_package, jinja2. "
        "Install them with: pip install 'mesoinv[plot,publish]'"
    )
    assert caught.value.exit_code == 1


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
        "from mesoinv.generators.pipeline.extras import missing\n"
        "assert missing('torch', 'matplotlib') == []\n"
        "sys.exit('torch' in sys.modules or 'matplotlib' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
