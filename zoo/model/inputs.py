"""Checks of what a model is given: shape, finite numbers, and the range it was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.common.arguments import plain_array
from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo.declared.config import ANY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mesoinv.zoo.declared.config import Quantity

#: How far the mean of a sample may lie outside the means of the training samples, as a factor.
RANGE_FACTOR = 3.0
#: So many samples whose means are all below a tenth of the largest training mean are in another
#: unit: single samples can be that dark, whole batches are not.
DARK_SAMPLES, DARK = 8, 0.1


def checked_inputs(
    given: Any, quantities: Sequence[Quantity], *, check_range: bool
) -> dict[str, NDArray[np.float32]]:
    """Return all inputs of a model, name -> contiguous float32 array (B, *shape).

    Parameters
    ----------
    given : array_like or mapping
        The one input, or a mapping that holds every input.
    quantities : sequence of Quantity
        What the model takes.
    check_range : bool
        Refuse samples that are unlike every training sample.

    Raises
    ------
    UsageError
        If an input is missing, `checked_input` refuses one, or their numbers of samples differ.
    """
    names = ", ".join(q.name for q in quantities)
    if not isinstance(given, Mapping):
        if len(quantities) > 1:
            raise UsageError(f"The model takes {names}: give a mapping of names to arrays.")
        given = {quantities[0].name: given}
    if missing := [q.name for q in quantities if q.name not in given]:
        raise UsageError(
            f"The model takes {names}; the mapping holds {', '.join(map(str, given))}, not "
            f"{', '.join(missing)}."
        )
    arrays = {q.name: checked_input(given[q.name], q, check_range=check_range) for q in quantities}
    if len({len(array) for array in arrays.values()}) > 1:
        counts = ", ".join(f"{len(array)} of {name}" for name, array in arrays.items())
        raise UsageError(f"Every input must have the same number of samples; got {counts}.")
    return arrays


def checked_input(given: Any, quantity: Quantity, *, check_range: bool) -> NDArray[np.float32]:
    """Return a model's input as a contiguous float32 array (B, *shape).

    Parameters
    ----------
    given : array_like
        Values in the quantity's unit.
    quantity : Quantity
        What the model takes.
    check_range : bool
        Refuse samples that are unlike every training sample.

    Raises
    ------
    UsageError
        If the type, shape or range is wrong, or a value is not finite.
    """
    array = plain_array(given, f"values of {quantity.name}")
    if array.dtype.kind not in "fiub":
        raise UsageError(f"{quantity.name} must hold real numbers; got {array.dtype}.")
    if not array.ndim or not quantity.accepts(array.shape[1:]) or not array.size:
        hint = " Add a batch axis with x[None]." if quantity.accepts(array.shape) else ""
        lengths = ", ".join("any" if n == ANY else str(n) for n in quantity.shape)
        raise UsageError(
            f"{quantity.name} must have shape (batch, {lengths}); got {array.shape}.{hint}"
        )
    # torch takes arrays that can be written to alone
    array = np.require(array, dtype=np.float32, requirements=["C", "W"])
    means = array.reshape(len(array), -1).mean(axis=1, dtype=np.float64)
    if not np.isfinite(means).all():
        row = int(np.argmin(np.isfinite(means)))
        raise UsageError(f"Sample {row} holds NaN or infinite values.")
    if check_range:
        _check_range(means, quantity)
    return array


def _check_range(means: NDArray[np.float64], quantity: Quantity) -> None:
    if quantity.low is None or quantity.high is None:
        return
    margin = (RANGE_FACTOR - 1) * max(abs(quantity.low), abs(quantity.high))
    low = quantity.low / RANGE_FACTOR if quantity.low > 0 else quantity.low - margin
    if not quantity.shape:  # a number itself, not a mean: it may well be near zero
        low = min(low, quantity.low - (quantity.high - quantity.low))
    outside = (means < low) | (means > quantity.high + margin)
    dark = quantity.shape and len(means) >= DARK_SAMPLES and 0 < means.max() < DARK * quantity.high
    if outside.any() or dark:
        row = int(np.argmax(outside)) if outside.any() else int(np.argmax(means))
        raise UsageError(
            f"Sample {row} has a mean {quantity.name} of {means[row]:.3g} {quantity.unit}"
            f"{', the largest of all' if not outside.any() else ''}; in training it was "
            f"{quantity.low:.3g} to {quantity.high:.3g} {quantity.unit}. Is it in that unit and "
            "of that geometry? check_range=False predicts all the same."
        )
