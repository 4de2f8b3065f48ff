r"""What Schrödinger's equation says of a site whose neighbours' signs are not known.

At E = 0 the on-site energy of a site is :math:`\varepsilon = -\sum_j \psi_j / \psi` over its six
neighbours. The density tells sizes, not signs; so |ε| is one of 32 numbers, and at least the
smallest of them. No |ε| exceeds w/2: twice the largest of all these least numbers is a lower bound
of w.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

#: Binary digits of a float16 below its leading one.
_DIGITS = 10


def least_energies(log_density: Tensor) -> tuple[Tensor, Tensor]:
    """Return the least |ε| of every site, and by how much rounding may have changed it.

    Parameters
    ----------
    log_density : (B, M, M, M) tensor
        ln(M³|ψ|²), stored as float16, of a state at E = 0.

    Returns
    -------
    (B, M³) tensor, (B, M³) tensor
        In units of the hopping.
    """
    amplitude = torch.exp(log_density / 2)
    # half of the last digit, of the logarithm of an amplitude
    rounding = torch.ldexp(torch.ones_like(amplitude), _exponent(log_density) - _DIGITS - 2)
    ratios, errors = [], []
    for axis, shift in itertools.product((1, 2, 3), (1, -1)):
        ratio = (amplitude.roll(shift, axis) / amplitude).flatten(1)
        ratios.append(ratio)
        errors.append(ratio * (rounding.roll(shift, axis) + rounding).flatten(1))
    first, *others, a, b = ratios
    # signs one after the other: 1, 2, 4, 8 sums of four neighbours
    sums = first[:, None]
    for ratio in others:
        sums = torch.cat([sums + ratio[:, None], sums - ratio[:, None]], dim=1)
    sizes = sums.abs()
    # what is left of them by the other two, which add to or take from each other
    left = [(sizes - two[:, None]).abs().amin(dim=1) for two in (a + b, (a - b).abs())]
    return torch.minimum(*left), torch.stack(errors).sum(dim=0)


def _exponent(values: Tensor) -> Tensor:
    """Return e with 2^e ≤ |value| < 2^(e + 1)."""
    return torch.frexp(values)[1] - 1


class LeastEnergies(nn.Module):
    """Maps ln(M³|ψ|²), (B, M, M, M), to the largest of the least energies, (B, n).

    Parameters
    ----------
    errors : sequence of float
        Sites count whose error is no larger than this [hopping]; features for each of them.
    ranks : sequence of int
        Which are taken, 0 being the largest.
    """

    def __init__(self, errors: Sequence[float], ranks: Sequence[int]) -> None:
        super().__init__()
        self.errors, self.ranks = list(errors), list(ranks)

    @property
    def count(self) -> int:
        """How many features there are."""
        return len(self.errors) * len(self.ranks)

    def forward(self, x: Tensor) -> Tensor:
        """Bound, then sort."""
        least, error = least_energies(x.float())
        features = []
        for allowed in self.errors:
            known = torch.where(error <= allowed, least, torch.zeros_like(least))
            top = known.topk(max(self.ranks) + 1, dim=1).values
            features.append(top[:, self.ranks])
        return 2 * torch.cat(features, dim=1)
