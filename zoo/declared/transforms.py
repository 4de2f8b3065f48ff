"""How physical arrays become a network's numbers and back, as plain records.

They are stored with the weights; `mesoinv.zoo.model.transforms` computes them. Recipes may ask for
fitted ones (``standardise``, ``min-max``), which training replaces by the ``affine`` one that it
finds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from mesoinv.zoo.declared.pldos_transforms import FourierSeries
from mesoinv.zoo.declared.step import MAX_NUMBER, MAX_NUMBERS, Limits, Step

Numbers = float | list[float]


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


Transform = (
    Affine | Log | Relative | Pool | Classes | Probability | Standardise | MinMax | FourierSeries
)
