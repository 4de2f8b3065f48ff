"""Propagation of all beams in torch: the same sums, on any device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mesoinv.generators.solvers.lacbed.chebyshev import survival_amplitude

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesoinv.generators.solvers.lacbed.scaled_matrix import ScaledMatrix


def survival(
    matrix: ScaledMatrix, thickness: NDArray[np.float64], device: str
) -> NDArray[np.complex128]:
    """Return the amplitude of the (000) beam.

    Parameters
    ----------
    matrix : ScaledMatrix
        The structure matrices.
    thickness : (T,) array
        [Å].
    device : str
        torch device.

    Returns
    -------
    (T, P) array
    """
    coupling = torch.from_numpy(matrix.coupling).to(device)
    diagonal = torch.from_numpy(matrix.diagonal).to(device)

    def scaled(columns: torch.Tensor) -> torch.Tensor:
        product = _times(coupling, columns)
        product *= matrix.damped
        product += diagonal * columns
        return product

    start = torch.zeros(diagonal.shape, dtype=_kind(matrix), device=device)
    start[0] = 1
    return survival_amplitude(matrix.generator(scaled, dot=_dot), start, thickness)


def _kind(matrix: ScaledMatrix) -> torch.dtype:
    return torch.complex64 if matrix.kind == np.complex64 else torch.complex128


def _times(matrix: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    if matrix.is_complex():
        return matrix @ columns
    # a real matrix takes real and imaginary parts as columns of their own
    parts = matrix @ torch.view_as_real(columns).reshape(len(columns), -1)
    return torch.view_as_complex(parts.reshape(*columns.shape, 2))


def _dot(first: torch.Tensor, second: torch.Tensor) -> NDArray[Any]:
    return (first * second).sum(dim=0).cpu().numpy()
