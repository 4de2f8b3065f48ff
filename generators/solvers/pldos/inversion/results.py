"""Results of inversions as columns of the dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.solvers.pldos import coulomb

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesoinv.generators.solvers.pldos.inversion.invert import Inversion
    from mesoinv.generators.solvers.pldos.strip import Strip


def inverted_columns(inversion: Inversion, strip: Strip) -> dict[str, NDArray[Any]]:
    """Return landscape, coefficients and donors by column; ``NAME_std`` is a deviation.

    Parameters
    ----------
    inversion : Inversion
        Of B densities.
    strip : Strip
        Geometry and material.

    Returns
    -------
    dict of str to (B, …) array
    """
    pairs = list(zip(inversion.s.tolist(), inversion.n_d.tolist(), strict=True))
    count = inversion.coefficients.shape[1]
    variance = np.diagonal(inversion.covariance, axis1=1, axis2=2)
    return {
        "potential": inversion.potential,
        "potential_std": inversion.deviation,
        "fourier": np.stack([inversion.coefficients.real, inversion.coefficients.imag], -1),
        "fourier_std": np.sqrt(variance.reshape(-1, 2, count).transpose(0, 2, 1)),
        "s": inversion.s,
        "s_std": inversion.s_deviation,
        "n_d": inversion.n_d,
        "n_d_std": inversion.n_d_deviation,
        "potential_rms": np.array([coulomb.ensemble_rms(*pair, strip) for pair in pairs]),
        "correlation_length": np.array([coulomb.correlation_length(s, strip) for s, _ in pairs]),
    }
