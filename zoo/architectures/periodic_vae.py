"""A variational autoencoder [1]_ of periodic lattices of any size, for states that repeat.

Convolutions with periodic edges look at the sites; their answers are averaged over all unit cells
of `cell` × `cell` sites. The decoder gives one unit cell, which is repeated: what can be said with
few numbers is an ordered state, of any length.

References
----------
.. [1] D. P. Kingma and M. Welling, ICLR 2014, arXiv:1312.6114.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

#: It gives several outputs.
SEVERAL = True


class PeriodicVae(nn.Module):
    """Gives ``reconstruction`` (B, L, L), ``latent`` (B, n) and, by the name `error`, (B,).

    Inputs are 0 or 1, reconstructions probabilities. The error is 1 - r², r being the cosine of the
    angle between lattice and reconstruction as vectors of spins: the part that the reconstruction
    does not explain, however pale it is. It is the mean over windows of `window` × `window` sites,
    each reconstructed by itself, so that a lattice that is ordered in pieces is ordered. `encode`
    and `decode` are what training uses.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        channels: Sequence[int],
        latent: int,
        cell: int,
        window: int,
        error: str,
    ) -> None:
        super().__init__()
        self.cell, self.window, self.error = cell, window, error
        #: Of the lattices of the last call of `encode`, that `decode` fills.
        self.sides = shape
        layers: list[nn.Module] = []
        for a, b in itertools.pairwise((1, *channels)):
            layers += [nn.Conv2d(a, b, 3, padding=1, padding_mode="circular"), nn.ReLU()]
        self.look = nn.Sequential(*layers)
        self.describe = nn.Linear(channels[-1] * cell**2, 2 * latent)
        self.draw = nn.Sequential(
            nn.Linear(latent, channels[-1]), nn.ReLU(), nn.Linear(channels[-1], cell**2)
        )

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and logarithm of the variance of the latent numbers, (B, n) each."""
        self.sides = tuple(x.shape[1:])
        if any(side % self.cell for side in self.sides):
            raise ValueError(f"lattices of {self.sides} sites do not hold whole cells")
        seen = self.look(2 * x[:, None] - 1)
        rows, columns = (side // self.cell for side in self.sides)
        cells = seen.unflatten(3, (columns, self.cell)).unflatten(2, (rows, self.cell))
        mean, log_variance = self.describe(cells.mean(dim=(2, 4)).flatten(1)).chunk(2, dim=1)
        return mean, log_variance

    def decode(self, latent: Tensor) -> Tensor:
        """Return logits (B, L, L) of lattices as large as those that were encoded last."""
        cell = self.draw(latent).unflatten(1, (self.cell, self.cell))
        return cell.repeat(1, *(side // self.cell for side in self.sides))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Reconstruct from the means of the latent numbers."""
        windows = _windows(x, self.window)
        error = self._unexplained(windows.flatten(0, 1)).reshape(windows.shape[:2]).mean(dim=1)
        made, mean = self._reconstructed(x)
        return {"reconstruction": made, self.error: error, "latent": mean}

    def _reconstructed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return probabilities (B, L, L) and the means of the latent numbers (B, n)."""
        mean, _ = self.encode(x)
        return torch.sigmoid(self.decode(mean)), mean

    def _unexplained(self, x: Tensor) -> Tensor:
        made, _ = self._reconstructed(x)
        spins, pale = ((2 * y - 1).flatten(1) for y in (x, made))
        return 1 - functional.cosine_similarity(spins, pale).square()


def _windows(x: Tensor, size: int) -> Tensor:
    """Cut lattices (B, L, L) into windows (B, n, size, size), as few as cover them evenly."""
    rows, columns = (
        [round(i * side / math.ceil(side / size)) for i in range(math.ceil(side / size))]
        for side in x.shape[1:]
    )
    periodic = functional.pad(x[:, None], (0, size, 0, size), mode="circular")[:, 0]
    return torch.stack(
        [periodic[:, i : i + size, j : j + size] for i in rows for j in columns], dim=1
    )


def build(
    inputs: Sequence[tuple[int, ...]],
    outputs: Sequence[tuple[int, ...]],
    channels: Sequence[int] = (16, 32),
    latent: int = 3,
    cell: int = 2,
    window: int = 16,
    error: str = "reconstruction_error",
) -> nn.Module:
    """Build the network; `error` is the name of the output that the error has.

    Windows are whole cells, and no larger than a lattice.
    """
    del outputs  # named, not counted
    if len(inputs) != 1:
        raise ValueError(f"one input is reconstructed; got {len(inputs)}")
    if window % cell:
        raise ValueError(f"a window of {window} sites does not hold whole cells of {cell}")
    return PeriodicVae(tuple(inputs[0]), channels, latent, cell, window, error)
