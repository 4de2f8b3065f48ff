"""The part of an audit that needs no physics: manifest, digests, rows, schemas."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.pipeline.audit.keys import check_held_out_record
from mesoinv.generators.pipeline.derived import scalar_columns
from mesoinv.generators.pipeline.plan import (
    HELD_OUT,
    MINI,
    PREVIEW,
    held_out_folder,
    parameters_of,
    stream_of,
)
from mesoinv.generators.pipeline.shard_files import opened_shard
from mesoinv.generators.pipeline.storage import arrow_schema, same_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mesoinv.generators.pipeline.audit.report import Report
    from mesoinv.generators.pipeline.base import Column, Dataset
    from mesoinv.generators.pipeline.manifest import ConfigRecord, Manifest, Shard, Split


@dataclass(frozen=True)
class Readable:
    """A shard whose rows can be read."""

    path: Path
    split: str
    record: ConfigRecord
    shard: Shard


def stored_columns(dataset: Dataset, record: ConfigRecord) -> tuple[Column, ...]:
    """Return the columns of a record's files: scalars of a preview, few of a held-out split."""
    columns = dataset.columns(record.source)
    if record.kind == HELD_OUT:
        return tuple(column for column in columns if column.name in (record.columns or []))
    return scalar_columns(columns) if record.kind == "images" else columns


def check_manifest(manifest: Manifest, dataset: Dataset, report: Report) -> None:
    """Compare what the manifest says with what the installed dataset declares."""
    for name, record in manifest.configs.items():
        if record.source not in dataset.configs or name not in _names(record):
            report.add("manifest", f"{dataset.name} has no config {name!r} of {record.source!r}")
            continue
        declared = dataset.config(record.source)
        expected = parameters_of(declared)
        if record.parameters != expected:
            recorded = f"{record.parameters}, declared are {expected}"
            report.add("manifest", f"{name} was made with parameters {recorded}")
        if record.solver not in dataset.solvers:
            report.add("manifest", f"{name} was made by the unknown solver {record.solver!r}")
        if record.kind == "data":
            _check_splits(name, record, dataset, report)
        if record.kind == HELD_OUT:
            check_held_out_record(name, record, dataset, report)


def _names(record: ConfigRecord) -> set[str]:
    """Return what the folder of such a record may be called."""
    if record.kind == HELD_OUT:
        return {held_out_folder(record.source)}
    return {record.source, MINI, PREVIEW}


def _check_splits(name: str, record: ConfigRecord, dataset: Dataset, report: Report) -> None:
    recorded = {split: (s.num_rows, s.stream) for split, s in record.splits.items()}
    sizes = dataset.config(record.source).sizes.get(record.size, {})
    expected = {
        split: (rows, stream_of(dataset, record.source, split).name)
        for split, rows in sizes.items()
        if record.only is None or split in record.only
    }
    if recorded != expected:
        message = f"{name} has splits (rows, stream) {recorded}, declared are {expected}"
        report.add("manifest", message)


def check_files(
    folder: Path,
    manifest: Manifest,
    dataset: Dataset | None,
    report: Report,
    step: Callable[[], None],
) -> list[Readable]:
    """Check every file; return the shards that can be read. Without a dataset, skip schemas."""
    if not manifest.configs:
        report.add("incomplete", "the manifest lists no configuration")
    readable, listed = [], set()
    for name, record in manifest.configs.items():
        for split_name, split in record.splits.items():
            _check_ranges(f"{name}/{split_name}", split, report)
            for shard in split.shards:
                listed.add(shard.file)
                path = folder / shard.file
                if _check_file(path, shard, report) and _check_content(
                    path, shard, record, dataset, report
                ):
                    readable.append(Readable(path, split_name, record, shard))
                step()
    _check_others(folder, listed, report)
    return readable


#: What lies beside shards: of a build, of its card, and of a download.
_BESIDE = re.compile(
    r"manifest\.json|README\.md|eval\.yaml|\.gitattributes|figures/[^/]+\.png|\.build/.*|\.cache/.*"
)
_SHOWN = 5


