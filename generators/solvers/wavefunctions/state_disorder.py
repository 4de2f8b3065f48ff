"""Disorder of the models with two states a site, from random words: bit-exact on every machine.

Disorder strengths of T. Ohtsuki and T. Ohtsuki, J. Phys. Soc. Jpn. 85, 123706 (2016): up to twice
the critical one, for training on both sides of it, for tests on a grid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.solvers.uniform_disorder import uniform_energies

if TYPE_CHECKING:
    from numpy.typing import NDArray

    RealArray = NDArray[np.float64]

#: Systems that nothing is learnt from, as the dataset counts them.
SYSTEMS = ("E = 1", "E = 2", "E = 3", "Ando")
#: Steps of the grid up to the critical disorder, which is the last of them.
STEPS = 50


def strengths_on_both_sides(
    uniform: RealArray, above: NDArray[np.bool_], critical: float
) -> RealArray:
    """Return disorder strengths uniform in (0, W_c), or in (W_c, 2 W_c) where `above`.

    Parameters
    ----------
    uniform : (B,) array
        In the open interval (0, 1).
    above : (B,) array of bool
        Which are above the critical one.
    critical : float
        W_c, in the unit of energy.

    Returns
    -------
    (B,) array
    """
    return critical * (uniform + above)


def strengths_on_grid(indices: NDArray[np.int64], critical: float) -> RealArray:
    """Return W_c/50, 2 W_c/50 … 2 W_c in turn, shape (B,)."""
    # the quotient first: then the critical strength itself is one of them
    return critical * ((np.asarray(indices) % (2 * STEPS) + 1) / STEPS)


def random_onsite(words: NDArray[np.uint64], strength: RealArray) -> RealArray:
    """Return on-site energies uniform in [-W/2, W/2].

    Parameters
    ----------
    words : (B, S) array of uint64
        Random words.
    strength : (B,) array
        W of each sample.

    Returns
    -------
    (B, S) array
        Odd multiples of W/2²³, rounded.
    """
    return uniform_energies(words, 1.0) * strength[:, None]
