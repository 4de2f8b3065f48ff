"""What a build says about itself: its declaration, manifest and the footers of its files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from mesoinv.dataset_cards.prose import Prose, Task, read_prose
from mesoinv.eval.tasks import tasks_of
from mesoinv.generators.pipeline.audit_files import stored_columns
from mesoinv.generators.pipeline.errors import MesoinvError
from mesoinv.generators.pipeline.manifest import ConfigRecord, Manifest, Shard, read_manifest
from mesoinv.generators.pipeline.plan import HELD_OUT
from mesoinv.generators.pipeline.resolve import resolve_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from mesoinv.generators.pipeline.base import Column, Dataset


@dataclass(frozen=True)
class Build:
    """A built dataset on disk, opened for reading.

    Attributes
    ----------
    folder : Path
        The build, laid out as the Hub repository.
    manifest : Manifest
        What was made.
    dataset : Dataset
        The declaration it was made from.
    prose : Prose
        The hand-written part of the card.
    """

    folder: Path
    manifest: Manifest
    dataset: Dataset
    prose: Prose

    @cached_property
    def default_config(self) -> str:
        """The configuration that is loaded without a name: the declared one, if it was built."""
        names = list(self.manifest.configs)
        return self.dataset.default_config if self.dataset.default_config in names else names[0]

    @cached_property
    def configs(self) -> dict[str, ConfigRecord]:
        """Configurations with samples or pictures, the default one first."""
        rest = {n: r for n, r in self.manifest.configs.items() if n != self.default_config}
        return {self.default_config: self.manifest.configs[self.default_config], **rest}

    @property
    def declared(self) -> list[str]:
        """Names of the configurations that are declared ones, not prefixes or pictures of one."""
        return [name for name, record in self.configs.items() if name == record.source]

    @property
    def held_out(self) -> dict[str, ConfigRecord]:
        """Configurations of inputs whose answers are kept back."""
        return {name: r for name, r in self.configs.items() if r.kind == HELD_OUT}

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
    declared = resolve_dataset(dataset or manifest.dataset)
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
    return Build(folder, manifest, declared, read_prose(declared))


def parquet_features(build: Build, config: str) -> Any:
    """Return the `datasets.Features` of a configuration, as its first file declares them."""
    from datasets import Features  # noqa: PLC0415 - a second to import

    first = next(s for split in build.configs[config].splits.values() for s in split.shards)
    schema = pq.read_schema(build.folder / first.file)
    return Features.from_dict(json.loads(schema.metadata[b"huggingface"])["info"]["features"])


def uncompressed_bytes(build: Build, shards: list[Shard]) -> int:
    """Return the size of files' values before compression, from their parquet footers."""
    total = 0
    for shard in shards:
        footer = pq.read_metadata(build.folder / shard.file)
        total += sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
    return total
