"""Real cubic crystals, with the sources of cells, coordinates and Debye-Waller factors."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from mesoinv.generators.solvers.lacbed.structures import Structure


@cache
def entries() -> tuple[dict[str, Any], ...]:
    """Return the materials as stored: name, group, cell, sites and sources.

    ``b_source`` is ``"assumed"`` where no measured Debye-Waller factor was at hand.
    """
    text = Path(__file__).with_name("materials.json").read_text(encoding="utf-8")
    return tuple(json.loads(text)["materials"])


@cache
def materials() -> tuple[Structure, ...]:
    """Return the materials; all of their sites are occupied, and `prototype` is the name."""
    return tuple(
        Structure(
            number=entry["space_group"],
            lattice_parameter=entry["lattice_parameter"],
            symbols=tuple(symbol for symbol, _, _ in entry["sites"]),
            positions=np.array([position for _, position, _ in entry["sites"]]),
            b_factors=np.array([b_factor for _, _, b_factor in entry["sites"]]),
            occupancies=np.ones(len(entry["sites"])),
            prototype=entry["name"],
        )
        for entry in entries()
    )
