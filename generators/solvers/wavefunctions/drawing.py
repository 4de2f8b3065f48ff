"""Pictures of samples: the density of a state, and its logarithm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.common import pictures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Batch = Mapping[str, NDArray[Any]]


def sample_figure(batch: Batch, row: int) -> Figure:
    """Draw the density of one sample, and its logarithm."""
    density = np.maximum(np.asarray(batch["density"][row], dtype=float), 1e-30)
    side = len(density)
    maps = [
        pictures.Map(density * side**2, "density × L²", "1", "magma"),
        pictures.Map(np.log10(density), "log₁₀ density", "1", "viridis"),
    ]
    energy, strength = float(batch["energy"][row]), float(batch["disorder"][row])
    title = (
        f"W = {strength:.3f}, E = {energy:.4f}, level {int(batch['level'][row])}, "
        f"participation ratio {float(batch['participation_ratio'][row]):.0f} sites, "
        f"label {int(batch['label'][row])}"
    )
    return pictures.side_by_side(maps, extent=(side, side), unit="sites", title=title)


def density_images(densities: NDArray[Any]) -> list[bytes]:
    """Render densities (B, L, L) as PNG files, eight pixels a site."""
    enlarged = np.asarray(densities).repeat(8, axis=1).repeat(8, axis=2)
    return [pictures.map_png(pictures.Map(one, "density", "1", "magma")) for one in enlarged]
