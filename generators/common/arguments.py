"""Checks of arrays that people pass to public functions."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from mesoinv.generators.common.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from torch import Tensor


def is_tensor(values: object) -> TypeGuard[Tensor]:
    """Whether this is a tensor of torch, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(values, torch.Tensor)


def plain_array(values: Any, what: str) -> NDArray[Any]:
    """Return what was passed as one numpy array, whatever it holds.

    Parameters
    ----------
    values : array_like or torch.Tensor
        What was passed.
    what : str
        What they are, for messages: ``"energies"``.

    Raises
    ------
    UsageError
        If they are nested lists of unequal length, or some of them are masked.
    """
    if np.ma.is_masked(values):
        raise UsageError(f"Some of the {what} are masked, so they have no value. Fill them first.")
    try:
        return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)
    except ValueError as error:
        raise UsageError(f"The {what} do not form one array: {error}.") from None


def real_array(values: ArrayLike, what: str) -> NDArray[np.float64]:
    """Return numbers as one array of float64.

    Parameters
    ----------
    values : array_like
        What was passed.
    what : str
        What they are, for messages: ``"energies"``.

    Returns
    -------
    array of float64
        Of the same shape; a copy.

    Raises
    ------
    UsageError
        If they are not real numbers, or nested lists of unequal length.
    """
    array = plain_array(values, what)
    if array.dtype.kind not in "fiu":
        raise UsageError(f"The {what} must be real numbers; got {array.dtype}.")
    return array.astype(np.float64)
