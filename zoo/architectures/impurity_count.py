"""The baseline that only counts: the median answer at the same number of impurities.

What a network does better than this, it owes to where the impurities are.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

#: Any other model must beat it.
TRIVIAL = True


class ImpurityCount(nn.Module):
    """Maps (B, L, W) to (B, *outputs) through the number of sites that are not zero.

    `fit` takes, at each number, the median of the training samples with `window` more or less,
    which has the smallest mean absolute error.
    """

    table: Tensor

    def __init__(self, sites: int, outputs: tuple[int, ...], window: int) -> None:
        super().__init__()
        self.outputs, self.window = outputs, window
        self.register_buffer("table", torch.zeros(sites + 1, math.prod(outputs)))

    def forward(self, x: Tensor) -> Tensor:
        """Look the answer up."""
        return self.table[_counts(x)].reshape(-1, *self.outputs)

    @torch.no_grad()
    def fit(self, inputs: Tensor, outputs: Tensor) -> None:
        """Fill the table; numbers that no sample is near take the nearest sample's answer."""
        counts, order = _counts(inputs).sort()
        values = outputs.flatten(1)[order]
        for number in range(len(self.table)):
            edges = torch.tensor([number - self.window, number + self.window + 1])
            first, last = torch.searchsorted(counts, edges).tolist()
            if first == last:
                first = min(first, len(counts) - 1)
                last = first + 1
            self.table[number] = values[first:last].median(dim=0).values


def _counts(x: Tensor) -> Tensor:
    return (x.flatten(1) != 0).sum(dim=1)


def build(inputs: tuple[int, ...], outputs: tuple[int, ...], window: int = 4) -> nn.Module:
    """Build the baseline."""
    return ImpurityCount(math.prod(inputs), outputs, window)
