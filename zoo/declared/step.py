"""What every transform between physical arrays and a network's numbers declares."""

from __future__ import annotations

from typing import ClassVar

#: Field -> smallest and largest number.
Limits = dict[str, tuple[float, float]]
#: Largest number, and most numbers of a list, in the transform of somebody else's model.
MAX_NUMBER, MAX_NUMBERS = 1e6, 512


class Step:
    """What all transforms declare.

    Attributes
    ----------
    LIMITS : mapping of str to (float, float)
        Field -> smallest and largest number in a model that somebody else made.
    RESHAPES : bool
        Whether an array may have another shape behind it.
    FITTED : bool
        Whether training replaces it by the ``affine`` one that it finds.
    """

    LIMITS: ClassVar[Limits] = {}
    RESHAPES: ClassVar[bool] = False
    FITTED: ClassVar[bool] = False

    def refusal(self) -> str | None:
        """Return why a model of somebody else may not hold it; None if it may."""
        if self.FITTED:
            return "belongs to a recipe; a trained model has the affine step that it became"
        for name, (low, high) in self.LIMITS.items():
            if not low <= getattr(self, name) <= high:
                return f"has its {name} beyond {low:g} to {high:g}"
        return None
