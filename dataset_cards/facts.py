"""What a build says about itself: its declaration, its manifest and the prose of its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesoinv.dataset_cards.prose import Prose, Task, read_prose
from mesoinv.eval.tasks import tasks_of
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.common.templates import inert
from mesoinv.generators.pipeline.audit.files import stored_columns
from mesoinv.generators.pipeline.built_folder import BuiltFolder
from mesoinv.generators.pipeline.manifest import MANIFEST, Shard, read_manifest
from mesoinv.generators.pipeline.resolve import dataset_of_file, resolve_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from mesoinv.generators.pipeline.base import Column, Dataset


@dataclass(frozen=True)
class Build(BuiltFolder):
    """A complete build on disk, opened for a card.

    Attributes
    ----------
    folder, manifest, dataset
        As of `BuiltFolder`.
    prose : Prose
        The hand-written part of the card.
    """

    prose: Prose

    @property
    def sources(self) -> list[str]:
        """Names of the declared configurations whose samples are here in any form."""
        return list(dict.fromkeys(record.source for record in self.configs.values()))

    def columns(self, name: str) -> tuple[Column, ...]:
        """Return the declared columns that the files of a configuration hold."""
        return stored_columns(self.dataset, self.configs[name])

    @property
    def shards(self) -> list[Shard]:
        """All finished files."""
        return [
            s for r in self.configs.values() for split in r.splits.values() for s in split.shards
        ]

    @property
    def tasks(self) -> list[Task]:
        """Benchmark tasks whose configuration and split were built."""
        benchmark = self.prose.head.benchmark
        ours = [
            Task(id=task.id, config=task.config, split=task.split)
            for task in tasks_of(self.dataset.name)
        ]
        return [
            task
            for task in [*ours, *(benchmark.tasks if benchmark else [])]
            if task.config in self.configs and task.split in self.configs[task.config].splits
        ]


def open_build(folder: Path, dataset: str | Dataset | None = None) -> Build:
    """Open a complete build.

    Parameters
    ----------
    folder : Path
        Folder with a ``manifest.json``.
    dataset : str or Dataset, optional
        Declaration of a dataset that mesoinv does not list, see `resolve_dataset`.

    Returns
    -------
    Build
        The build with its declaration.

    Raises
    ------
    MesoinvError
        If there is no build, it is not finished, or it was made from another version of the
        dataset than the installed one.
    """
    manifest = read_manifest(folder)
    declared = resolve_dataset(dataset) if dataset else dataset_of_file(manifest.dataset, MANIFEST)
    if not manifest.complete:
        raise MesoinvError(
            f"The build in {folder} is not complete. Run the same `mesoinv generate` again: "
            "it continues where it stopped."
        )
    if manifest.version != declared.version:
        raise MesoinvError(
            f"{folder} holds {declared.name} {manifest.version}, this mesoinv declares "
            f"{declared.version}: install the mesoinv that made it, or build it again."
        )
    # a manifest may be somebody else's, and its texts stand in the card
    return Build(folder, inert(manifest), declared, read_prose(declared))
