"""The zoo's committed models: tests that look into each take two of every architecture.

``make test-models`` takes all of them (it sets ``MESOINV_ALL_MODELS``).
"""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING

from mesoinv.zoo.declared.config import CONFIG, WEIGHTS, read_config
from mesoinv.zoo.declared.models import LOCAL_WEIGHTS

if TYPE_CHECKING:
    from pathlib import Path

EACH = 2


def committed_models(*, weights: bool = False) -> list[Path]:
    """Return folders of models, those with weights alone if asked; never an empty list."""
    file = WEIGHTS if weights else CONFIG
    folders = sorted(path.parent for path in LOCAL_WEIGHTS.glob(f"*/{file}"))
    assert folders, f"{LOCAL_WEIGHTS} holds no model"
    if os.environ.get("MESOINV_ALL_MODELS"):
        return folders
    groups: dict[str, list[Path]] = defaultdict(list)
    for folder in folders:
        groups[read_config(folder).architecture].append(folder)
    # the smallest and the largest: what goes wrong goes wrong at an end
    return [f for group in groups.values() for f in _ends(group)]


def _ends(folders: list[Path]) -> list[Path]:
    ordered = sorted(folders, key=lambda folder: read_config(folder).parameters)
    return list(dict.fromkeys([ordered[0], ordered[-1]]))
