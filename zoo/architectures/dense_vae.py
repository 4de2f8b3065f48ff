"""A variational autoencoder of dense layers [1]_, for lattices of any number of axes.

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

if TYPE_CHECKING:
    from collections.abc import Sequence

#: It gives several outputs.
SEVERAL = True


class DenseVae(nn.Module):
    """Gives ``reconstruction`` (B, *shape), ``latent`` (B, n) and, by the name `error`, (B,).

    The error is the mean square over the sites. `encode` and `decode` are what training uses.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        hidden: Sequence[int],
        latent: int,
        probability: bool,
        error: str,
    ) -> None:
        super().__init__()
        self.shape, self.probability, self.error = shape, probability, error
        sites = math.prod(shape)
        self.encoder = _dense((sites, *hidden, 2 * latent))
        self.decoder = _dense((latent, *hidden[::-1], sites))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and logarithm of the variance of the latent numbers, (B, n) each."""
        mean, log_variance = self.encoder(x.flatten(1)).chunk(2, dim=1)
        return mean, log_variance

    def decode(self, latent: Tensor) -> Tensor:
        """Return the reconstruction (B, *shape); its logit where it is a probability."""
        return self.decoder(latent).reshape(-1, *self.shape)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Reconstruct from the means of the latent numbers."""
        mean, _ = self.encode(x)
        made = self.decode(mean)
        if self.probability:
            made = torch.sigmoid(made)
        error = (made - x).flatten(1).square().mean(dim=1)
        return {"reconstruction": made, self.error: error, "latent": mean}


def _dense(widths: Sequence[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(widths):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def build(
    inputs: Sequence[tuple[int, ...]],
    outputs: Sequence[tuple[int, ...]],
    hidden: Sequence[int] = (256,),
    latent: int = 2,
    probability: bool = False,
    error: str = "reconstruction_error",
) -> nn.Module:
    """Build the network; with `probability`, inputs are 0 or 1 and reconstructions between.

    `error` is the name of the output that the error of the reconstruction has.
    """
    del outputs  # named, not counted
    if len(inputs) != 1:
        raise ValueError(f"one input is reconstructed; got {len(inputs)}")
    return DenseVae(tuple(inputs[0]), hidden, latent, probability, error)
