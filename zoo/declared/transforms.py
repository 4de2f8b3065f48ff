"""How physical arrays become a network's numbers and back, as plain records.

They are stored with the weights; `mesoinv.zoo.model.transforms` computes them. Recipes may ask for
fitted ones (``standardise``, ``min-max``), which training replaces by the ``affine`` one that it
finds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

Numbers = float | list[float]
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


@dataclass(frozen=True)
class Affine(Step):
    """(x - shift)/scale; lists act on the last axis."""

    shift: Numbers
    scale: Numbers
    kind: Literal["affine"] = "affine"

    def refusal(self) -> str | None:
        """Refuse lists that are too long, infinite numbers, and scales of zero."""
        shift, scale = (v if isinstance(v, list) else [v] for v in (self.shift, self.scale))
        if len(shift) + len(scale) > MAX_NUMBERS:
            return f"has more than {MAX_NUMBERS // 2} numbers"
        finite = all(math.isfinite(n) for n in (*shift, *scale))
        return None if finite and all(scale) else "has an infinite number, or a scale of 0"


@dataclass(frozen=True)
class Log(Step):
    """log(x + floor): a quantity that spans decades; floor in the quantity's unit."""

    LIMITS: ClassVar[Limits] = {"floor": (0, MAX_NUMBER)}
    floor: float
    kind: Literal["log"] = "log"


@dataclass(frozen=True)
class Relative(Step):
    """x over the sample's mean: a density that then does not depend on the lattice's size."""

    kind: Literal["relative"] = "relative"


@dataclass(frozen=True)
class Pool(Step):
    """Mean over squares of factor² sites; back by bicubic interpolation."""

    LIMITS: ClassVar[Limits] = {"factor": (1, 64)}  # it enlarges what it gets back
    RESHAPES = True
    factor: int
    kind: Literal["pool"] = "pool"


@dataclass(frozen=True)
class Classes(Step):
    """Number of a class, as one network output for each; back is the class with the largest."""

    LIMITS: ClassVar[Limits] = {"count": (2, 256)}
    RESHAPES = True
    count: int
    kind: Literal["classes"] = "classes"


@dataclass(frozen=True)
class Probability(Step):
    """Yes or no: the network gives the logit of its probability."""

    kind: Literal["probability"] = "probability"


@dataclass(frozen=True)
class Standardise(Step):
    """Mean 0 and standard deviation 1 over the training samples; only in a recipe."""

    FITTED = True
    kind: Literal["standardise"] = "standardise"


@dataclass(frozen=True)
class MinMax(Step):
    """0 to 1 over the training samples; only in a recipe."""

    FITTED = True
    kind: Literal["min-max"] = "min-max"


@dataclass(frozen=True)
class FourierSeries(Step):
    """Fourier coefficients (B, n, 2) as the landscape (B, L, W) that they make, for one s [nm]."""

    LIMITS: ClassVar[Limits] = {"s": (30.0, 100.0)}  # the table of wave vectors grows with 1/s²
    RESHAPES = True
    s: float
    kind: Literal["fourier-series"] = "fourier-series"


Transform = (
    Affine | Log | Relative | Pool | Classes | Probability | Standardise | MinMax | FourierSeries
)
