"""On-site energies of disordered wires from random words and numbers.

Models I to IV of K. Li, J. Lu and F. Zhai, Phys. Rev. B 102, 064205 (2020).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RealArray = NDArray[np.float64]


def impurity_energies(
    site: RealArray, concentration: RealArray, impurity: tuple[float, ...], kind: RealArray | None
) -> RealArray:
    """Return on-site energies of impurities on some sites, 0 elsewhere (models II to IV).

    Parameters
    ----------
    site : (B, S) array
        Uniform in (0, 1); an impurity sits where it is below the concentration.
    concentration : (B,) array
        n of each sample.
    impurity : tuple of float
        On-site energies of the kinds, all equally likely [t].
    kind : (B, S) array or None
        Uniform in (0, 1), chooses among several kinds.

    Returns
    -------
    (B, S) array
        [t]
    """
    values = np.array(impurity)
    chosen = values[:1] if kind is None else values[(kind * len(values)).astype(np.int64)]
    return np.where(site < concentration[:, None], chosen, 0.0)
