"""How Sphinx builds the documentation: `make docs`; it asks no network."""

from __future__ import annotations

import sys
import warnings
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import matplotlib as mpl

sys.path.insert(0, str(Path(__file__).parent))
from site_pages import escape_bars, inside, write_pages

mpl.use("agg")
warnings.filterwarnings("ignore", message=".*non-interactive.*")

project, author = "mesoinv", "The mesoinv developers"
copyright = "The mesoinv developers"  # noqa: A001  (Sphinx reads this name)
version = release = version_of("mesoinv")
extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "mathml",
    "sphinx_gallery.gen_gallery",
]
root_doc = "index"
exclude_patterns = ["_build", "tutorials/*"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
html_math_renderer = "mathml"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
autodoc_typehints = "none"
autosummary_generate = True
nitpicky = False
# a page of a report lies beside its figures and links to files of the repository
suppress_warnings = ["myst.header", "config.cache"]

html_theme = "pydata_sphinx_theme"
html_title = "mesoinv"
html_static_path: list[str] = []
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
sphinx_gallery_conf = {
    "examples_dirs": "tutorials",
    "gallery_dirs": "gallery",
    "filename_pattern": r"plot_",
    "ignore_pattern": r"deepinv_physics",
    "within_subsection_order": "FileNameSortKey",
    "remove_config_comments": True,
    "download_all_examples": False,
    "abort_on_example_error": True,
    "show_memory": False,
    "min_reported_time": 0,
    # that page would ask other places for scripts
    "write_computation_times": False,
}

write_pages(Path(__file__).parent)


def setup(app: Any) -> None:
    """Let bars in docstrings be bars, and links to copied files lead to their pages."""
    app.connect("autodoc-process-docstring", lambda *given: escape_bars(given[-1]), priority=1)
    app.connect("source-read", lambda _app, _name, source: source.__setitem__(0, inside(source[0])))
