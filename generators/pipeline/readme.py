"""The ``README.md`` that ends a build: what ``load_dataset`` needs, and what the folder is."""

from __future__ import annotations

import shlex
import warnings
from typing import TYPE_CHECKING, Any

import yaml

from mesoinv.generators import list_datasets
from mesoinv.generators.common.files import replace_text
from mesoinv.generators.pipeline.front_matter import (
    declared_files,
    front_matter,
    loading_keys,
    stored_splits,
)

if TYPE_CHECKING:
    from pathlib import Path

    from mesoinv.generators.pipeline.built_folder import BuiltFolder

README = "README.md"
#: Below the YAML head of every README that mesoinv writes, the short one and the full card.
MARKER = "<!-- Written by mesoinv: its commands generate, card and push replace this file. -->"

_TEXT = """
# {pretty_name}

The dataset `{name}`, version **{version}**, as `mesoinv generate` built it.
Configurations: {configs}; the default is `{default}`.

```python
from datasets import load_dataset

ds = load_dataset("path/to/this/folder", "{default}", split="{split}")
ds = ds.with_format("numpy")  # a plain row is nested Python lists
```

- `mesoinv card FOLDER{option}` replaces this page by the full card:
  physics, columns with their units, seeds, costs.
- `mesoinv verify FOLDER{option}` checks every file, and computes some samples again.
"""


def readme_head(yaml_text: str) -> str:
    """Return the beginning of a README: the YAML head between its fences, and `MARKER`."""
    return f"---\n{yaml_text}---\n{MARKER}\n"


def update_readme(built: BuiltFolder) -> None:
    """Make ``load_dataset`` find everything in a folder: write a short README where it is needed.

    A README that declares the configurations as they are now stays, whoever wrote it, so a full
    card stays until the build is extended. Another one is replaced if mesoinv wrote it. If somebody
    else did, it stays too, and a warning says what is missing.

    Parameters
    ----------
    built : BuiltFolder
        A build with at least one complete configuration.
    """
    path, text = built.folder / README, read_readme(built.folder)
    if _declares_all(text, built):
        return
    folder = shlex.quote(str(built.folder))
    if text.strip() and MARKER not in text:  # a power cut may leave an empty file
        warnings.warn(
            f"{path} was not written by mesoinv and stays as it is. Its YAML head does not "
            f"describe what is here now ({', '.join(built.configs)}), so load_dataset may not read "
            f"all of it. `mesoinv card {folder}{_option(built)}` replaces the file.",
            stacklevel=2,
        )
        return
    replace_text(path, short_readme(built))


def read_readme(folder: Path) -> str:
    """Return the README of a folder; empty where there is none."""
    path = folder / README
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def short_readme(built: BuiltFolder) -> str:
    """Return a README with the YAML head of a card and a few lines of text."""
    dataset, default = built.dataset, built.default_config
    splits = stored_splits(built.configs[default])
    text = _TEXT.format(
        pretty_name=dataset.pretty_name,
        name=dataset.name,
        version=built.manifest.version,
        configs=", ".join(f"`{name}`" for name in built.configs),
        default=default,
        split="test" if "test" in splits else next(iter(splits)),
        option=_option(built),
    )
    return readme_head(front_matter(built)) + text


def _option(built: BuiltFolder) -> str:
    """Return what commands need besides the folder of a dataset that mesoinv does not list."""
    return "" if built.dataset.name in list_datasets() else " --dataset package.module:OBJECT"


def declares_files(text: str, built: BuiltFolder) -> bool:
    """Whether the YAML head of a README names the files of every configuration that is here."""
    return _head(text).get("configs") == declared_files(built)


def _declares_all(text: str, built: BuiltFolder) -> bool:
    """Whether the YAML head of a README has the keys for loading as they would be written now."""
    head, expected = _head(text), loading_keys(built)
    return all(head.get(key) == expected[key] for key in expected)


def _head(text: str) -> dict[str, Any]:
    """Return the YAML head of a README; empty if there is none."""
    fences = text.split("---\n", 2)
    if len(fences) < 3 or fences[0]:
        return {}
    try:
        head = yaml.safe_load(fences[1])
    except (yaml.YAMLError, ValueError):  # ValueError: a date that does not exist
        return {}
    return head if isinstance(head, dict) else {}
