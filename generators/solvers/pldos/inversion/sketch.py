r"""An approximate Jacobian of the density of states with respect to the waves, on some sites.

It is to tell the directions of a Gauss-Newton step, whose length exact products then correct: few
modes, single precision, every fourth column and every second row.

The waves are products X_a(x) Y_b(y) of cosines and sines, and there are few different Y_b. So the
right-hand sides δV ψ of all waves are combinations of the vectors Y_b ψ of the columns. Three
columns out of four are eliminated on these; one sweep over the remaining ones, from the drain to
the source and back, serves all waves at once.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers.pldos.strip import strip_modes

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.inversion.waves import Waves
    from mesoinv.generators.solvers.pldos.strip import Strip

RealArray = NDArray[np.float64]
SingleArray = NDArray[np.float32]
#: Arrays of complex64.
ComplexArray = Any

#: Columns from one that is kept to the next, and rows.
COLUMNS, ROWS = 4, 2
#: Modes that are kept.
MODES = 56


@dataclass(frozen=True)
class ProductWaves:
    """Cosines and sines along the strip and across it, and how waves are made of products of them.

    Attributes
    ----------
    along : (A, L) array
        X_a: 1, then cosine and sine of 2π j x/L for j = 1, 2 …
    across : (B, W) array
        Y_b, likewise.
    pairs : (P, 2) array of int
        The products (b, a) that occur.
    mixing : (P, 2n) array
        What the unknowns contribute to the products [t].
    """

    along: SingleArray
    across: SingleArray
    pairs: NDArray[np.int64]
    mixing: SingleArray


@functools.lru_cache(maxsize=4)
def product_waves(waves: Waves) -> ProductWaves:
    """Return the products that the waves of a landscape consist of."""
    numbers, amplitude = waves.numbers, waves.amplitude
    reach = abs(numbers).max(axis=0)
    strip = waves.strip
    places: dict[tuple[int, int], int] = {}
    entries: list[tuple[int, int, float]] = []
    for n, ((jx, jy), size) in enumerate(zip(numbers.tolist(), amplitude.tolist(), strict=True)):
        sign, j = (1 if jx >= 0 else -1), abs(jx)
        # cos(a + b) = cos a cos b - sin a sin b, sin(a + b) = sin a cos b + cos a sin b
        parts = [(n, j, False, jy, False, 1), (n, j, True, jy, True, -sign),
                 (n + len(numbers), j, True, jy, False, sign),
                 (n + len(numbers), j, False, jy, True, 1)]  # fmt: skip
        for unknown, a, odd_a, b, odd_b, factor in parts:
            if (odd_a and not a) or (odd_b and not b):
                continue  # the sine of 0
            pair = (_place(b, odd_b), _place(a, odd_a))
            entries.append((places.setdefault(pair, len(places)), unknown, factor * size))
    mixing = np.zeros((len(places), waves.count), dtype=np.float32)
    for place, unknown, value in entries:
        mixing[place, unknown] = value
    pairs = np.array(sorted(places, key=lambda pair: places[pair]), dtype=np.int64)
    return ProductWaves(
        _table(int(reach[0]), strip.length), _table(int(reach[1]), strip.width), pairs, mixing
    )


def _place(number: int, odd: bool) -> int:
    """Return where a cosine, or sine, is in a table."""
    return 2 * number - 1 + odd if number else 0


def _table(reach: int, sites: int) -> SingleArray:
    angle = 2 * np.pi * np.outer(np.arange(1, reach + 1), np.arange(sites)) / sites
    rows = np.stack([np.cos(angle), np.sin(angle)], axis=1).reshape(-1, sites)
    return np.concatenate([np.ones((1, sites)), rows]).astype(np.float32)


@dataclass(frozen=True)
class Sketch:
    """The approximate Jacobian.

    Attributes
    ----------
    jacobian : (K, R, P) array
        Derivatives of ρ at some sites with respect to the products.
    mixing : (P, 2n) array
        Of `ProductWaves`: the Jacobian times this is that with respect to z.
    columns, rows : (K,) and (R,) arrays of int
        The sites.
    """

    jacobian: SingleArray
    mixing: SingleArray
    columns: NDArray[np.int64]
    rows: NDArray[np.int64]

    def normal_matrix(self, weight: RealArray) -> RealArray:
        """Return JᵀWJ (2n, 2n) for weights (L, W), its sites standing for all."""
        flat = self.jacobian.reshape(-1, len(self.mixing))
        here = COLUMNS * ROWS * weight[np.ix_(self.columns, self.rows)].reshape(-1, 1)
        scaled = np.sqrt(here).astype(np.float32) * flat
        normal: RealArray = (self.mixing.T @ (scaled.T @ scaled) @ self.mixing).astype(np.float64)
        return (normal + normal.T) / 2


def sketch(potential: RealArray, states: NDArray[np.complex128], waves: Waves) -> Sketch:
    """Compute it at a potential.

    Parameters
    ----------
    potential : (L, W) array
        V [t].
    states : (L, q, W) complex array
        ψ on the sites.
    waves : Waves
        The unknowns.

    Raises
    ------
    ValueError
        If the length is no multiple of `COLUMNS`.
    """
    strip = waves.strip
    modes, states_count = min(MODES, strip.width), states.shape[1]
    basis = strip_modes(strip).basis[:, :modes].astype(np.float32)
    products = product_waves(waves)
    # sites across the strip first: then modes are one product of real matrices
    psi = np.ascontiguousarray(states.transpose(2, 0, 1).astype(np.complex64))
    moved = psi[..., None] * products.across.T[:, None, None]
    vectors = real_times(np.ascontiguousarray(basis.T), moved)
    chain = Chain(potential, strip, modes)
    sources = chain.sources(vectors.reshape(modes, strip.length, -1))
    columns, rows = np.arange(0, strip.length, COLUMNS), np.arange(0, strip.width, ROWS)
    jacobian = np.empty((len(columns), len(rows), len(products.pairs)), dtype=np.float32)
    on_rows = basis[rows]
    for k, changed in enumerate(chain.sweep(sources, products)):
        # -δψ of all products; Re ψ* δψ summed over states, from modes to sites in one product
        parts = changed.view(np.float32).reshape(modes * states_count, -1, 2).swapaxes(1, 2)
        at = np.ascontiguousarray(psi[rows, columns[k]]).view(np.float32)
        sites = (on_rows[:, :, None] * at[:, None]).reshape(len(rows), -1)
        np.matmul(sites * np.float32(-4 * math.pi), parts.reshape(sites.shape[1], -1), jacobian[k])
    return Sketch(jacobian, products.mixing, columns, rows)


def real_times(matrix: SingleArray, values: ComplexArray) -> ComplexArray:
    """Multiply the first axis of complex numbers by a real matrix, as one of real numbers."""
    first, *others = values.shape
    flat = np.ascontiguousarray(values).reshape(first, -1).view(np.float32)
    return (matrix @ flat).view(np.complex64).reshape(len(matrix), *others)


def _between(blocks: Any) -> tuple[Any, Any]:
    """Return g_1j and g_3j, (K, 3, n, n) each, of three columns between two that are kept."""
    first, middle, last = (blocks[:, j] for j in range(3))
    a, c = np.linalg.inv(first), np.linalg.inv(last)
    centre = np.linalg.inv(middle - a - c)
    to_left = np.stack([a + a @ centre @ a, a @ centre, a @ centre @ c], axis=1)
    to_right = np.stack([c @ centre @ a, c @ centre, c + c @ centre @ c], axis=1)
    return to_left, to_right


class Chain:
    """The strip in few modes, with three columns out of four eliminated."""

    def __init__(self, potential: RealArray, strip: Strip, modes: int) -> None:
        if strip.length % COLUMNS:
            raise ValueError(f"The strip's length must be a multiple of {COLUMNS}.")
        tables = strip_modes(strip)
        basis = tables.basis[:, :modes].astype(np.float32)
        onsite = (2 + tables.kinetic[:modes] - strip.energy).astype(np.float32)
        real = (basis.T * potential.astype(np.float32)[:, None, :]) @ basis
        real[:, range(modes), range(modes)] += onsite
        blocks = real.reshape(-1, COLUMNS, modes, modes)
        #: g_1j and g_3j of the columns between two that are kept, real but behind the last, where
        #: the drain is
        self.to_left, self.to_right = _between(blocks[:-1, 1:])
        drained = blocks[-1:, 1:].astype(np.complex64)
        drained[0, -1, range(modes), range(modes)] -= tables.drain[:modes].astype(np.complex64)
        self.to_last, _ = _between(drained)
        diagonal = blocks[:, 0].astype(np.complex64)
        diagonal[:-1] -= self.to_left[:, 0]
        diagonal[-1] -= self.to_last[0, 0]
        diagonal[1:] -= self.to_right[:, 2]
        source = tables.source[:modes]
        self_energy = (
            tables.source_real[:modes, :modes] + 1j * (source * tables.source_sin) @ source.T
        )
        diagonal[0] -= self_energy.astype(np.complex64)
        self.diagonal = diagonal
        #: From one column that is kept to the next.
        self.across = np.ascontiguousarray(self.to_left[:, 2])

    def sources(self, vectors: ComplexArray) -> ComplexArray:
        """Bring vectors (n, L, v) of all columns to those that are kept: (K, n, v, 7)."""
        modes, _, count = vectors.shape
        blocks = vectors.transpose(1, 0, 2).reshape(-1, COLUMNS, modes, count)
        # real and imaginary parts side by side: what is between is real
        inner = np.ascontiguousarray(blocks[:-1, 1:]).view(np.float32)
        left, right = (
            (g @ inner).view(np.complex64).transpose(0, 2, 3, 1)
            for g in (self.to_left, self.to_right)
        )
        out = np.zeros((len(blocks), modes, count, 2 * COLUMNS - 1), dtype=np.complex64)
        out[1:, ..., : COLUMNS - 1] = right
        out[..., COLUMNS - 1] = blocks[:, 0]
        out[:-1, ..., COLUMNS:] = left
        out[-1, ..., COLUMNS:] = (self.to_last[0] @ blocks[-1, 1:]).transpose(1, 2, 0)
        return out

    def from_drain(self) -> list[ComplexArray]:
        """Return the inverse block of each column that is kept, if nothing were to its left."""
        made: list[ComplexArray] = [np.linalg.inv(self.diagonal[-1])]
        for diagonal, across in zip(self.diagonal[-2::-1], self.across[::-1], strict=True):
            made.append(np.linalg.inv(diagonal - across @ made[-1] @ across.T))
        return made[::-1]

    def sweep(self, sources: ComplexArray, products: ProductWaves) -> Any:
        """Yield L⁻¹ (X_a Y_b ψ) at each column that is kept, (n, q P).

        What the columns towards the drain alone make of the sources is kept on the way there.
        """
        kept, modes, _, reach = sources.shape
        b, a = products.pairs.T
        pairs = b * len(products.along) + a
        padded = np.pad(products.along, ((0, 0), (COLUMNS - 1, COLUMNS)))
        inverses = self.from_drain()
        solved_alone: list[ComplexArray] = [np.empty(0)] * kept
        for k in range(kept - 1, -1, -1):
            window = padded[:, COLUMNS * k : COLUMNS * k + reach]
            made = sources[k] @ window.T.astype(np.complex64)
            every = made.reshape(modes, -1, len(products.across) * len(padded))
            right = every.take(pairs, axis=2).reshape(modes, -1)
            if k + 1 < kept:
                right = right + real_times(self.across[k], solved_alone[k + 1])
            solved_alone[k] = inverses[k] @ right
        solved = solved_alone[0]
        yield solved
        for k in range(1, kept):
            solved = solved_alone[k] + (inverses[k] @ self.across[k - 1].T) @ solved
            yield solved
