"""The manifest of a build: what was made, from which seeds, by what code, with which digests."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.files import lfs_hint, replace_text
from mesoinv.generators.common.records import from_dict, to_json

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = "manifest.json"


@dataclass
class Shard:
    """One parquet file: its rows, its digest and what it cost."""

    file: str  # relative to the manifest, always with "/"
    first_row: int
    num_rows: int
    num_bytes: int
    sha256: str
    seconds: float  # time spent in draw and solve, summed over workers


@dataclass
class Split:
    """One split of a configuration and the shards finished so far."""

    num_rows: int  # when complete
    stream: str  # name that is hashed into the key
    shards: list[Shard] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every row is in a finished shard."""
        return sum(shard.num_rows for shard in self.shards) == self.num_rows


@dataclass
class ConfigRecord:
    """One directory of shards.

    ``source`` is the declared configuration whose samples these are: the configuration itself,
    or the default one for ``mini`` (its first samples) and ``preview`` (its first images). Files of
    a held-out configuration, ``<source>-held-out``, have only some `columns`, and their samples
    come from a secret key of which `commitment` is the digest. `only` names the splits of a build
    that was asked for some alone.
    """

    source: str
    kind: Literal["data", "images", "held-out"]
    size: str
    parameters: dict[str, object]
    solver: str
    device: str
    workers: int
    machine: str
    splits: dict[str, Split]
    commitment: str | None = None
    columns: list[str] | None = None
    only: list[str] | None = None

    @property
    def complete(self) -> bool:
        """Whether every split is complete."""
        return all(split.complete for split in self.splits.values())

    @property
    def num_rows(self) -> int:
        """Rows of all splits, when complete."""
        return sum(split.num_rows for split in self.splits.values())


@dataclass
class Manifest:
    """Everything that is needed to check a build against its own seeds."""

    dataset: str
    version: str
    mesoinv: str
    libraries: dict[str, str]
    configs: dict[str, ConfigRecord] = field(default_factory=dict)
    format: Literal[1] = 1

    @property
    def complete(self) -> bool:
        """Whether there is something here and nothing is missing."""
        return bool(self.configs) and all(record.complete for record in self.configs.values())

    @property
    def num_samples(self) -> int:
        """Different samples, when complete: ``mini`` and ``preview`` repeat those of another."""
        return sum(
            record.num_rows
            for name, record in self.configs.items()
            if record.source == name or record.kind == "held-out"
        )

    @property
    def num_bytes(self) -> int:
        """Bytes of all shards that are finished."""
        splits = [split for record in self.configs.values() for split in record.splits.values()]
        return sum(shard.num_bytes for split in splits for shard in split.shards)


def read_manifest(folder: Path) -> Manifest:
    """Read and validate ``manifest.json`` of a build.

    Raises
    ------
    MesoinvError
        If there is none, or it is not one of ours.
    """
    path = folder / MANIFEST
    try:
        return from_dict(Manifest, json.loads(path.read_bytes()), MANIFEST)
    except FileNotFoundError:
        raise MesoinvError(
            f"{folder} holds no {MANIFEST}: it is not a built dataset. "
            "Build one with `mesoinv generate`."
        ) from None
    except OSError as error:
        raise MesoinvError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError, UsageError) as error:
        raise MesoinvError(
            f"{path} is damaged or of another format: {error}.{lfs_hint(path)}"
        ) from None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace ``manifest.json`` in one step: a kill leaves the old one or the new one."""
    replace_text(folder / MANIFEST, to_json(manifest))
