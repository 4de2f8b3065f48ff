r"""How a map of the conductance under a point-like tip follows the potential.

With φ = G λ and K = diag κ the gradient of Σ w T is

.. math:: \frac{\partial}{\partial V} = 2\, \mathrm{Re}\Big[\sum_n φ_n ψ_n - i ψ^T μ ψ
          + \mathrm{diag}(G K G)\Big],

.. math:: λ_n = w (2 i τ (r^* ψ)_n - 2 |τ|^2 ρ ψ_n^*), \quad κ = w τ^2 (i α - τ^* ρ^2), \quad
          μ = -\Big(\sum w\Big) r^* + \sum w\, (i τ)^* ψ^* ψ^†.

The diagonal of G K G takes one more recursion from either side. A product with the Jacobian takes
the same parts. At a temperature above 0 each energy is solved again for each product.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesoinv.generators.common.array_result import ArrayResult
from mesoinv.generators.common.devices import check_device
from mesoinv.generators.solvers.pldos import mode_count
from mesoinv.generators.solvers.pldos.local_density import checked_potential
from mesoinv.generators.solvers.pldos.strip import Strip
from mesoinv.generators.solvers.sgm.complex_strip import ComplexStrip
from mesoinv.generators.solvers.sgm.mode_tail import mode_tail
from mesoinv.generators.solvers.sgm.respond import SAFETY, TOLERANCE
from mesoinv.generators.solvers.sgm.tip_response import t_matrix
from mesoinv.generators.solvers.sgm.user_input import checked_strengths, strips_at

if TYPE_CHECKING:
    from collections.abc import Iterator

RealArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]


class SampleMap:
    """The maps of one sample at one energy, and products with their Jacobian.

    Parameters
    ----------
    solved : ComplexStrip
        The sample.
    strengths : (U,) array
        Of the tip [t].
    """

    def __init__(self, solved: ComplexStrip, strengths: RealArray) -> None:
        self.solved, self.strengths = solved, strengths
        self.response = solved.response
        self.reflected = solved.states @ solved.reflection.conj()

    @property
    def value(self) -> RealArray:
        """T, (U, L, W)."""
        return np.concatenate([self.response.conductance(u) for u in self.strengths.tolist()])

    @cached_property
    def _tail(self) -> RealArray:
        """Derivative of G(r, r) by V(r) through the modes that are not kept, (L, W)."""
        solved = self.solved
        return -mode_tail(
            solved.sample, solved.counts, solved.strip.energy, solved.modes, derivative=True
        )

    def adjoint(self, weight: RealArray) -> RealArray:
        """Return the gradient (L, W) of Σ w T for weights (U, L, W)."""
        psi, response = self.solved.states, self.response
        rho, alpha = response.density[0], response.overlap[0]
        force = np.zeros_like(psi)
        kappa = np.zeros_like(alpha)
        mu = -weight.sum() * self.solved.reflection.conj()
        for w, strength in zip(weight, self.strengths.tolist(), strict=True):
            tau = t_matrix(response.green[0], strength)
            by_state, by_green = derivatives(tau, rho, alpha, psi, self.reflected)
            force += w[..., None] * by_state
            kappa += w * by_green
            scaled = (w * (1j * tau).conj())[..., None] * psi.conj()
            mu += np.einsum("xym,xyn->mn", scaled, psi.conj(), optimize=True)
        moved = self.solved.solve(force)
        total = (moved * psi).sum(-1) - 1j * ((psi @ mu) * psi).sum(-1)
        total += self.solved.sandwich(kappa) + kappa * self._tail
        return 2 * total.real

    def product(self, change: RealArray) -> RealArray:
        """Return the change (U, L, W) of T to first order, for a change (L, W) of the potential."""
        psi, response = self.solved.states, self.response
        rho, alpha = response.density[0], response.overlap[0]
        moved = self.solved.solve(change[..., None] * psi)
        scaled = change[..., None] * psi
        reflection = -1j * np.einsum("xym,xyn->mn", scaled, psi, optimize=True)
        conductance = -2 * (self.solved.reflection.conj() * reflection).sum().real
        d_rho = 2 * (psi.conj() * moved).sum(-1).real
        d_alpha = 2 * (moved * self.reflected).sum(-1)
        d_alpha += ((psi @ reflection.conj()) * psi).sum(-1)
        d_green = self.solved.sandwich(change) + self._tail * change
        made = []
        for strength in self.strengths.tolist():
            tau = t_matrix(response.green[0], strength)
            d_tau = tau**2 * d_green
            made.append(
                conductance
                - 2 * (d_tau * alpha + tau * d_alpha).imag
                - 2 * (tau.conj() * d_tau).real * rho**2
                - 2 * np.abs(tau) ** 2 * rho * d_rho
            )
        return np.stack(made)


def derivatives(
    tau: ComplexArray, rho: RealArray, alpha: ComplexArray, psi: ComplexArray,
    reflected: ComplexArray,
) -> tuple[ComplexArray, ComplexArray]:  # fmt: skip
    """Return λ/w (…, q) and κ/w (…): how T at some places follows ψ and G(r, r) there."""
    by_state = (2j * tau)[..., None] * reflected
    by_state -= (2 * np.abs(tau) ** 2 * rho)[..., None] * psi.conj()
    return by_state, tau**2 * (1j * alpha - tau.conj() * rho**2)


@dataclass(frozen=True, repr=False)
class Linearised(ArrayResult):
    """Maps of some samples, and products with their Jacobian.

    Attributes
    ----------
    value : (B, L, W) or (B, U, L, W) array
        As `conductance_map` gives it [2e²/h].
    parts : tuple
        For each sample its energies' weights and maps; of several energies the maps are made again
        when they are asked for.
    """

    value: RealArray
    parts: tuple[_Energies, ...]

    def product(self, change: RealArray) -> RealArray:
        """Return the change of the maps to first order, for changes (B, L, W) of the potentials."""
        made = np.zeros((len(change), self.value[0].size))
        for row, energies in enumerate(self.parts):
            for weight, one in energies:
                made[row] += weight * one.product(change[row]).ravel()
        return made.reshape(self.value.shape)

    def adjoint(self, weight: RealArray) -> RealArray:
        """Return the gradient (B, L, W) of Σ w T, for weights like the maps."""
        given = weight.reshape(len(weight), -1, *weight.shape[-2:])
        made = np.zeros((len(given), *given.shape[-2:]))
        for row, energies in enumerate(self.parts):
            for share, one in energies:
                made[row] += share * one.adjoint(given[row])
        return made


class _Energies:
    """Weights and maps of one sample at the energies of a thermal average."""

    def __init__(
        self, sample: RealArray, strengths: RealArray, energies: list[tuple[Strip, float]],
        exact: bool,
    ) -> None:  # fmt: skip
        self._sample, self._strengths, self._exact = sample, strengths, exact
        self._energies = energies
        self._kept: SampleMap | None = None

    def __iter__(self) -> Iterator[tuple[float, SampleMap]]:
        for strip, weight in self._energies:
            made = self._kept or SampleMap(self._solved(strip), self._strengths)
            if len(self._energies) == 1:
                self._kept = made
            yield weight, made

    def _solved(self, strip: Strip) -> ComplexStrip:
        tolerance = 0.0 if self._exact else TOLERANCE / SAFETY
        bulk = int(mode_count.first_guess(self._sample[None], tolerance, strip)[0])
        while True:
            counts = mode_count.modes_per_column(bulk, tolerance, strip)
            made = ComplexStrip(self._sample, strip, counts)
            if bulk >= strip.width or made.tail <= tolerance:
                return made
            bulk = min(bulk + mode_count.TAIL, strip.width)


def linearise(
    potential: ArrayLike,
    *,
    tip_strength: float | ArrayLike,
    strip: Strip | None = None,
    exact: bool = False,
    temperature: float = 0.0,
    device: str = "cpu",
) -> Linearised:
    """Compute maps of the conductance and keep what their derivative needs.

    Parameters
    ----------
    potential, tip_strength, strip, exact, temperature, device
        As for `conductance_map`. Derivatives are computed on the CPU, whatever the device.

    Returns
    -------
    Linearised
        ``value``, ``product(change)`` and ``adjoint(weight)``. About 65 MB a sample at the default
        tolerance, half a gigabyte with every mode.

    Examples
    --------
    >>> import numpy as np
    >>> from mesoinv.generators.sgm import Strip, linearise
    >>> strip = Strip(length=32, width=24)
    >>> potential = np.random.default_rng(0).normal(0, 0.01, (1, 32, 24))
    >>> linear = linearise(potential, tip_strength=1.0, strip=strip, exact=True)
    >>> change = np.full_like(potential, 1e-6)
    >>> moved = linearise(potential + change, tip_strength=1.0, strip=strip, exact=True)
    >>> difference = moved.value - linear.value
    >>> bool(np.allclose(difference, linear.product(change), atol=1e-3 * abs(difference).max()))
    True
    """
    strip = strip or Strip()
    check_device(device)
    values = checked_potential(potential, strip)
    strengths = checked_strengths(tip_strength)
    energies = strips_at(temperature, strip)
    parts = tuple(_Energies(sample, strengths, energies, exact) for sample in values)
    shape = (len(values), len(strengths), strip.length, strip.width)
    maps = np.zeros(shape)
    for row, part in enumerate(parts):
        for weight, one in part:
            maps[row] += weight * one.value
    return Linearised(maps[:, 0] if np.ndim(tip_strength) == 0 else maps, parts)
