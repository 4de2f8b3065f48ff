"""From parts to shards: what is saved, what is finished, and the manifest that says so."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.provenance import library_versions, merged, version_of
from mesoinv.generators.pipeline.compute import is_saved, read_part
from mesoinv.generators.pipeline.folder import WORK
from mesoinv.generators.pipeline.manifest import Manifest, Shard, write_manifest
from mesoinv.generators.pipeline.storage import arrow_schema, shard_writer
from mesoinv.generators.pipeline.workers import LostSchedulerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pyarrow as pa

    from mesoinv.generators.pipeline.job import BuildJob, Progress
    from mesoinv.generators.pipeline.plan import Part, ShardPlan

_UNWRITABLE = {
    errno.ENOSPC: ("The disk is full", "Make room"),
    errno.EDQUOT: ("The disk quota is used up", "Make room"),
    errno.EFBIG: ("A file grew larger than is allowed here", "Allow larger ones (ulimit -f)"),
    errno.EACCES: ("This folder may not be written to", "Make it writable"),
    errno.EPERM: ("This folder may not be written to", "Make it writable"),
    errno.EROFS: ("This file system is read-only", "Make it writable"),
    errno.EIO: ("The disk reports an input/output error", "See to the disk"),
    errno.ENOENT: ("The folder, or a part of it, was removed meanwhile", "Leave it in its place"),
    errno.ESTALE: ("The file server has lost the folder", "Wait until it is back"),
}


class BuildState:
    """The state of one build.

    Attributes
    ----------
    job : BuildJob
        What was asked.
    manifest : Manifest
        What is finished; on disk it is never ahead of the shards.
    saved : set of Part
        Whole parts on disk that are not yet in a finished shard.
    """

    def __init__(self, job: BuildJob, manifest: Manifest, progress: Progress) -> None:
        self.job = job
        self.manifest = manifest
        self.saved: set[Part] = set()
        self._progress = progress
        self._done = self._total = 0

    def begin(self) -> list[ShardPlan]:
        """Find out what is there already; return the shards of the asked configurations to do."""
        planned = self.job.shards()
        todo = []
        for shard in planned:
            paths = {part: self._part_path(part) for part in shard.parts}
            if self.is_finished(shard):
                for path in paths.values():  # killed between the manifest and the removal
                    path.unlink(missing_ok=True)
                continue
            todo.append(shard)
            # parts are written after their configuration: others are of an unknown build
            if shard.folder in self.manifest.configs:
                self.saved |= {part for part, path in paths.items() if is_saved(path, part)}
        self._total = sum(shard.count for shard in planned)
        self._done = self._total - sum(shard.count for shard in todo)
        self._advance(sum(part.count for part in self.saved))
        if todo:
            self.declare({shard.folder for shard in todo})
        return todo

    def is_finished(self, plan: ShardPlan) -> bool:
        """Whether the manifest lists this shard (it lists no shard whose file is lost)."""
        record = self.manifest.configs.get(plan.folder)
        if record is None:
            return False
        ours = (plan.first, plan.first + plan.count)
        for shard in record.splits[plan.split].shards:
            rows = (shard.first_row, shard.first_row + shard.num_rows)
            if shard.file == plan.file and rows == ours:
                return True
            if rows[0] < ours[1] and ours[0] < rows[1]:
                raise UsageError(
                    f"{self.job.folder} was cut into other shards by another mesoinv "
                    f"({self.manifest.mesoinv}). Choose another folder with --out, or remove it."
                )
        return False

    def declare(self, names: Iterable[str]) -> None:
        """Write down that these configurations are being built here, before their first shard."""
        manifest, expected = self.manifest, self.job.planned_records()
        manifest.mesoinv = merged(manifest.mesoinv, version_of("mesoinv") or "unknown")
        for library, version in library_versions().items():
            manifest.libraries[library] = merged(manifest.libraries.get(library), version)
        for name in sorted(names, key=list(expected).index):
            new = expected[name]
            record = manifest.configs.setdefault(name, new)
            record.workers = new.workers
            record.device = merged(record.device, new.device)
            record.machine = (
                record.machine
                if new.machine in record.machine
                else (f"{record.machine}; {new.machine}")
            )
        self._write_manifest()

    def save_part(self, part: Part, packed: bytes) -> None:
        """Put a computed part on disk in one step."""
        path, temporary = self._part_path(part), self._work / "part.tmp"
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(packed)
        temporary.replace(path)
        self.saved.add(part)
        self._advance(part.count)

    def write_shard(self, shard: ShardPlan, parts: Iterable[Part]) -> None:
        """Write one shard of a declared configuration from its saved parts, then remove these."""
        columns = self.job.columns(shard.folder)
        tables = (read_part(self._part_path(part), columns) for part in parts)
        self.write(shard, arrow_schema(columns), tables)
        for part in shard.parts:
            self._part_path(part).unlink()

    def write(
        self, shard: ShardPlan, schema: pa.Schema, tables: Iterable[tuple[pa.Table, float]]
    ) -> None:
        """Write one shard, a row group for each (table, seconds), and list it in the manifest."""
        temporary, seconds = self._work / "shard.tmp", 0.0
        with shard_writer(temporary, schema) as writer:
            for table, cost in tables:
                writer.write_table(table, row_group_size=max(len(table), 1))
                seconds += cost
        self._publish(shard, temporary, seconds)

    def _publish(self, plan: ShardPlan, temporary: Path, seconds: float) -> None:
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        shard = Shard(
            file=plan.file,
            first_row=plan.first,
            num_rows=plan.count,
            num_bytes=temporary.stat().st_size,
            sha256=digest,
            seconds=round(seconds, 3),
        )
        target = self.job.folder / plan.file
        target.parent.mkdir(exist_ok=True)
        temporary.replace(target)
        split = self.manifest.configs[plan.folder].splits[plan.split]
        split.shards = sorted([*split.shards, shard], key=lambda s: s.first_row)
        self._write_manifest()

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn a full disk or a dead worker into an error that says what is kept."""
        kept = "{} of {} samples are kept. {} and run the same command again to continue."
        try:
            yield
        except BrokenExecutor as error:
            what, advice = "A worker process died.", "If it ran out of memory, take fewer --workers"
            if isinstance(error, LostSchedulerError):
                what, advice = str(error), "Start it again, with workers,"
            message = f"{what} {kept.format(self._done, self._total, advice)}"
            raise MesoinvError(message) from error
        except OSError as error:
            if error.errno not in _UNWRITABLE:
                raise
            for name in ("part.tmp", "shard.tmp"):
                with suppress(OSError):
                    (self._work / name).unlink(missing_ok=True)
            what, advice = _UNWRITABLE[error.errno]
            raise MesoinvError(
                f"{what}: cannot write to {self.job.folder} ({error.strerror}). "
                f"{kept.format(self._done, self._total, advice)}"
            ) from error

    def clean_up(self) -> None:
        """Remove the temporary files once nothing unfinished is left in the folder."""
        if self.manifest.complete:
            for path in self._work.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
                elif path.name != "lock":
                    path.unlink()

    @property
    def _work(self) -> Path:
        return self.job.folder / WORK

    def _part_path(self, part: Part) -> Path:
        return self._work / part.file

    def _advance(self, samples: int) -> None:
        self._done += samples
        self._progress(self._done, self._total)

    def _write_manifest(self) -> None:
        write_manifest(self.job.folder, self.manifest)
