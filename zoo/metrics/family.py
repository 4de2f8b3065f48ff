"""What a family of metrics gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mesoinv.generators.common.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mesoinv.zoo.metrics.bootstrap import Statistic, Table

    Batch = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Target:
    """What is to be predicted: a column, or a number that is judged by one.

    Attributes
    ----------
    column, unit : str
        As the dataset declares them; of an output that is no column, its name and unit.
    reference : float or None
        The best constant: a skill of 0 is that of predicting it always.
    shape : tuple of int or None
        Of an output that is no column.
    against : str or None
        Column that such an output is judged by.
    """

    column: str
    unit: str
    reference: float | None = None
    shape: tuple[int, ...] | None = None
    against: str | None = None


def only_target(targets: Sequence[Target]) -> Target:
    """Return the target of a family that scores a single column.

    Raises
    ------
    UsageError
        If there are several.
    """
    if len(targets) != 1:
        raise UsageError(f"One target is scored here; got {len(targets)}.")
    return targets[0]


class Family(ABC):
    """Metrics of one kind of output.

    Attributes
    ----------
    error : str
        Column of the table whose distribution is shown.
    error_better : str
        Which way is better.
    given : tuple of str
        Inputs that `errors` looks at too, where they are there.
    parameter : str or None
        Parameter of the dataset's configuration that is the reference of every target.
    """

    error: str
    error_better: Literal["high", "low"] = "low"
    given: tuple[str, ...] = ()
    parameter: str | None = None

    @abstractmethod
    def truth(self, targets: Sequence[Target]) -> tuple[str, ...]:
        """Return the columns of the dataset that `errors` needs."""

    @abstractmethod
    def errors(self, predicted: Batch, true: Batch, targets: Sequence[Target]) -> Table:
        """Compare a batch.

        Parameters
        ----------
        predicted : mapping of str to (B, …) array
            Target column -> values in its unit.
        true : mapping of str to (B, …) array
            The columns that `truth` names.
        targets : sequence of Target
            What was to be predicted.

        Returns
        -------
        dict of str to (B,) array
        """

    @abstractmethod
    def statistics(self, targets: Sequence[Target]) -> dict[str, Statistic]:
        """Return every score there is: functions of the table that `errors` gives."""
