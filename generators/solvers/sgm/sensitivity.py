r"""An approximate Jacobian of maps of the conductance with respect to the waves, on some sites.

With d and c_n as functions of the tip's place r (`linearise`),

.. math:: \frac{\partial T(r)}{\partial V(r')} = \mathrm{Re}\Big[d(r)\, G(r, r')^2
          + \sum_n c_n(r)\, G(r, r')\, ψ_n(r')\Big] + \text{what the reflection matrix adds},

.. math:: d = 2 τ^2 (i α - τ^* ρ^2), \qquad c_n = 4 i τ\, (r^* ψ)_n - 4 |τ|^2 ρ\, ψ_n^* .

G is computed in few modes, single precision, and for few places. The tip stands on every fourth
site. The sum over r' takes every second column and every third row: G² and the waves together
change over no fewer than four sites, but for the peak at r' = r. That leaves an error of 1 to 2 %
in samples of 256 × 192 sites and up to 10 % in those of 64 × 48. What is the same at every place
of the tip is left out, since inversions leave out the mean of a map.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers.pldos.inversion.sketch import (
    COLUMNS,
    MODES,
    Chain,
    ProductWaves,
    product_waves,
    real_times,
)
from mesoinv.generators.solvers.pldos.strip import strip_modes
from mesoinv.generators.solvers.sgm.linearise import derivatives
from mesoinv.generators.solvers.sgm.tip_response import t_matrix

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.inversion.waves import Waves
    from mesoinv.generators.solvers.pldos.strip import Strip
    from mesoinv.generators.solvers.sgm.linearise import SampleMap

RealArray = NDArray[np.float64]
SingleArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
ComplexArray = NDArray[np.complex128]
#: Arrays of complex64.
SingleComplex = Any

#: Rows from one place of the tip to the next (its columns are those that the chain keeps), and
#: columns and rows from one r' to the next.
ROWS, INNER_COLUMNS, INNER_ROWS = 4, COLUMNS // 2, 3


@dataclass(frozen=True)
class _Grid:
    """Places of the tip (columns, rows), r' (along, across), and how many sites each r' is for."""

    columns: IntArray
    rows: IntArray
    along: IntArray
    across: IntArray
    weight: SingleArray

    @classmethod
    def of(cls, strip: Strip) -> _Grid:
        along = np.arange(0, strip.length, INNER_COLUMNS)
        across = np.arange(INNER_ROWS // 2, strip.width, INNER_ROWS)
        # a trapezoid rule on the columns there are, and the last column by the one before it
        columns = np.full(len(along), float(INNER_COLUMNS))
        columns[[0, -1]] += -0.5, 0.5
        weight = np.outer(columns, np.full(len(across), INNER_ROWS)).astype(np.float32)
        return cls(
            np.arange(0, strip.length, COLUMNS), np.arange(ROWS // 2, strip.width, ROWS),
            along, across, weight,
        )  # fmt: skip


def sensitivity(maps: SampleMap, waves: Waves) -> SingleArray:
    """Compute it at one sample.

    Parameters
    ----------
    maps : SampleMap
        Of the sample, for U strengths of the tip.
    waves : Waves
        The 2n unknowns.

    Returns
    -------
    (U, P, 2n) array
        Derivatives of T at P places of the tip, over the whole strip as densely everywhere, less
        their mean over the places [2e²/h].

    Raises
    ------
    ValueError
        If the length of the strip is no multiple of 4.
    """
    strip, psi = waves.strip, maps.solved.states
    grid, products = _Grid.of(strip), product_waves(waves)
    chain = Chain(maps.solved.sample, strip, min(MODES, strip.width))
    inner = _Inner(chain, strip, grid)
    sources = psi[np.ix_(grid.along, grid.across)].astype(np.complex64)
    tips = [_at_places(maps, strength, grid) for strength in maps.strengths.tolist()]
    moved = _reflections(psi, waves).conj()
    made = np.empty((len(tips), len(grid.columns), len(grid.rows), waves.count), np.float32)
    for k, green in enumerate(inner.columns()):
        for u, tip in enumerate(tips):
            kernel = tip.kernel(k, green, sources) * grid.weight
            made[u, k] = _onto_waves(kernel, products, grid) + tip.reflected(k, moved)
    flat = made.reshape(len(tips), -1, waves.count)
    flat -= flat.mean(axis=1, keepdims=True)
    return flat


@dataclass(frozen=True)
class _Tip:
    """τ, d, c and ψ of one strength at the places of the tip, (K, R) and (K, R, q)."""

    tau: ComplexArray
    square: SingleComplex
    linear: SingleComplex
    states: ComplexArray

    def kernel(self, k: int, green: SingleComplex, sources: SingleComplex) -> SingleArray:
        """Return ∂T/∂V of column k by all r', from G (R, X, Y) and ψ(r') (X, Y, q)."""
        factor = np.tensordot(self.linear[k], sources, axes=(-1, -1))
        factor += self.square[k][:, None, None] * green
        made: SingleArray = green.real * factor.real - green.imag * factor.imag
        return made

    def reflected(self, k: int, moved: ComplexArray) -> RealArray:
        """Return what changes (q, q, 2n) of r* do to T in column k, (R, 2n)."""
        pairs = self.states[k][:, :, None] * self.states[k][:, None, :]
        made: RealArray = 2 * (1j * self.tau[k][:, None] * np.tensordot(pairs, moved, axes=2)).real
        return made


def _at_places(maps: SampleMap, strength: float, grid: _Grid) -> _Tip:
    places = np.ix_(grid.columns, grid.rows)
    psi, reflected = maps.solved.states[places], maps.reflected[places]
    response = maps.response
    rho, alpha, green = (
        values[0][places] for values in (response.density, response.overlap, response.green)
    )
    tau = t_matrix(green, strength)
    by_state, by_green = derivatives(tau, rho, alpha, psi, reflected)
    return _Tip(
        tau, (2 * by_green).astype(np.complex64), (2 * by_state).astype(np.complex64), psi
    )  # fmt: skip


def _reflections(psi: ComplexArray, waves: Waves) -> ComplexArray:
    """Return the derivatives of the reflection matrix by the unknowns, (q, q, 2n)."""
    count = psi.shape[-1]
    made = np.empty((count, count, waves.count), complex)
    for m in range(count):
        for n in range(m, count):
            product = psi[..., m] * psi[..., n]
            derivative = waves.adjoint(product.real) + 1j * waves.adjoint(product.imag)
            made[m, n] = made[n, m] = -1j * derivative
    return made


def _onto_waves(kernel: SingleArray, products: ProductWaves, grid: _Grid) -> SingleArray:
    """Sum a kernel (R, X, Y) with all waves, (R, 2n): they are products of functions of x and y."""
    b, a = products.pairs.T
    across = kernel @ products.across[:, grid.across].T
    both = across.swapaxes(1, 2) @ products.along[:, grid.along].T
    return np.asarray(both[:, b, a] @ products.mixing, np.float32)


class _Inner:
    """G from the columns that a chain keeps to all r'."""

    def __init__(self, chain: Chain, strip: Strip, grid: _Grid) -> None:
        basis = strip_modes(strip).basis[:, : chain.diagonal.shape[-1]].astype(np.float32)
        self._rows = basis[grid.rows]
        self._across = np.ascontiguousarray(basis[grid.across].T)
        # the middle one of three columns, from those on either side
        self._from_left = np.concatenate([
            chain.to_left[:, 1].astype(np.complex64), chain.to_last[:, 1]
        ])  # fmt: skip
        self._from_right = chain.to_right[:, 1]
        self._kept = _between_kept(chain)

    def columns(self) -> Any:
        """Yield G(r, r') of the places of the tip in each column, (R, X, Y)."""
        for inverse in self._kept:
            kept = -real_times(self._rows, inverse).swapaxes(0, 1)
            middle = kept @ self._from_left
            middle[:-1] += kept[1:] @ self._from_right
            both = np.stack([kept, middle], axis=1)
            parts = np.stack([both.real @ self._across, both.imag @ self._across], axis=-1)
            on_sites = parts.view(np.complex64)[..., 0]
            yield on_sites.reshape(-1, *on_sites.shape[2:]).swapaxes(0, 1)


def _between_kept(chain: Chain) -> SingleComplex:
    """Return L⁻¹ between all columns that a chain keeps, (K, n, K, n)."""
    count, modes = chain.diagonal.shape[:2]
    inverses = chain.from_drain()
    made = np.empty((count, modes, count, modes), np.complex64)
    made[0, :, 0] = inverses[0]
    for k in range(1, count):
        step = inverses[k] @ chain.across[k - 1].T
        before = made[k - 1, :, :k].reshape(modes, -1)
        made[k, :, :k] = (step @ before).reshape(modes, k, modes)
        made[k, :, k] = inverses[k] + step @ made[k - 1, :, k - 1] @ step.T
        made[:k, :, k] = made[k, :, :k].transpose(1, 2, 0)
    return made
