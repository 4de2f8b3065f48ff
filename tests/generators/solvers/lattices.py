"""Random samples of the three models with two states a site, and dense references."""

from __future__ import annotations

import numpy as np

from mesoinv.generators.solvers.wavefunctions import lattice_hamiltonians as lattice

MODELS = ("su2", "ando", "chern")


def angles(rng: np.random.Generator, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return α, β, γ of random rotations, each of shape (2, L, L)."""
    alpha, gamma = rng.uniform(0, 2 * np.pi, (2, 2, side, side))
    return alpha, np.arcsin(np.sqrt(rng.uniform(size=(2, side, side)))), gamma


def hamiltonian(model: str, side: int, disorder: float, seed: int):
    rng = np.random.default_rng(seed)
    onsite = rng.uniform(-disorder / 2, disorder / 2, (2, side, side))
    if model == "su2":
        return lattice.su2(onsite[0], *angles(rng, side))
    return lattice.ando(onsite[0]) if model == "ando" else lattice.chern(*onsite)


def density(vectors: np.ndarray) -> np.ndarray:
    """Return |ψ|² summed over the two states of a site, shape (sites, …)."""
    size = abs(vectors) ** 2
    return size[::2] + size[1::2]
