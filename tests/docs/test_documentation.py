"""The documentation builds without a warning, and its links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

DOCS = Path(__file__).parents[2] / "docs"
SYSTEMS = sorted(path.stem for path in (DOCS.parent / "dataset_cards").glob("*.md"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it; the tutorials are run by tests of their own."""
    place = tmp_path_factory.mktemp("docs")
    options = ["-b", "html", "-W", "--keep-going", "-q", "-D", "plot_gallery=0"]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, "-d", str(place / "trees"), str(DOCS),
         str(place / "html")],
        env=os.environ | {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return place / "html"


class _Links(HTMLParser):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.names: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [link for name in ("href", "src") if (link := given.get(name))]
        self.names |= {name for key in ("id", "name") if (name := given.get(key))}


def test_links_lead_somewhere(site: Path) -> None:
    theme = site / "_static"  # its templates are no pages
    pages = {p: _Links(p) for p in site.rglob("*.html") if theme not in p.parents}
    assert len(pages) > 50
    dead = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                dead.append(f"{path.relative_to(site)}: {link}")
            elif parts.fragment and target in pages and target.suffix == ".html":
                names = pages[target].names
                if unquote(parts.fragment) not in names and parts.fragment != "":
                    dead.append(f"{path.relative_to(site)}: {link}")
    assert not dead, dead[:20]


def test_formulas_need_no_network(site: Path) -> None:
    """They are MathML, and no page asks another place for a script or a style."""
    assert '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"' in (
        site / "systems" / "pldos.html"
    ).read_text(encoding="utf-8")
    reference = site / "api" / "generated" / "mesoinv.generators.anderson3d.eigenstate.html"
    assert "<math" in reference.read_text(encoding="utf-8")
    needed = re.compile(r"<(?:script|link|img)[^>]+(?:src|href)=\"(?:https?:)?//")
    for page in site.rglob("*.html"):
        found_there = needed.findall(page.read_text(encoding="utf-8"))
        assert not found_there, (page.name, found_there)


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_system_has_a_page(site: Path, system: str) -> None:
    """With its picture, its tasks and its report."""
    text = (site / "systems" / f"{system}.html").read_text(encoding="utf-8")
    for needed in ("Physics", "Configurations", "Tasks", "the report"):
        assert needed in text
    assert list((site / "_images").glob(f"{system}-*.png"))


def test_the_reference_has_every_public_name(site: Path) -> None:
    import mesoinv

    for name in mesoinv.__all__:
        if name not in {"__version__", "loaders"}:
            page = site / "api" / "generated" / f"mesoinv.{name}.html"
            assert "Parameters" in page.read_text(encoding="utf-8") or name.startswith("list_")
