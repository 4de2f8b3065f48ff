"""Matrix elements of exp(iHt) as a sum of Chebyshev polynomials of H.

exp(iHt) = exp(ict) Σ_n (2 - δ_n0) iⁿ J_n(ρt) T_n((H - c)/ρ), the spectrum of the hermitian part of
H within c ± ρ (H. Tal-Ezer and R. Kosloff, J. Chem. Phys. 81, 3967 (1984)). The moments
μ_n = ⟨e|T_n|e⟩ do not depend on t: further thicknesses cost nothing. Of a complex symmetric H two
moments follow from every product with H: μ_2n = 2 t_n·t_n - μ_0, μ_2n+1 = 2 t_n+1·t_n - μ_1,
without conjugation.

Where H also damps, the polynomials grow with t while their sum does not. What is lost by that is
bounded: a crystal too thick for it is passed in slices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

#: Exponents of the growth up to which single and double precision keep 1e-5 and 1e-8.
SINGLE, DOUBLE = 4.0, 16.0
#: Half a spectrum is taken to be this wide at least [1/Å]: one beam has a single eigenvalue.
NARROWEST = 1e-6


def _dot(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.einsum("ij,ij->j", first, second))


@dataclass(frozen=True)
class Generator:
    """H of many columns at once, scaled to the interval of the polynomials.

    Attributes
    ----------
    scaled : callable
        (m, P) array -> (H - c)/ρ applied to it, a new array.
    centre : complex
        c [1/Å].
    radius : float
        ρ [1/Å].
    growth : float
        Largest eigenvalue of the antihermitian part of H - c [1/Å].
    symmetric : bool
        Whether H is symmetric, and not only its hermitian part.
    dot : callable
        Two (m, P) arrays -> the sum of their products down each column, (P,), in memory of the CPU.
        Arrays of numpy need none; with one of its own, columns may be those of another library.
    """

    scaled: Callable[[NDArray[Any]], NDArray[Any]]
    centre: complex
    radius: float
    growth: float
    symmetric: bool
    dot: Callable[[Any, Any], NDArray[Any]] = _dot


def survival_amplitude(
    generator: Generator, start: Any, thickness: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Return ⟨e|exp(iHt)|e⟩ of many columns.

    Parameters
    ----------
    generator : Generator
        H.
    start : (m, P) array
        e, complex; real in value if H is symmetric. Of numpy or of the library of the generator.
    thickness : (T,) array
        t [Å].

    Returns
    -------
    (T, P) array
    """
    most = float(thickness.max(initial=0))
    slices = max(1, int(np.ceil(generator.growth * most / DOUBLE)))
    if slices == 1 and generator.symmetric:
        count = _number_of_moments(generator.radius, most)
        return _weights(generator, thickness, count) @ _doubled(generator, start, count)
    return _sliced(generator, start, thickness, most / slices)


def _sliced(
    generator: Generator, start: NDArray[Any], thickness: NDArray[np.float64], step: float
) -> NDArray[np.complex128]:
    count = _number_of_moments(generator.radius, step)
    onward = _weights(generator, np.array([step]), count)[0]
    place = np.maximum(np.ceil(thickness / step - 1e-9).astype(int) - 1, 0) if step else thickness
    amplitude = np.empty((len(thickness), start.shape[1]), dtype=np.complex128)
    bra, state = start.conj(), start
    for number in range(int(np.max(place, initial=0)) + 1):
        moments, state = _plain(generator, bra, state, onward)
        inside = place == number
        weights = _weights(generator, thickness[inside] - number * step, count)
        amplitude[inside] = weights @ moments
    return amplitude


def _number_of_moments(radius: float, thickness: float) -> int:
    phase = radius * thickness
    return int(phase + 12 * phase ** (1 / 3) + 20)


def _weights(
    generator: Generator, thickness: NDArray[np.float64], count: int
) -> NDArray[np.complex128]:
    from scipy.special import jv  # noqa: PLC0415  (lists need no scipy)

    order = np.arange(count)
    weights = jv(order[None, :], generator.radius * thickness[:, None]) * 1j**order
    weights[:, 1:] *= 2
    return np.asarray(np.exp(1j * generator.centre * thickness)[:, None] * weights)


def _plain(
    generator: Generator, bra: NDArray[Any], start: NDArray[Any], onward: NDArray[Any]
) -> tuple[NDArray[np.complex128], NDArray[Any]]:
    """Return the moments ⟨bra|T_n|start⟩ and the sum Σ onward_n T_n start."""
    moments = np.empty((len(onward), start.shape[1]), dtype=np.complex128)
    before, now = start, generator.scaled(start)
    total = 0 * start
    for n, weight in enumerate(onward.tolist()):
        moments[n] = generator.dot(bra, before)
        total += weight * before
        following = _following(generator, now, before)
        before, now = now, following
    return moments, total


def _doubled(generator: Generator, start: NDArray[Any], count: int) -> NDArray[np.complex128]:
    moments = np.empty((count + 1, start.shape[1]), dtype=np.complex128)
    before, now = start, generator.scaled(start)
    dot = generator.dot
    moments[0], moments[1] = dot(start, start), dot(now, start)
    for n in range(1, (count + 1) // 2):
        following = _following(generator, now, before)
        moments[2 * n] = 2 * dot(now, now) - moments[0]
        moments[2 * n + 1] = 2 * dot(following, now) - moments[1]
        before, now = now, following
    return moments[:count]


def _following(generator: Generator, now: NDArray[Any], before: NDArray[Any]) -> NDArray[Any]:
    following = generator.scaled(now)
    following *= 2
    following -= before
    return following


def times(matrix: NDArray[Any], columns: NDArray[Any]) -> NDArray[Any]:
    """Return matrix @ columns; of a real matrix and complex columns it is one real product."""
    if np.iscomplexobj(matrix):
        return np.asarray(matrix @ columns)
    parts = matrix @ columns.view(matrix.dtype)
    return np.asarray(parts.view(columns.dtype))
