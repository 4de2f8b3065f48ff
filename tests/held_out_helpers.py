"""For tests of held-out splits: a small one, and a search for its key in whatever is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import toy_dataset
from build_helpers import TOY

from mesoinv.generators.pipeline.held_out.build_held_out import build_held_out
from mesoinv.generators.pipeline.plan import stream_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATASET = toy_dataset.DATASET
INPUTS = ("index", "density")
SHARD = "plain-held-out/test-00000-of-00002.parquet"
ROWS = 21  # two shards, six parts


def held_out(key_file: Path, out: Path, **options: object) -> Path:
    asked: dict = {"dataset": TOY, "config": "plain", "columns": INPUTS, "samples": ROWS} | options
    return build_held_out(key_file=key_file, out=out, **asked)


def traces(key: bytes) -> list[bytes]:
    """Everything that would give a key away, as bytes: itself and the number derived from it."""
    philox = stream_of(DATASET, "plain", "held-out", key).key
    found = [key.hex(), key.hex().upper(), f"{philox}", f"{philox:x}", repr(key)[2:-1]]
    raw = [key, key[::-1], philox.to_bytes(16, "little"), philox.to_bytes(16, "big")]
    return [text.encode() for text in found] + raw


def assert_hidden(key: bytes, *texts: bytes | str) -> None:
    for text in texts:
        data = text if isinstance(text, bytes) else text.encode()
        assert not [trace for trace in traces(key) if trace in data]


def contents(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.read_bytes()
