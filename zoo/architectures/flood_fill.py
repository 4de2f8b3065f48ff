"""A recurrent network whose receptive field grows with its steps: it can learn to flood a cluster.

One small convolution is applied again and again, and the occupied sites are recalled at every step,
so that what is learnt on small lattices holds on large ones [1]_. States are cut off at 0 and 1: a
saturated signal travels any distance without fading.

References
----------
.. [1] A. Bansal et al., "End-to-end algorithm synthesis with recurrent networks: logical
   extrapolation without overthinking", NeurIPS 2022.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

#: Steps between two looks at which samples have come to rest.
_LOOK = 8
#: A state that changes by less has come to rest.
_REST = 1e-4
#: Sites of all samples that are run together outside of training: more do not fit into a cache.
_TOGETHER = 2**16


class FloodFill(nn.Module):
    """Maps (B, L, W), 1 where occupied, to (B, *outputs): a single number, the logit of spanning.

    The same weights run from the top edge and, on the transposed lattice, from the left edge; the
    larger answer counts. In training there are `steps` steps for each site of an edge, and what
    enters a state is disturbed by up to `noise`, so that what is learnt has a margin; otherwise it
    runs until nothing changes, at most `limit` for each.
    """

    def __init__(
        self, channels: int, steps: float, limit: float, noise: float, outputs: tuple[int, ...]
    ) -> None:
        super().__init__()
        self.outputs, self.steps, self.limit, self.noise = outputs, steps, limit, noise
        self.recall = nn.Conv2d(2, channels, 3, padding=1)
        self.spread = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.head = nn.Linear(channels, 1)
        nn.init.normal_(self.recall.weight, 0, 0.1)
        assert self.recall.bias is not None
        nn.init.zeros_(self.recall.bias)
        # positive: signals that fade in the first step give no gradient
        nn.init.normal_(self.spread.weight, 0.15, 0.1)

    def forward(self, x: Tensor) -> Tensor:
        """Run from two edges and look at the opposite ones."""
        sides = [self._far(x), self._far(x.mT)]
        y: Tensor = self.head(torch.stack(sides)).amax(dim=0)
        return y.reshape(-1, *self.outputs)

    def _far(self, x: Tensor) -> Tensor:
        """Return the largest signals (B, C) in the row that is farthest from the start."""
        length, width = x.shape[1:]
        # tensors without values never come to rest: they only tell shapes
        if self.training or x.is_meta:
            return self._run(x, round(self.steps * max(length, width)))
        limit, size = round(self.limit * max(length, width)), max(1, _TOGETHER // (length * width))
        return torch.cat([self._settle(part, limit) for part in torch.split(x, size)])

    def _input(self, x: Tensor) -> Tensor:
        edge = torch.zeros_like(x)
        edge[:, 0] = 1
        recalled: Tensor = self.recall(torch.stack([x, edge], dim=1))
        return recalled

    def _step(self, state: Tensor, recalled: Tensor, gate: Tensor) -> Tensor:
        return (self.spread(state) + recalled).clamp(0, 1) * gate

    def _run(self, x: Tensor, steps: int) -> Tensor:
        recalled, gate = self._input(x), x[:, None]
        state = torch.zeros_like(recalled)
        for _ in range(steps):
            noise = self.noise * (2 * torch.rand_like(recalled) - 1)
            state = self._step(state, recalled + noise, gate)
        return state[:, :, -1].amax(dim=-1)

    def _settle(self, x: Tensor, limit: int) -> Tensor:
        """Run until nothing changes; samples at rest are left out of further steps."""
        recalled, gate = self._input(x), x[:, None]
        state, settled = torch.zeros_like(recalled), x.new_zeros(len(x), len(recalled[0]))
        running = torch.arange(len(x), device=x.device)
        for _ in range(0, limit, _LOOK):
            for _ in range(_LOOK - 1):
                state = self._step(state, recalled, gate)
            before, state = state, self._step(state, recalled, gate)
            settled[running] = state[:, :, -1].amax(dim=-1)
            moving = (state - before).abs().amax(dim=(1, 2, 3)) > _REST
            if not moving.all():
                running, state = running[moving], state[moving]
                recalled, gate = recalled[moving], gate[moving]
            if not len(running):
                break
        return settled


def build(
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    channels: int = 2,
    steps: float = 2.5,
    limit: float = 12.0,
    noise: float = 0.0,
) -> nn.Module:
    """Build the network; `steps` and `limit` are for each site of an edge."""
    del inputs  # any lattice
    return FloodFill(channels, steps, limit, noise, outputs)
