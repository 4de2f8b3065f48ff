"""Pictures of samples: landscape and density of states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesoinv.generators.common import pictures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from mesoinv.generators.solvers.pldos.strip import Strip

    Batch = Mapping[str, NDArray[Any]]


def sample_figure(batch: Batch, row: int, strip: Strip) -> Figure:
    """Draw landscape and density of states of one sample, and its measured map if there is one."""
    extent = tuple(n * strip.lattice_constant / 1e3 for n in (strip.length, strip.width))
    s, n_d, g = (float(batch[name][row]) for name in ("s", "n_d", "conductance"))
    maps = [
        pictures.Map(batch["potential"][row], "potential V", "t", "RdBu_r", centred=True),
        _density(batch["pldos"][row], "partial LDOS ρ"),
    ]
    title = f"s = {s:.1f} nm, N_d = {n_d:.2f}·10¹² cm⁻², G = {g:.3f} (2e²/h)"
    if "measured" in batch:
        maps.append(_density(batch["measured"][row], "ρ as measured"))
        blur, temperature = (float(batch[name][row]) for name in ("blur", "temperature"))
        title += f", tip {blur:.0f} nm, {1e3 * temperature:.0f} mK"
    return pictures.side_by_side(maps, extent=extent, unit="µm", title=title)


def sample_images(batch: Batch) -> dict[str, list[bytes]]:
    """Render maps of each sample as PNG files, one pixel a site."""
    images = {
        "potential_image": [
            pictures.map_png(pictures.Map(v, "V", "t", "RdBu_r", centred=True))
            for v in batch["potential"]
        ],
        "pldos_image": [pictures.map_png(_density(rho, "ρ")) for rho in batch["pldos"]],
    }
    if "measured" in batch:
        images["measured_image"] = [
            pictures.map_png(_density(rho, "ρ")) for rho in batch["measured"]
        ]
    return images


def _density(values: NDArray[Any], title: str) -> pictures.Map:
    return pictures.Map(values, title, "1/t", "inferno", high=0.995)
