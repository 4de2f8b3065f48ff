"""A strip under a tip by a plain complex recursion: a second way, short and without shortcuts.

Complex arithmetic, the leads in place from the start: G_x from the source, H_x from the drain, and
between them the block (N_x - G_{x-1} - H_{x+1})⁻¹ of every column. It shares with the fast sweep no
more than the modes of the strip. With every mode it is the reference, and solves the rare sample in
which the fast sweep loses its digits; derivatives come from it with as many modes as are needed.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.solvers.pldos import mode_count
from mesoinv.generators.solvers.pldos.complex_recursion import column_block, source_self_energy
from mesoinv.generators.solvers.pldos.strip import Strip, strip_modes
from mesoinv.generators.solvers.pldos.transport import SolvedBy
from mesoinv.generators.solvers.sgm.mode_tail import mode_tail
from mesoinv.generators.solvers.sgm.tip_response import TipResponse

RealArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
IntArray = NDArray[np.int64]


class ComplexStrip:
    """One sample, eliminated from both sides.

    Parameters
    ----------
    sample : (L, W) array
        Potential [t].
    strip : Strip
        Geometry.
    counts : (L,) array of int
        Modes kept in each column; the source's lead needs every mode of the first one.
    """

    def __init__(self, sample: RealArray, strip: Strip, counts: IntArray) -> None:
        self.sample, self.strip, self.counts = sample, strip, counts
        self.modes = strip_modes(strip)
        blocks = [
            column_block(column, strip, self.modes, n)
            for column, n in zip(sample, counts, strict=True)
        ]
        n = counts[0]
        blocks[0] = blocks[0] - source_self_energy(strip, self.modes)[:n, :n]
        blocks[-1] = blocks[-1] - np.diag(self.modes.drain[: counts[-1]])
        forward, backward = range(len(blocks)), range(len(blocks) - 1, -1, -1)
        self.from_source = self._eliminated(blocks, forward)
        self.from_drain = self._eliminated(blocks, backward)
        self.inner: list[ComplexArray] = []
        for x, block in enumerate(blocks):
            middle = block.copy()
            for there, near in ((self.from_source, x - 1), (self.from_drain, x + 1)):
                if 0 <= near < len(blocks):
                    common = min(counts[x], counts[near])
                    middle[:common, :common] -= there[near][:common, :common]
                    self._let_decay(middle, sample[x], x, near)
            self.inner.append(np.asarray(np.linalg.inv(middle), np.complex128))

    def _eliminated(self, blocks: list[ComplexArray], order: range) -> list[ComplexArray]:
        made: list[Any] = [None] * len(blocks)
        before = None
        for x in order:
            block = blocks[x].copy()
            if before is not None:
                common = min(self.counts[x], self.counts[before])
                block[:common, :common] -= made[before][:common, :common]
                self._let_decay(block, self.sample[x], x, before)
            made[x] = np.linalg.inv(block)
            before = x
        return made

    def _let_decay(self, block: ComplexArray, column: RealArray, x: int, near: int) -> None:
        """Let the closed modes that the next column lacks decay there, as the fast sweep does."""
        if near < x:
            return
        lacking = np.arange(min(self.counts[x], self.counts[near]), self.counts[x])
        mean = column.sum() / (self.strip.width + 1)
        half = 1 + (self.modes.kinetic[lacking] - self.strip.energy + mean) / 2
        block[lacking, lacking] -= half - np.sqrt(half**2 - 1)

    @cached_property
    def _states_in_modes(self) -> list[ComplexArray]:
        """Scattering states of unit flux, (modes, q) for each column."""
        incoming = -1j * np.sqrt(2 * self.modes.source_sin) * self.modes.source
        made = [self.inner[0] @ incoming[: self.counts[0]]]
        for x in range(1, len(self.counts)):
            common = min(self.counts[x - 1], self.counts[x])
            made.append(self.from_drain[x][:, :common] @ made[-1][:common])
        return made

    @cached_property
    def states(self) -> ComplexArray:
        """Scattering states of unit flux on the sites, (L, W, q)."""
        return np.stack([self._on_sites(state) for state in self._states_in_modes])

    @property
    def tail(self) -> float:
        """Estimate of the relative L2 error of the density by the truncation of modes."""
        weight = np.zeros((1, len(self.counts), self.counts.max()))
        for x, state in enumerate(self._states_in_modes):
            weight[0, x, : len(state)] = (np.abs(state) ** 2).sum(-1)
        return float(mode_count.tail_estimate(weight, self.counts, self.strip.width)[0])

    def _on_sites(self, state: ComplexArray) -> ComplexArray:
        made: ComplexArray = self.modes.basis[:, : len(state)] @ state
        return made

    @cached_property
    def reflection(self) -> ComplexArray:
        """Reflection matrix of the source, (q, q)."""
        source = self.modes.source * np.sqrt(2 * self.modes.source_sin)
        first = self.modes.basis.T @ self.states[0]
        reflected: ComplexArray = source.T @ first - np.eye(source.shape[1])
        return reflected

    @cached_property
    def response(self) -> TipResponse:
        """What the conductance under a point-like tip is made of."""
        diagonal = np.stack([self._diagonal(inner) for inner in self.inner])
        if self.counts.min() < self.strip.width:
            diagonal += mode_tail(self.sample, self.counts, self.strip.energy, self.modes)
        psi, reflection = self.states, self.reflection
        return TipResponse(
            green=-diagonal[None],
            density=(np.abs(psi) ** 2).sum(-1)[None],
            overlap=((psi @ reflection.conj()) * psi).sum(-1)[None],
            transmission=np.array([len(reflection) - (np.abs(reflection) ** 2).sum()]),
            error_estimate=np.zeros(1),
            solved_by=np.full(1, SolvedBy.RECURSION, np.uint8),
        )

    def _diagonal(self, block: ComplexArray) -> ComplexArray:
        basis = self.modes.basis[:, : len(block)]
        # the basis is real: two real products are half of a complex one
        real, imaginary = (((basis @ part) * basis).sum(-1) for part in (block.real, block.imag))
        made: ComplexArray = real + 1j * imaginary
        return made

    def sandwich(self, middle: RealArray | ComplexArray) -> ComplexArray:
        """Return the diagonal of G K G on the sites, (L, W), for a diagonal K (L, W)."""
        blocks = [self._in_modes(column, n) for n, column in zip(self.counts, middle, strict=True)]
        forward, backward = range(len(blocks)), range(len(blocks) - 1, -1, -1)
        left = self._carried(blocks, self.from_source, forward)
        right = self._carried(blocks, self.from_drain, backward)
        made = []
        for x, block in enumerate(blocks):
            total = block + left[x] + right[x]
            made.append(self._diagonal(self.inner[x] @ total @ self.inner[x]))
        return np.stack(made)

    def _in_modes(self, column: RealArray | ComplexArray, n: int) -> ComplexArray:
        basis = self.modes.basis[:, :n]
        made: ComplexArray = ((basis.T * column.real) @ basis).astype(complex)
        if np.iscomplexobj(column):
            made.imag = (basis.T * column.imag) @ basis
        return made

    def _carried(
        self, blocks: list[ComplexArray], inverses: list[ComplexArray], order: range
    ) -> list[ComplexArray]:
        """Return what the columns before, in an order, add to the K of each."""
        made: list[Any] = [None] * len(blocks)
        before = None
        for x in order:
            made[x] = np.zeros_like(blocks[x])
            if before is not None:
                common = min(len(blocks[x]), len(blocks[before]))
                inverse = inverses[before]
                carried = inverse @ (blocks[before] + made[before]) @ inverse
                made[x][:common, :common] = carried[:common, :common]
            before = x
        return made

    def solve(self, right: ComplexArray) -> ComplexArray:
        """Return G f for functions f (L, W, q) on the sites."""
        rows = [
            self.modes.basis[:, :n].T @ column for n, column in zip(self.counts, right, strict=True)
        ]
        forward, backward = range(len(rows)), range(len(rows) - 1, -1, -1)
        left = self._reduced(rows, self.from_source, forward)
        other = self._reduced(rows, self.from_drain, backward)
        made = [
            -self._on_sites(inner @ (row + a + b))
            for inner, row, a, b in zip(self.inner, rows, left, other, strict=True)
        ]
        return np.stack(made)

    def _reduced(
        self, rows: list[ComplexArray], inverses: list[ComplexArray], order: range
    ) -> list[ComplexArray]:
        """Return what the columns before, in an order, add to the right-hand side of each."""
        made: list[Any] = [None] * len(rows)
        before = None
        for x in order:
            made[x] = np.zeros_like(rows[x])
            if before is not None:
                common = min(len(rows[x]), len(rows[before]))
                came = inverses[before] @ (rows[before] + made[before])
                made[x][:common] = came[:common]
            before = x
        return made


def respond_complex(potential: RealArray, strip: Strip | None = None) -> TipResponse:
    """Return the response of a batch of potentials (B, L, W) [t], with every mode."""
    strip = strip or Strip()
    out = TipResponse.unfilled(potential.shape, SolvedBy.RECURSION)
    every = np.full(strip.length, strip.width)
    for row, sample in enumerate(potential):
        out.put(row, ComplexStrip(sample, strip, every).response)
    return out
