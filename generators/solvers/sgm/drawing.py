"""Pictures of samples: landscape, density of states and what a scanning gate records of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.common import pictures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from mesoinv.generators.solvers.pldos.strip import Strip

    Batch = Mapping[str, NDArray[Any]]

#: Columns that are maps of a conductance, and their titles.
TITLES = {
    "conductance_change_weak": "G(r) - G₀, tip of 0.1 t",
    "conductance_change": "G(r) - G₀, tip of 1 t",
    "conductance_change_wall": "G(r) - G₀, hard wall",
    "tip_map": "G(r) - G₀ under the tip",
    "measured": "G(r) as measured",
}


def conductance_picture(name: str, values: NDArray[Any]) -> pictures.Map:
    """Return a map of one of the columns of `TITLES`."""
    if name == "measured":
        return pictures.Map(values, TITLES[name], "2e²/h", "viridis")
    reach = float(np.quantile(np.abs(values), 0.995))
    return pictures.Map(values, TITLES[name], "2e²/h", "PuOr_r", centred=True, reach=reach)


def sample_figure(batch: Batch, row: int, strip: Strip) -> Figure:
    """Draw landscape, density of states and the last of a sample's maps of the conductance."""
    extent = tuple(n * strip.lattice_constant / 1e3 for n in (strip.length, strip.width))
    shown = [name for name in TITLES if name in batch][-1]
    maps = [
        pictures.Map(batch["potential"][row], "potential V", "t", "RdBu_r", centred=True),
        pictures.Map(batch["pldos"][row], "partial LDOS ρ", "1/t", "inferno", high=0.995),
        conductance_picture(shown, batch[shown][row]),
    ]
    title = f"G₀ = {float(batch['conductance'][row]):.3f} (2e²/h)"
    for name, text in (("tip_width", "tip {:.0f} nm"), ("tip_strength", "{:.2f} t")):
        if name in batch:
            title += ", " + text.format(float(batch[name][row]))
    if batch["temperature"][row] > 0:
        title += f", {1e3 * float(batch['temperature'][row]):.0f} mK"
    return pictures.side_by_side(maps, extent=extent, unit="µm", title=title)


def sample_images(batch: Batch) -> dict[str, list[bytes]]:
    """Render the landscape and every map of the conductance as PNG files, one pixel a place."""
    images = {
        "potential_image": [
            pictures.map_png(pictures.Map(v, "V", "t", "RdBu_r", centred=True))
            for v in batch["potential"]
        ]
    }
    for name in TITLES:
        if name in batch:
            images[f"{name}_image"] = [
                pictures.map_png(conductance_picture(name, values)) for values in batch[name]
            ]
    return images
