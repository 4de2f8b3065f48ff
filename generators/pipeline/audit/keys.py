"""What an audit can say of held-out configurations: without their key, and with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.held_out.secret import commitment
from mesoinv.generators.pipeline.plan import HELD_OUT, HELD_OUT_SPLIT, stream_of

if TYPE_CHECKING:
    from mesoinv.generators.pipeline.audit.report import Report
    from mesoinv.generators.pipeline.base import Dataset
    from mesoinv.generators.pipeline.manifest import ConfigRecord, Manifest


@dataclass(frozen=True)
class Key:
    """The key an audit was given, if any; it is not shown."""

    value: bytes = field(default=b"", repr=False)

    def opens(self, record: ConfigRecord) -> bool:
        """Whether a record's samples can be computed again: public ones always can."""
        if record.kind != HELD_OUT:
            return True
        return bool(self.value) and record.commitment == commitment(self.value)

    def stream(self, record: ConfigRecord, split: str) -> tuple[str, bytes]:
        """Return the split in the name of the samples' stream, and the salt."""
        return (HELD_OUT, self.value) if record.kind == HELD_OUT else (split, b"")


def check_promises(manifest: Manifest, key: Key, report: Report) -> None:
    """Compare the key with the commitments, and note what cannot be computed again.

    Raises
    ------
    UsageError
        If a key was given and nothing here is held out.
    """
    records = {n: r for n, r in manifest.configs.items() if r.kind == HELD_OUT}
    if key.value and not records:
        raise UsageError(
            f"A key was given, but no configuration in {report.folder} is held out. "
            "Leave --key-file out."
        )
    opened = [name for name, record in records.items() if key.opens(record)]
    for name, record in records.items():
        rows = record.num_rows
        if name in opened:
            report.notes.append(f"{name}: the key is the one promised by {record.commitment}")
        elif key.value and not opened:
            report.add(
                "key",
                f"{name} was promised to come from the key with the commitment "
                f"{record.commitment}; that of the key given is {commitment(key.value)}",
            )
        else:
            report.notes.append(
                f"{name}: its {rows} samples cannot be computed again without the key that is "
                f"promised by {record.commitment}; only its files were checked"
            )


def check_held_out_record(
    name: str, record: ConfigRecord, dataset: Dataset, report: Report
) -> None:
    """Compare the record of a held-out configuration with what such a one must say."""
    if not re.fullmatch("[0-9a-f]{64}", record.commitment or ""):
        report.add("manifest", f"{name} has no commitment to a key, but {record.commitment!r}")
    declared = [column.name for column in dataset.columns(record.source)]
    names = record.columns or []
    if not names or names != [column for column in declared if column in names]:
        report.add("manifest", f"{name} has columns {names}, declared are {declared}")
    stream = stream_of(dataset, record.source, HELD_OUT).name
    recorded = {split: s.stream for split, s in record.splits.items()}
    if recorded != {HELD_OUT_SPLIT: stream}:
        expected = {HELD_OUT_SPLIT: stream}
        report.add("manifest", f"{name} has splits (stream) {recorded}, expected were {expected}")
