"""Exact symmetries of the samples, as augmentations of (input, output) in physical units.

``mirror``: the strip and the wire are symmetric in y → -y. A mirrored landscape has the mirrored
density of states, and the same s, N_d, rms, ξ and conductance. ``reverse``: a wire between equal
leads has the same conductance in both directions. ``square``: what spans a square lattice, and its
density, stay what they are when it is turned or mirrored; turned or mirrored states are those of
other disorder of the same strength. ``translate``: a periodic lattice has no site of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.zoo.declared.transforms import FourierSeries
from mesoinv.zoo.model import transforms

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    Mirror = Callable[[Tensor], Tensor]


_NUMBERS = {"s", "n_d", "potential_rms", "correlation_length"}
_CURRENTS = {"conductance", "mean_conductance", "spectrum"}


def check_reverse(columns: list[str]) -> None:
    """Refuse outputs that change when source and drain are exchanged, or may."""
    if not _CURRENTS.issuperset(columns):
        raise UsageError(f"{', '.join(columns)} of a reversed wire is not known.")


_ISOTROPIC = {"density", "density_class", "spanning", "largest_cluster", "n_clusters", "label"}


def check_square(columns: list[str]) -> None:
    """Refuse outputs that change when a square lattice is turned, or may."""
    if not _ISOTROPIC.issuperset(columns):
        raise UsageError(f"{', '.join(columns)} of a turned lattice is not known.")


_HOMOGENEOUS = {"label", "participation_ratio", "energy", "disorder"}


def check_translate(dataset: str, config: str, columns: list[str]) -> None:
    """Refuse lattices with edges, and outputs that change when a lattice is shifted, or may."""
    if not getattr(resolve_dataset(dataset).config(config), "periodic", False):
        raise UsageError(f"{dataset}/{config} is not periodic: shifting it is no symmetry.")
    if not _HOMOGENEOUS.issuperset(columns):
        raise UsageError(f"{', '.join(columns)} of a shifted lattice is not known.")


def mirror_of(columns: list[str]) -> Mirror:
    """Return the function that mirrors outputs (B, …) of these columns."""
    if columns == ["potential"]:
        return lambda y: y.flip(-1)
    if columns == ["fourier"]:
        series = FourierSeries(50.0)
        return lambda y: transforms.inverse(series, transforms.forward(series, y).flip(-1))
    if _NUMBERS.issuperset(columns) or _CURRENTS.issuperset(columns):
        return lambda y: y
    raise UsageError(f"The mirror of {', '.join(columns)} is not known.")


def mirrored_at_random(x: Tensor, y: Tensor, mirror: Mirror) -> tuple[Tensor, Tensor]:
    """Mirror about half of the samples of a batch."""
    chosen = torch.rand(len(x), device=x.device) < 0.5
    if not chosen.any():
        return x, y
    x, y = x.clone(), y.clone()
    x[chosen] = x[chosen].flip(-1)
    y[chosen] = mirror(y[chosen])
    return x, y


def turned_at_random(x: Tensor) -> Tensor:
    """Turn and mirror the lattices of a batch, all in the same of the eight ways."""
    turns, mirrored = torch.randint(4, ()), torch.rand(()) < 0.5
    x = x.rot90(int(turns), (-2, -1))
    return x.flip(-1) if mirrored else x


def shifted_at_random(x: Tensor) -> Tensor:
    """Shift each periodic lattice of a batch (B, L, W) by any number of sites along and across."""
    along, across = (
        (torch.arange(n, device=x.device) + torch.randint(n, (len(x), 1), device=x.device)) % n
        for n in x.shape[1:]
    )
    batch = torch.arange(len(x), device=x.device)
    return x[batch[:, None, None], along[:, :, None], across[:, None, :]]


def reversed_at_random(x: Tensor) -> Tensor:
    """Exchange source and drain in about half of the samples of a batch."""
    chosen = torch.rand(len(x), device=x.device) < 0.5
    return torch.where(chosen[:, None, None], x.flip(-2), x)
