"""Copies the table and plot libraries out of the installed packages that bundle them.

The packages are never imported: only their files are read.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

from mesoinv.generators.common.errors import MesoinvError

STATIC = Path(__file__).parent / "static"
LIBRARIES = ("itables", "plotly")
_EXPORT = re.compile(r"export\s*\{([^{}]*)\}\s*;?")
_ALIAS = re.compile(r"([\w$]+)(?:\s+as\s+([\w$]+))?")


def write_assets(folder: Path) -> None:
    """Write every script and style sheet that the pages need.

    Raises
    ------
    MesoinvError
        If a library is not installed, or is laid out in another way than the tested versions.
    """
    folder.mkdir()
    for path in sorted(STATIC.iterdir()):
        (folder / path.name).write_bytes(path.read_bytes())
    bundle = _read("itables", "itables/html/dt_bundle.js").decode("utf-8")
    (folder / "datatables.js").write_text(classic_script(bundle), encoding="utf-8")
    (folder / "datatables.css").write_bytes(_read("itables", "itables/html/dt_bundle.css"))
    (folder / "plotly.min.js").write_bytes(_read("plotly", "plotly/package_data/plotly.min.js"))
    for package in LIBRARIES:
        (folder / f"{package}-LICENSE.txt").write_bytes(_licence(package))


def library_versions() -> dict[str, str]:
    """Return the versions of the packages whose files the site carries."""
    return {package: version(package) for package in LIBRARIES}


def classic_script(module: str) -> str:
    """Turn an ES module without imports into a script that sets ``window.mesoinvTables``.

    Browsers refuse to load modules from ``file://``.
    """
    exports = _EXPORT.findall(module)
    if len(exports) != 1:
        raise MesoinvError(
            f"itables {version('itables')} bundles its tables in another form than 2.9 does. "
            "Install the version that pyproject.toml names."
        )
    pairs = ", ".join(f"{alias or name}: {name}" for name, alias in _ALIAS.findall(exports[0]))
    # a function as the replacement: names may contain what re.sub would interpret
    body = _EXPORT.sub(lambda _: f"window.mesoinvTables = {{ {pairs} }};", module)
    return f'(() => {{\n"use strict";\n{body}\n}})();\n'


def _read(package: str, name: str) -> bytes:
    try:
        return Path(str(distribution(package).locate_file(name))).read_bytes()
    except PackageNotFoundError:
        raise MesoinvError(f"The site needs {package}: pip install {package}.") from None
    except FileNotFoundError:
        raise MesoinvError(
            f"{package} {version(package)} has no {name}. Install the version that pyproject.toml "
            "names."
        ) from None


def _licence(package: str) -> bytes:
    files = distribution(package).files or []
    for path in files:
        if path.name.upper().startswith("LICENSE"):
            return Path(str(path.locate())).read_bytes()
    raise MesoinvError(f"{package} {version(package)} carries no licence, so it is not copied.")
