"""The Ising model: spins updated a second beside a plain compiled chain, and a lattice's cost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numba
import numpy as np

from benchmarks.machine import interleaved
from mesoinv.generators.solvers.ising.cooling import SEED_WORDS, cooled
from mesoinv.generators.solvers.ising.paper_grid import COUPLINGS, TEMPERATURES
from mesoinv.generators.solvers.ising.tempering import Ladder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

LENGTH, LATTICES = 30, 44


def run(*, quick: bool) -> Iterator[str]:
    """Yield one line per case."""
    yield speed(30 if quick else 300, 1 if quick else 7)
    yield tempering(100 if quick else 1000)


def speed(sweeps: int, repeats: int) -> str:
    """Compare cooling of many lattices with a chain as a textbook has it, one core, in one line."""
    words = np.random.Philox(key=1).random_raw((LATTICES, SEED_WORDS))
    steps = TEMPERATURES[::16]
    spins = np.ones((LENGTH, LENGTH), dtype=np.int8)
    _plain(spins, 0.3, 2.0, 1, 1)  # compiled
    cooled([0.3], [2.0], words[:1], length=LENGTH, sweeps=1)

    def ours() -> int:
        couplings = (COUPLINGS * 2)[:LATTICES]
        cooled(couplings, steps, words, length=LENGTH, sweeps=sweeps)
        return LATTICES * len(steps) * sweeps * LENGTH**2

    def plain() -> int:
        for number, temperature in enumerate(steps):
            _plain(spins, 0.3, temperature, 4 * sweeps, number)
        return len(steps) * 4 * sweeps * LENGTH**2

    times = interleaved({"ours": ours, "plain chain": plain}, repeats)
    text = ", ".join(
        f"{name} {1e-6 / median:.0f} ({1e-6 / slow:.0f} to {1e-6 / fast:.0f})"
        for name, (median, fast, slow) in times.items()
    )
    ratio = times["plain chain"][0] / times["ours"][0]
    return f"ising [million spins updated a second, one core]: {text}; {ratio:.1f} × the chain"


@numba.njit
def _plain(spins: NDArray[np.int8], j2: float, temperature: float, sweeps: int, seed: int) -> None:
    """One lattice, spin after spin, with numba's own random numbers and an exponential each."""
    np.random.seed(seed)  # noqa: NPY002  (what numba compiles)
    length = spins.shape[0]
    for _ in range(sweeps):
        for x in range(length):
            for y in range(length):
                up, down = (x - 1) % length, (x + 1) % length
                left, right = (y - 1) % length, (y + 1) % length
                near = spins[up, y] + spins[down, y] + spins[x, left] + spins[x, right]
                far = spins[up, left] + spins[up, right] + spins[down, left] + spins[down, right]
                change = 2.0 * spins[x, y] * (near - j2 * far)
                if change <= 0 or np.random.random() < np.exp(-change / temperature):  # noqa: NPY002
                    spins[x, y] = -spins[x, y]


def tempering(sweeps: int) -> str:
    """Time a ladder of all temperatures, in one line."""
    ladder = Ladder(0.45, TEMPERATURES, LENGTH, 1)
    ladder.advance(2)  # compiled
    start = time.perf_counter()
    ladder.advance(sweeps)
    seconds = (time.perf_counter() - start) / sweeps
    rate = len(TEMPERATURES) * LENGTH**2 / seconds
    return (
        f"ising, parallel tempering of {len(TEMPERATURES)} lattices with flips of lines: "
        f"{seconds * 1e3:.2f} ms a sweep, {rate * 1e-6:.0f} million spins a second, one core"
    )
