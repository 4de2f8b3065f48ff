"""How much is learnt from how many states, by discriminants of what physics measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.solvers.anderson3d.paper_grid import DISORDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from mesoinv.zoo.architectures._state_measures import StateMeasures

#: Errors of on-site energies [hopping] up to which their bounds count.
ERRORS = (0.01, 0.02, 0.05, 0.1, 0.2)
#: States of each strength that a curve begins with, at least.
FEWEST = 12


@dataclass(frozen=True)
class Curve:
    """Accuracies of one kind of discriminant on the same test states.

    Attributes
    ----------
    name, config : str
        What it is told, and of which lattices.
    states : list of int
        In training, of each strength.
    accuracy, error : list of float
        Share of right classes, and its standard error.
    """

    name: str
    config: str
    states: list[int]
    accuracy: list[float]
    error: list[float]


@dataclass(frozen=True)
class Learning:
    """Learning curves.

    Attributes
    ----------
    tested : dict of str to int
        Configuration -> test states.
    curves : list of Curve
    """

    tested: dict[str, int]
    curves: list[Curve]


@dataclass(frozen=True)
class States:
    """Densities of the states of one configuration, and the classes of their disorder."""

    config: str
    log_density: NDArray[np.float16]
    disorder_class: NDArray[np.int64]


#: What a discriminant is told: name -> whether of bounds too, least ln(M³|ψ|²) that is seen.
KINDS: dict[str, tuple[bool, float]] = {
    "participation ratio": (False, -np.inf),
    "moments of what has a box": (False, 0.0),
    "moments": (False, -np.inf),
    "moments and bounds": (True, -np.inf),
}


def learning(pairs: Sequence[tuple[States, States]], log: Callable[[str], object]) -> Learning:
    """Fit discriminants to more and more states; pairs are of training and of test."""
    curves = []
    for train, test in pairs:
        for name in KINDS:
            log(f"{train.config}: {name}")
            curves.append(_curve(name, train, test))
    return Learning({test.config: len(test.disorder_class) for _, test in pairs}, curves)


def _curve(name: str, train: States, test: States) -> Curve:
    import torch  # noqa: PLC0415  (slow to import)

    from mesoinv.zoo.architectures.moment_discriminant import (  # noqa: PLC0415
        MomentDiscriminant,
    )

    sides, bounds, least = train.log_density.shape[1:], *KINDS[name]
    network = MomentDiscriminant((len(DISORDERS),), _measures(name, sides[0], bounds))
    measured, tested = (_measured(network.measure, part, least) for part in (train, test))
    classes = torch.from_numpy(np.eye(len(DISORDERS))[train.disorder_class])
    curve = Curve(name, train.config, [], [], [])
    for states in _numbers(len(measured) // len(DISORDERS)):
        count = states * len(DISORDERS)
        network.fit_measured(measured[:count], classes[:count])
        right = network.weigh(tested).argmax(dim=1).numpy() == test.disorder_class
        curve.states.append(states)
        curve.accuracy.append(round(float(right.mean()), 5))
        curve.error.append(round(float(right.std() / np.sqrt(len(right))), 5))
    return curve


def _measures(name: str, side: int, bounds: bool) -> StateMeasures:
    from mesoinv.zoo.architectures._state_measures import (  # noqa: PLC0415  (torch)
        ORDERS,
        StateMeasures,
    )

    if name == "participation ratio":
        return StateMeasures((1 / side,), (2.0,))
    shares = [2**k / side for k in range(5) if 5 * 2**k <= 2 * side]
    return StateMeasures(shares, ORDERS, ERRORS if bounds else ())


def _measured(measure: Callable[[Tensor], Tensor], states: States, least: float) -> Tensor:
    import torch  # noqa: PLC0415  (slow to import)

    parts = []
    for first in range(0, len(states.log_density), 256):
        x = torch.from_numpy(states.log_density[first : first + 256]).float()
        parts.append(measure(x.clamp_min(least)))
    return torch.cat(parts)


def _numbers(most: int) -> list[int]:
    """Return states of each strength: all there are, half of them, a quarter."""
    numbers = [most // 2**k for k in range(6) if most // 2**k >= FEWEST]
    return numbers[::-1]
