"""Perturbation theory turned round: landscapes from maps of a scanning gate, by one matrix.

The map of a weak landscape differs from that of the empty strip by J z, z the unknowns of its waves
(`mesoinv.generators.solvers.sgm.first_order`). With z ~ N(0, 1), and what first order does not
explain taken as noise, the most probable landscape is a matrix times the difference. The solver
gives the matrix; training samples say only how large the noise of each reading is.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from mesoinv.generators.solvers.pldos.inversion.waves import Waves
from mesoinv.generators.solvers.pldos.strip import Strip


class FirstOrderMap(nn.Module):
    """Averages of the conductance change over squares (B, X, Y) to those of the landscape.

    Parameters
    ----------
    shape : (int, int)
        Squares along and across the strip.
    tip_strength : float
        [t]
    s, n_d : float
        Distance [nm] and density [1e12 cm⁻²] of the donors.
    """

    matrix: Tensor
    empty: Tensor

    def __init__(self, shape: tuple[int, ...], tip_strength: float, s: float, n_d: float) -> None:
        super().__init__()
        self.shape, self.tip_strength = shape, tip_strength
        self.waves = Waves(Strip(), s, n_d)
        squares = shape[0] * shape[1]
        self.register_buffer("matrix", torch.zeros(squares, squares))
        self.register_buffer("empty", torch.zeros(squares))

    def forward(self, change: Tensor) -> Tensor:
        """Return the most probable landscape."""
        made: Tensor = (change.flatten(1) - self.empty) @ self.matrix.T
        return made.reshape(-1, *self.shape)

    @torch.no_grad()
    def fit(self, inputs: Tensor, outputs: Tensor) -> None:
        """Solve the empty strip; `inputs` [2e²/h] and `outputs` [t] tell the noise."""
        # the solver is compiled when it is first used
        from mesoinv.generators.solvers.sgm.first_order import (  # noqa: PLC0415
            averaged,
            first_order_response,
        )

        square = self.waves.strip.length // self.shape[0]
        waves = [averaged(self.waves.potential(one), square) for one in np.eye(self.waves.count)]
        landscapes = torch.from_numpy(np.stack(waves, axis=-1)).reshape(-1, self.waves.count)
        empty, response = first_order_response(self.waves, self.tip_strength, square)
        jacobian = torch.from_numpy(response).reshape(-1, self.waves.count)
        unknowns = torch.linalg.lstsq(landscapes, outputs.flatten(1).double().T).solution
        change = inputs.flatten(1).double() - torch.from_numpy(empty).ravel()
        noise = (change - (jacobian @ unknowns).T).square().mean(0)
        weighted = jacobian / noise[:, None]
        normal = jacobian.T @ weighted + torch.eye(self.waves.count, dtype=torch.float64)
        self.matrix.copy_(landscapes @ torch.linalg.solve(normal, weighted.T))
        self.empty.copy_(torch.from_numpy(empty).ravel())


def build(
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    tip_strength: float,
    s: float = 50.0,
    n_d: float = 1.0,
) -> nn.Module:
    """Build it; `fit` asks the solver."""
    strip = Strip()
    if inputs != outputs or len(inputs) != 2:
        raise ValueError(f"inputs and outputs are maps of one shape; got {inputs} and {outputs}")
    square = strip.length // max(inputs[0], 1)
    if (inputs[0] * square, inputs[1] * square) != (strip.length, strip.width):
        raise ValueError(f"a strip of {strip.length} × {strip.width} has no {inputs} squares")
    return FirstOrderMap(inputs, tip_strength, s, n_d)