def _check_others(folder: Path, listed: set[str], report: Report) -> None:
    """Report files that are not in the manifest, and links."""
    foreign, links = [], []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        # the cache of the Hub's client keeps contents apart, under their digests
        if path.is_symlink() and path.resolve().parent.name != "blobs":
            links.append(f"{name} → {path.readlink()}")
        if path.is_dir() or name in listed or _BESIDE.fullmatch(name):
            continue
        if path.suffix.lower() in {".parquet", ".pq"}:  # a reader may take it for one of ours
            report.add("unknown", "this file is not in the manifest", name)
        else:
            foreign.append(name)
    for what, names in {"not in the manifest and not checked": foreign, "links": links}.items():
        if names:
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            report.notes.append(f"{what}: {', '.join(names[:_SHOWN])}{more}")


def _check_ranges(name: str, split: Split, report: Report) -> None:
    end = 0
    for shard in split.shards:
        if shard.first_row != end:
            report.add("rows", f"starts at row {shard.first_row}, expected was {end}", shard.file)
        end = shard.first_row + shard.num_rows
    if end != split.num_rows:
        message = f"{name} has {end} of {split.num_rows} rows; generate it again to complete it"
        report.add("incomplete", message)


def _check_file(path: Path, shard: Shard, report: Report) -> bool:
    """Check presence, length and digest; False if there is nothing to read."""
    if not path.is_file():
        report.add("missing", "the file is not there", shard.file)
        return False
    size = path.stat().st_size
    if size != shard.num_bytes:
        report.add("size", f"{size} bytes, expected were {shard.num_bytes}", shard.file)
        return True
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        report.add("unreadable", f"the file cannot be read ({error.strerror})", shard.file)
        return False
    if digest != shard.sha256:
        report.add("digest", f"SHA-256 is {digest}, expected was {shard.sha256}", shard.file)
    else:
        report.files += 1
        report.num_bytes += size
    return True


def _check_content(
    path: Path, shard: Shard, record: ConfigRecord, dataset: Dataset | None, report: Report
) -> bool:
    """Check rows and schema; False if the rows cannot be read."""
    try:
        with opened_shard(path) as file:
            rows, schema = file.metadata.num_rows, file.schema_arrow
    except MesoinvError as error:
        report.add("unreadable", str(error), shard.file)
        return False
    if rows != shard.num_rows:
        report.add("rows", f"{rows} rows, expected were {shard.num_rows}", shard.file)
    if dataset is None or record.source not in dataset.configs:
        return False
    columns = stored_columns(dataset, record)
    images = list(_images(schema, columns)) if record.kind == "images" else []
    declared = arrow_schema(columns, images)
    if not same_schema(schema, declared):
        report.add("schema", "columns or types differ from the declared ones", shard.file)
        return False
    if words := _foreign_words(schema, declared):
        message = f"the schema says what mesoinv does not write: {', '.join(words)}"
        report.add("schema", message, shard.file)
    return bool(rows == shard.num_rows)


def _foreign_words(stored: pa.Schema, declared: pa.Schema) -> list[str]:
    """Return the keys of metadata, of the table and of its columns, that are not as declared."""
    unknown = set(stored.metadata) - set(declared.metadata)
    words = [key.decode("utf-8", "replace") for key in unknown]
    for ours, field in zip(declared, stored, strict=True):
        there, expected = field.metadata or {}, ours.metadata or {}
        for key in sorted(there.keys() | expected.keys()):
            # where `datasets` is imported, its extension types have taken their words out
            taken = key.startswith(b"ARROW:extension") and isinstance(field.type, pa.ExtensionType)
            same = there.get(key) == expected.get(key)
            if not (same or taken or key.startswith(b"PARQUET:")):
                words.append(f"{field.name} {key.decode('utf-8', 'replace')}")
    return sorted(words)


def _images(schema: pa.Schema, columns: tuple[Column, ...]) -> Iterator[str]:
    declared = {column.name for column in columns}
    return (name for name in schema.names if name not in declared)
