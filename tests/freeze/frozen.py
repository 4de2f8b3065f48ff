"""What must not move while the code does: drawn samples, scores, ranks, pages of reports.

``python tests/freeze/frozen.py`` writes the golden files again; a change of them has to be meant.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.board.build import build_board
from mesoinv.generators import get_dataset, list_datasets
from mesoinv.generators.pipeline.plan import stream_of

if TYPE_CHECKING:
    from mesoinv.eval.board.records import Board, Row
    from mesoinv.generators.pipeline.base import Dataset

GOLDEN = Path(__file__).parent / "golden"
DRAWS, BOARD = "draws.json", "board.json"
#: Numbers of a row; its words may be written better.
NUMBERS = (
    "scores", "variants", "parameters", "training_samples", "samples_per_second", "quantiles",
)  # fmt: skip


def draw_digests() -> dict[str, str]:
    """Return the SHA-256 of the disorder of a few samples of every split of every configuration."""
    return {
        f"{name}/{config}/{split}": _draw_digest(get_dataset(name), config, split, count)
        for name in list_datasets()
        for config, declared in get_dataset(name).configs.items()
        for split, count in declared.sizes["full"].items()
    }


def _draw_digest(dataset: Dataset, config: str, split: str, count: int) -> str:
    rows = np.array([0, 1, min(17, count - 1), count - 1])
    drawn = dataset.draw(config, stream_of(dataset, config, split), rows)
    digest = hashlib.sha256()
    for name, values in sorted(drawn.items()):
        array = np.ascontiguousarray(values)
        array = array.astype(array.dtype.newbyteorder("<"))
        digest.update(f"{name} {array.dtype.str} {array.shape}\0".encode() + array.tobytes())
    return digest.hexdigest()


def board_rows(board: Board) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every task in their order: rank, headline, a digest of all numbers."""
    return {task.id: [_row(row, task.headline) for row in task.rows] for task in board.tasks}


def _row(row: Row, headline: str) -> dict[str, Any]:
    cell, numbers = row.scores.get(headline), asdict(row)
    text = json.dumps({name: numbers[name] for name in NUMBERS}, sort_keys=True)
    return {
        "id": row.id,
        "kind": row.kind,
        "rank": row.rank,
        "headline": [cell.value, cell.low, cell.high] if cell else None,
        "numbers": hashlib.sha256(text.encode()).hexdigest(),
    }


def golden(name: str) -> Any:
    """Return what a golden file holds."""
    return json.loads((GOLDEN / name).read_bytes())


def write() -> None:
    """Write all golden files."""
    for name, data in {DRAWS: draw_digests(), BOARD: board_rows(build_board())}.items():
        (GOLDEN / name).write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
