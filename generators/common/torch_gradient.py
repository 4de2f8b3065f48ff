"""Solvers as functions of torch tensors, with the derivatives that they compute themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch.autograd.function import once_differentiable

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    RealArray = NDArray[np.float64]


class Derivative(Protocol):
    """A value at some point, and products with its Jacobian J there."""

    @property
    def value(self) -> RealArray:
        """At the point."""

    def product(self, change: RealArray) -> RealArray:
        """Return J times a change of the point."""

    def adjoint(self, weight: RealArray) -> RealArray:
        """Return Jᵀ times weights of the value."""


def differentiable(
    point: Tensor,
    *,
    value: Callable[..., Any],
    derivative: Callable[..., Derivative],
    device: str,
) -> Tensor:
    """Return a solver's value at a tensor, as a tensor of the same type on the same device.

    Parameters
    ----------
    point : Tensor
        Where.
    value, derivative : callable
        Take an array and ``device=``; the second one is called if a gradient may be asked for.
    device : str
        Where a tensor of the CPU is solved; one on a GPU is solved there.
    """
    if point.is_cuda:
        device = str(point.device)
    needed = torch.is_grad_enabled() and point.requires_grad
    if needed or _has_tangent(point):
        result: Tensor = _Solver.apply(point, lambda array: derivative(array, device=device))
        return result
    return _like(value(_array(point), device=device), point)


def _has_tangent(point: Tensor) -> bool:
    unpacked: Any = torch.autograd.forward_ad.unpack_dual(point)  # type: ignore[no-untyped-call]
    return unpacked.tangent is not None


class _Solver(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, point: Tensor, derivative: Callable[[RealArray], Derivative]) -> Tensor:
        ctx.derivative = derivative(_array(point))
        return _like(ctx.derivative.value, point)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, weight: Tensor) -> tuple[Tensor, None]:
        return _like(ctx.derivative.adjoint(_array(weight)), weight), None

    @staticmethod
    def jvp(ctx: Any, change: Tensor, _: None) -> Tensor:
        return _like(ctx.derivative.product(_array(change)), change)


def _array(values: Tensor) -> RealArray:
    array: RealArray = values.detach().double().cpu().numpy()
    return array


def _like(array: RealArray, other: Tensor) -> Tensor:
    dtype = other.dtype if other.is_floating_point() else torch.float64
    return torch.from_numpy(array).to(device=other.device, dtype=dtype)
