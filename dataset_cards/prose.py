"""The hand-written part of a card: ``<name>.md``, a YAML head and a few fixed sections."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING

import yaml

from mesoinv.generators.common.errors import MesoinvError, UsageError, unknown_name
from mesoinv.generators.common.records import from_dict

if TYPE_CHECKING:
    from mesoinv.generators.pipeline.base import Dataset

SECTIONS = (
    "Physics",
    "Columns",
    "What is hard about it",
    "Departures from the paper",
    "Known limits",
    "Changelog",
)


@dataclass(frozen=True)
class Task:
    """One leaderboard of the Hub: a configuration and the split that is scored.

    Those that `mesoinv.eval.tasks` declares are found; a dataset of one's own may name others.
    """

    id: str
    config: str
    split: str


@dataclass(frozen=True)
class Benchmark:
    """What ``eval.yaml`` says; the Hub makes one leaderboard of each task."""

    name: str
    description: str
    evaluation_framework: str = "mesoinv"
    tasks: tuple[Task, ...] = ()


@dataclass(frozen=True)
class Head:
    """The YAML head of a prose file: what a card needs and a generator does not declare."""

    year: int | None = None
    task_categories: tuple[str, ...] = ("other",)
    tags: tuple[str, ...] = ()
    summary: str = ""
    grid: str = ""
    boundary: str = ""
    task: str = ""
    benchmark: Benchmark | None = None


@dataclass(frozen=True)
class Prose:
    """A parsed prose file.

    Attributes
    ----------
    head : Head
        Declared metadata.
    sections : dict of str to str
        Title (one of `SECTIONS`) -> Markdown below it.
    """

    head: Head = field(default_factory=Head)
    sections: dict[str, str] = field(default_factory=dict)


def parse_prose(text: str, source: str) -> Prose:
    """Parse a prose file.

    Parameters
    ----------
    text : str
        ``---``, YAML, ``---``, then level-two sections.
    source : str
        File name for error messages.

    Returns
    -------
    Prose
        The head and the sections.

    Raises
    ------
    MesoinvError
        If the head is missing, is not YAML or has a key that does not exist.
    UsageError
        If a section's title is not one of `SECTIONS`.
    """
    match = re.match(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL)
    if match is None:
        raise MesoinvError(f"{source} must begin with a YAML head between two lines of '---'.")
    try:
        head = from_dict(Head, yaml.safe_load(match[1]) or {})
    except (yaml.YAMLError, UsageError) as error:
        raise MesoinvError(f"The YAML head of {source} is not valid: {error}") from None
    parts = re.split(r"^## (.+)\n", match[2], flags=re.MULTILINE)
    sections = {t.strip(): body.strip() for t, body in zip(parts[1::2], parts[2::2], strict=True)}
    for title in sections:
        if title not in SECTIONS:
            raise unknown_name(f"section of {source}", title, SECTIONS)
    return Prose(head, sections)


def read_prose(dataset: Dataset) -> Prose:
    """Return the prose of a dataset's card, empty if ``dataset_cards/<name>.md`` is not there."""
    path = files("mesoinv.dataset_cards") / f"{dataset.name}.md"
    if not path.is_file():
        return Prose()
    return parse_prose(path.read_text(encoding="utf-8"), path.name)
