"""The baseline that knows one number of a state in three dimensions: its participation ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.zoo.architectures._state_measures import StateMeasures
from mesoinv.zoo.architectures.moment_discriminant import MomentDiscriminant

if TYPE_CHECKING:
    from torch import nn

#: Any other model must beat it.
TRIVIAL = True


def build(inputs: tuple[int, ...], outputs: tuple[int, ...]) -> nn.Module:
    """Build the discriminant of ln Σ|ψ|⁴ alone, for the lattice of the samples."""
    return MomentDiscriminant(outputs, StateMeasures((1 / inputs[0],), (2.0,)))
