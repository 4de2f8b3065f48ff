"""First the landscape, then its statistics: a U-Net, and the best estimate from what it sees.

The U-Net's landscape is read as amplitudes X̂_j at the wave vectors of the donors' potential. Around
the true amplitude X_j it is a shrunken copy with noise, so |X̂_j|² has the mean g_j v_j + n_j, with
v_j the variance that donors at s with density N_d cause
(`mesoinv.generators.solvers.pldos.estimation`).
g_j and n_j are found by weighted least squares on the training samples. Some landscapes are seen
better than others, so all noise of a sample has one unknown factor more. The output is the mean of
the posterior for donors that are uniform within the ranges of the dataset.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.pldos import coulomb
from mesoinv.generators.solvers.pldos.estimation import Donors, donor_grid
from mesoinv.generators.solvers.pldos.strip import Strip
from mesoinv.zoo.architectures import Refusal, unet
from mesoinv.zoo.declared.transforms import Affine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mesoinv.zoo.model.model import Model

#: What the noise of a sample may be multiplied by, with equal probabilities.
NOISE_FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
_COLUMNS = [f.name for f in fields(Donors)]
#: Distances [nm] and densities [1e12 cm⁻²] of donors that somebody else's model may be told of: a
#: small distance has a grid of many GB.
LIMITS = {"s": (30.0, 100.0), "n_d": (0.01, 100.0)}


def refusals(hyperparameters: Mapping[str, Any]) -> Iterator[Refusal]:
    """Yield what a model that somebody else made may not ask for."""
    for name, bounds in LIMITS.items():
        if name in hyperparameters and not _within(hyperparameters[name], *bounds):
            given = f"{hyperparameters[name]!r:.80}"
            yield Refusal(name, f"{given} is not two numbers within {bounds}, in order.")
    inner = hyperparameters.get("landscape")
    if inner is not None and not isinstance(inner, dict):
        yield Refusal("landscape", "is not keys and values.")


def _within(value: Any, low: float, high: float) -> bool:
    numbers = isinstance(value, list) and len(value) == 2
    if not numbers or not all(isinstance(v, int | float) for v in value):
        return False
    return bool(low <= value[0] < value[1] <= high)


class LandscapeObserver(nn.Module):
    """Maps (B, L, W) to the posterior means (B, len(columns)) in physical units."""

    shift: Tensor
    scale: Tensor
    gain: Tensor
    noise: Tensor

    def __init__(
        self,
        landscape: nn.Module,
        columns: Sequence[str],
        s: tuple[float, float],
        n_d: tuple[float, float],
    ) -> None:
        super().__init__()
        self.landscape, self.s, self.n_d = landscape, s, n_d
        vectors = coulomb.wave_vectors(s[0], Strip())
        self.numbers = torch.from_numpy(vectors.numbers)
        self.factor = _amplitude_factor(s[0], vectors.length)
        self.chosen = [_COLUMNS.index(name) for name in columns]
        self._grid: tuple[Tensor, ...] | None = None
        count = len(vectors.length)
        for name, values in {
            "shift": torch.zeros(()),
            "scale": torch.ones(()),
            "gain": torch.ones(count),
            "noise": torch.ones(count),
        }.items():
            self.register_buffer(name, values)

    def costly_part(self, inputs: tuple[int, ...]) -> tuple[nn.Module, tuple[int, ...]]:
        """Return the network whose operations count, and the shape that it gives.

        The rest computes a table of real numbers first, which tensors without values cannot.
        """
        return self.landscape, inputs

    def init_from(self, start: Model) -> None:
        """Take the network of a landscape model, and its units."""
        self.landscape.load_state_dict(start.network.state_dict(), strict=True)
        ((affine,),) = (q.transforms for q in start.config.outputs)
        if not isinstance(affine, Affine):
            raise UsageError(f"{start.config.name} has no plain landscape as its output.")
        self.shift.copy_(torch.as_tensor(affine.shift))
        self.scale.copy_(torch.as_tensor(affine.scale))

    def _power(self, x: Tensor) -> Tensor:
        """|X̂|² (B, n), of the landscapes that the U-Net sees."""
        potential = self.landscape(x).double() * self.scale + self.shift
        jx, jy = self.numbers.T.to(x.device)
        spectrum = torch.fft.rfft2(potential)[:, jx, jy]
        return (spectrum.abs() * self.factor.to(x.device)) ** 2

    def _points(self, device: torch.device) -> tuple[Tensor, ...]:
        if self._grid is None:
            grid = donor_grid(self.s, self.n_d)
            arrays = (grid.variance, grid.weight, grid.columns[:, self.chosen])
            self._grid = tuple(torch.from_numpy(a).to(device) for a in arrays)
        return self._grid

    def forward(self, x: Tensor) -> Tensor:
        """Return the posterior means."""
        variance, weight, columns = self._points(x.device)
        power, parts = self._power(x), []
        for factor in NOISE_FACTORS:
            expected = self.gain.double() * variance + factor * self.noise.double()
            parts.append(weight.log() - expected.log().sum(1) - power @ (1 / expected).T)
        likelihood = torch.logsumexp(torch.stack(parts), dim=0)
        mean: Tensor = torch.softmax(likelihood, dim=1) @ columns
        return mean.to(x.dtype)

    @torch.no_grad()
    def fit(self, inputs: Tensor, outputs: Tensor) -> None:
        """Find gain and noise of each amplitude from the columns of the training samples."""
        self.eval()
        power = torch.cat([self._power(part) for part in _parts(inputs, 32)])
        variance, _, columns = self._points(inputs.device)
        # the point of the grid that is nearest to each sample
        spread = columns.std(0)
        near = torch.cat(
            [
                torch.cdist(part / spread, columns / spread).argmin(1)
                for part in _parts(outputs.double(), 256)
            ]
        )
        gain, noise = _line(variance[near], power)
        self.gain.copy_(gain)
        self.noise.copy_(noise)


def _parts(x: Tensor, size: int) -> list[Tensor]:
    return [x[i : i + size] for i in range(0, len(x), size)]


def _amplitude_factor(s: float, q: NDArray[np.float64]) -> Tensor:
    """Return what turns a discrete Fourier transform into an amplitude X, shape (n,)."""
    screening, _ = coulomb.coulomb_length(Strip())
    spectral = coulomb.spectral_factor(np.array([s]), Strip())[0]
    return torch.from_numpy(np.exp(-q * s) / (q + screening) / np.abs(spectral))


def _line(x: Tensor, y: Tensor, rounds: int = 4) -> tuple[Tensor, Tensor]:
    """Fit y = gain x + noise for each column; the scatter of y is its mean, so weights follow."""
    expected = y.mean(0).expand_as(y)
    gain, noise = torch.ones_like(y[0]), y.mean(0)
    for _ in range(rounds):
        w = 1 / expected**2
        total, wx, wy = w.sum(0), (w * x).sum(0), (w * y).sum(0)
        spread = (w * x * x).sum(0) * total - wx**2
        gain = (((w * x * y).sum(0) * total - wx * wy) / spread).clamp_min(1e-4)
        noise = ((wy - gain * wx) / total).clamp_min(1e-6 * y.mean(0))
        expected = gain * x + noise
    return gain, noise


def build(
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
    columns: Sequence[str] = ("s", "n_d"),
    s: tuple[float, float] = (40.0, 70.0),
    n_d: tuple[float, float] = (0.6, 1.5),
    landscape: dict[str, object] | None = None,
) -> nn.Module:
    """Build the observer; `landscape` are hyperparameters of the U-Net, ranges are the prior's."""
    if len(columns) != outputs[0]:
        raise ValueError(f"columns {columns} must be as many as the outputs, {outputs[0]}")
    network = unet.build([inputs], [inputs], **(landscape or {}))  # type: ignore[arg-type]
    return LandscapeObserver(network, columns, (s[0], s[1]), (n_d[0], n_d[1]))
