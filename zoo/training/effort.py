"""What a training took."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """What a training took; zeros where nothing was trained by steps.

    Attributes
    ----------
    epochs : int
    precision : str
        lightning's name.
    seconds : float
    waiting_share : float
        Of the time, spent waiting for batches.
    """

    epochs: int = 0
    precision: str = "32-true"
    seconds: float = 0.0
    waiting_share: float = 0.0
