"""The manifest of a build: what was made, from which seeds, by what code, with which digests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from mesoinv.generators.pipeline.errors import MesoinvError

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = "manifest.json"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Shard(_Strict):
    """One parquet file: its rows, its digest and what it cost."""

    file: str  # relative to the manifest, always with "/"
    first_row: int
    num_rows: int
    num_bytes: int
    sha256: str
    seconds: float  # time spent in draw and solve, summed over workers


class Split(_Strict):
    """One split of a configuration and the shards finished so far."""

    num_rows: int  # when complete
    stream: str  # name that is hashed into the key
    shards: list[Shard] = []

    @property
    def complete(self) -> bool:
        """Whether every row is in a finished shard."""
        return sum(shard.num_rows for shard in self.shards) == self.num_rows


class ConfigRecord(_Strict):
    """One directory of shards.

    ``source`` is the declared configuration whose samples these are: the configuration itself,
    or the default one for ``mini`` (its first samples) and ``preview`` (its first images).
    """

    source: str
    kind: Literal["data", "images"]
    size: str
    parameters: dict[str, object]
    solver: str
    device: str
    workers: int
    machine: str
    splits: dict[str, Split]

    @property
    def complete(self) -> bool:
        """Whether every split is complete."""
        return all(split.complete for split in self.splits.values())


class Manifest(_Strict):
    """Everything that is needed to check a build against its own seeds."""

    format: Literal[1] = 1
    dataset: str
    version: str
    mesoinv: str
    libraries: dict[str, str]
    configs: dict[str, ConfigRecord] = {}

    @property
    def complete(self) -> bool:
        """Whether there is something here and nothing is missing."""
        return bool(self.configs) and all(record.complete for record in self.configs.values())


def read_manifest(folder: Path) -> Manifest:
    """Read and validate ``manifest.json`` of a build.

    Raises
    ------
    MesoinvError
        If there is none, or it is not one of ours.
    """
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise MesoinvError(
            f"{folder} holds no {MANIFEST}: it is not a built dataset. "
            "Build one with `mesoinv generate`."
        ) from None
    except ValidationError as error:
        raise MesoinvError(f"{path} is damaged or of another format: {error}") from None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace ``manifest.json`` in one step: a kill leaves the old one or the new one."""
    temporary = folder / f".{MANIFEST}.tmp"
    temporary.write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    temporary.replace(folder / MANIFEST)
