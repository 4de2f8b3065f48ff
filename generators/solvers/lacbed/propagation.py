"""The intensity of the (000) beam with all beams kept: one matrix product a step for all pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.solvers.lacbed.chebyshev import (
    NARROWEST,
    SINGLE,
    Generator,
    survival_amplitude,
    times,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesoinv.generators.solvers.lacbed.scattering_matrix import Beams

#: Columns that are propagated together: their arrays stay within the cache.
_COLUMNS = 512
#: Below this size a matrix is diagonalised to bound its spectrum; by how much bounds are widened.
_SMALL, _MARGIN = 300, 0.01


def intensity(
    beams: Beams,
    wave_vector: NDArray[np.float64],
    thickness: NDArray[np.float64],
    absorption: float,
    *,
    single: bool = False,
) -> NDArray[np.float64]:
    """Return the intensity of the (000) beam, in double precision or, where it suffices, single.

    Parameters
    ----------
    beams : Beams
        All beams that take part.
    wave_vector : (P, 2) array
        Transverse wave vectors of the incident beams [1/Å].
    thickness : (T,) array
        [Å].
    absorption : float
        κ.
    single : bool
        An error of 1e-4 suffices.

    Returns
    -------
    (T, P) array
    """
    limits = _limits(beams.coupling)
    growth = absorption * max(limits[1], -limits[0]) * thickness.max(initial=0)
    kind = np.dtype(np.complex64 if single and growth < SINGLE else np.complex128)
    parts = [
        _intensity(beams, wave_vector[low : low + _COLUMNS], thickness, absorption, limits, kind)
        for low in range(0, len(wave_vector), _COLUMNS)
    ]
    return np.concatenate(parts, axis=1)


def _intensity(
    beams: Beams,
    wave_vector: NDArray[np.float64],
    thickness: NDArray[np.float64],
    absorption: float,
    limits: tuple[float, float],
    kind: np.dtype[Any],
) -> NDArray[np.float64]:
    excitation = beams.excitation(wave_vector)
    # the eigenvalues of a sum lie within the sums of the eigenvalues (Weyl)
    low, high = limits[0] + excitation.min(), limits[1] + excitation.max()
    radius = max((high - low) / 2, NARROWEST)
    centre = (high + low) / 2
    real = np.finfo(kind).dtype
    coupling = beams.coupling / radius
    coupling = coupling.astype(kind if np.iscomplexobj(coupling) else real)
    diagonal = ((excitation - centre) / radius).astype(real)
    damped = kind.type(1 + 1j * absorption)

    def scaled(columns: NDArray[Any]) -> NDArray[Any]:
        product = times(coupling, columns)
        product *= damped
        product += diagonal * columns
        return product

    generator = Generator(
        scaled,
        centre + 1j * absorption * beams.mean,
        radius,
        absorption * max(limits[1], -limits[0]),
        symmetric=not np.iscomplexobj(coupling),
    )
    start = np.zeros(excitation.shape, dtype=kind)
    start[0] = 1
    return np.asarray(np.abs(survival_amplitude(generator, start, thickness)) ** 2)


def _limits(coupling: NDArray[Any]) -> tuple[float, float]:
    """Return bounds of the eigenvalues of a matrix, a little wide."""
    from scipy.sparse.linalg import eigsh  # noqa: PLC0415  (lists need no scipy)

    if len(coupling) < _SMALL:
        values = np.linalg.eigvalsh(coupling)
    else:
        start = np.ones(len(coupling), dtype=coupling.dtype)
        values = np.concatenate(
            [
                eigsh(coupling, 1, which=end, tol=1e-3, v0=start, return_eigenvectors=False)
                for end in ("SA", "LA")
            ]
        )
    margin = _MARGIN * float(values.max() - values.min())
    return float(values.min()) - margin, float(values.max()) + margin
