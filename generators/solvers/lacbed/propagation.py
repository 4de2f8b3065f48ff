"""The intensity of the (000) beam with all beams kept: one matrix product a step for all pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.solvers.lacbed.chebyshev import (
    NARROWEST,
    SINGLE,
    survival_amplitude,
    times,
)
from mesoinv.generators.solvers.lacbed.scaled_matrix import ScaledMatrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesoinv.generators.solvers.lacbed.scattering_matrix import Beams

#: Columns that are propagated together: their arrays stay within the cache.
_COLUMNS = 512
#: Numbers of one array of columns on a device of torch: a few such arrays fit into its memory.
_NUMBERS = 2**26
#: Below this size a matrix is diagonalised to bound its spectrum; by how much bounds are widened.
_SMALL, _MARGIN = 300, 0.01


def intensity(
    beams: Beams,
    wave_vector: NDArray[np.float64],
    thickness: NDArray[np.float64],
    absorption: float,
    *,
    single: bool = False,
    device: str = "cpu",
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
    device : str
        ``"cpu"``, or a device of torch.

    Returns
    -------
    (T, P) array
    """
    limits = _limits(beams.coupling)
    growth = absorption * max(limits[1], -limits[0]) * thickness.max(initial=0)
    kind = np.dtype(np.complex64 if single and growth < SINGLE else np.complex128)
    together = _COLUMNS if device == "cpu" else max(1, _NUMBERS // len(beams.orders))
    parts = []
    for first in range(0, len(wave_vector), together):
        matrix = _scaled(beams, wave_vector[first : first + together], absorption, limits, kind)
        if device == "cpu":
            amplitude = _on_cpu(matrix, thickness)
        else:
            from mesoinv.generators.solvers.lacbed import torch_propagation  # noqa: PLC0415

            amplitude = torch_propagation.survival(matrix, thickness, device)
        parts.append(np.abs(amplitude) ** 2)
    return np.concatenate(parts, axis=1)


def _scaled(
    beams: Beams,
    wave_vector: NDArray[np.float64],
    absorption: float,
    limits: tuple[float, float],
    kind: np.dtype[Any],
) -> ScaledMatrix:
    excitation = beams.excitation(wave_vector)
    # the eigenvalues of a sum lie within the sums of the eigenvalues (Weyl)
    low, high = limits[0] + excitation.min(), limits[1] + excitation.max()
    radius = max((high - low) / 2, NARROWEST)
    centre = (high + low) / 2
    real = np.finfo(kind).dtype
    coupling = beams.coupling / radius
    return ScaledMatrix(
        coupling=coupling.astype(kind if np.iscomplexobj(coupling) else real),
        damped=1 + 1j * absorption,
        diagonal=((excitation - centre) / radius).astype(real),
        centre=centre + 1j * absorption * beams.mean,
        radius=radius,
        growth=absorption * max(limits[1], -limits[0]),
        kind=kind,
    )


def _on_cpu(matrix: ScaledMatrix, thickness: NDArray[np.float64]) -> NDArray[np.complex128]:
    damped = matrix.kind.type(matrix.damped)

    def scaled(columns: NDArray[Any]) -> NDArray[Any]:
        product = times(matrix.coupling, columns)
        product *= damped
        product += matrix.diagonal * columns
        return product

    start = np.zeros(matrix.diagonal.shape, dtype=matrix.kind)
    start[0] = 1
    return survival_amplitude(matrix.generator(scaled), start, thickness)


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
