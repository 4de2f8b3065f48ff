"""What follows the elimination of the columns, the same for numpy and torch arrays.

X are the solutions of the strip whose source lacks its open modes, with those modes U as right-hand
sides. With s = sin k and L = A - U (β + i s) Uᵀ the scattering states of unit flux are

    ψ = X (1 - (β + i s) UᵀX)⁻¹ (-i √(2 s)),

a problem as small as the number of open modes (Woodbury's identity). β is any real number: it moves
the levels of the closed strip A away from the Fermi energy where one comes too close.

A set of q complex functions is kept as 2q real rows, real parts first: shape (B, L, 2q, M) for B
samples, L columns and M transverse modes. Real products cost half of mixed ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

# numpy.ndarray or torch.Tensor, and the module it comes from
Array = Any
Namespace = Any
Substitute = Callable[[Array], Array]


class Observables(NamedTuple):
    """What is kept of the scattering states of a batch.

    ``density`` (B, L, W) is Σ_n |ψ_n(x, y)|², ``weight`` (B, L, M) the same in modes,
    ``transmission`` and ``reflection`` (B,) are sums over all incoming modes. ``growth`` (B,) is
    the largest element met in the elimination, which costs digits about as its square.
    """

    density: Array
    weight: Array
    transmission: Array
    reflection: Array
    growth: Array


def _complex(rows: Array) -> Array:
    """(…, 2q, M) real rows as (…, q, M) complex numbers."""
    q = rows.shape[-2] // 2
    return rows[..., :q, :] + 1j * rows[..., q:, :]


def _rows(z: Array, xp: Namespace) -> Array:
    """(…, q, M) complex numbers as (…, 2q, M) real rows."""
    return xp.concatenate([z.real, z.imag], axis=-2)


def _mix(weights: Array, rows: Array, xp: Namespace) -> Array:
    """Combine functions: rows of Σ_q X_q w_qn for complex weights (B, q, n)."""
    w = weights.swapaxes(-1, -2)
    block = xp.concatenate(
        [xp.concatenate([w.real, -w.imag], axis=-1), xp.concatenate([w.imag, w.real], axis=-1)],
        axis=-2,
    )
    return block[:, None] @ rows


def _source_block(solution: Array, tables: dict[str, Array], xp: Namespace) -> Array:
    """1 - (β + i s) UᵀX, shape (B, q, q)."""
    overlap = source_overlap(solution, tables)
    coupling = tables["coupling"]
    return xp.eye(coupling.shape[0], device=overlap.device) - coupling[:, None] * overlap


def source_overlap(rows: Array, tables: dict[str, Array]) -> Array:
    """Uᵀψ for functions ψ, shape (B, open modes, q)."""
    first = rows[:, 0] @ tables["source"][: rows.shape[-1]]
    return _complex(first).swapaxes(-1, -2)


def scattering_states(solution: Array, tables: dict[str, Array], xp: Namespace) -> Array:
    """Combine the solutions to scattering states of unit incoming flux.

    Parameters
    ----------
    solution : (B, L, 2q, M) array
        X, for the q open modes of the source.
    tables : dict of arrays
        The fields of `StripModes`, of the same type and device.
    xp : module
        numpy or torch.

    Returns
    -------
    (B, L, 2q, M) array
        ψ in transverse modes, for the q incoming modes.
    """
    block = _source_block(solution, tables, xp)
    incoming = xp.diag(-1j * (2 * tables["source_sin"]) ** 0.5)
    return _mix(xp.linalg.solve(block, xp.broadcast_to(incoming, block.shape)), solution, xp)


def inverse(
    rhs: Array, solution: Array, substitute: Substitute, tables: dict[str, Array], xp: Namespace
) -> Array:
    """Solve the complete equations L χ = f, the source's open modes put in by Woodbury's identity.

    Parameters
    ----------
    rhs : (B, L, 2p, M) array
        f, for any number of functions.
    solution : (B, L, 2q, M) array
        X.
    substitute : callable
        Solves the strip without the source's open modes for such right-hand sides.
    tables : dict of arrays
        The fields of `StripModes`, of the same type and device.
    xp : module
        numpy or torch.

    Returns
    -------
    (B, L, 2p, M) array
        χ.
    """
    closed = substitute(rhs)
    block = _source_block(solution, tables, xp)
    overlap = source_overlap(closed, tables)
    weights = xp.linalg.solve(block, tables["coupling"][:, None] * overlap)
    return closed + _mix(weights, solution, xp)


def residual(
    states: Array, potential: Array, tables: dict[str, Array], energy: float, xp: Namespace
) -> Array:
    """Return f - L ψ for states with every mode kept.

    Parameters
    ----------
    states : (B, L, 2q, W) array
        ψ in transverse modes.
    potential : (B, L, W) array
        V [t].
    tables : dict of arrays
        The fields of `StripModes`, of the same type and device as `states`.
    energy : float
        Fermi energy [t].
    xp : module
        numpy or torch.

    Returns
    -------
    (B, L, 2q, W) array
    """
    basis, source, sin_k = tables["basis"], tables["source"] + 0j, tables["source_sin"]
    on_sites = (states @ basis.swapaxes(0, 1)) * potential[:, :, None]
    out = -(on_sites @ basis) - (2 + tables["kinetic"] - energy) * states
    out[:, 1:] += states[:, :-1]
    out[:, :-1] += states[:, 1:]
    # the leads enter L with a minus sign
    first, last = _complex(states[:, 0]), _complex(states[:, -1])
    injected = (first @ source) * (1j * sin_k) + xp.diag(-1j * (2 * sin_k) ** 0.5)
    out[:, 0] += states[:, 0] @ tables["source_real"]
    out[:, 0] += _rows(injected @ source.swapaxes(0, 1), xp)
    out[:, -1] += _rows(last * tables["drain"], xp)
    return out


def observables(
    states: Array, counts: Any, growth: Array, tables: dict[str, Array], xp: Namespace
) -> Observables:
    """Compute densities and fluxes.

    Parameters
    ----------
    states : (B, L, 2q, M) array
        ψ in transverse modes.
    counts : (L,) array of int
        Modes kept in each column.
    growth : (B,) array
        Handed on.
    tables : dict of arrays
        The fields of `StripModes`, of the same type and device as `states`.
    xp : module
        numpy or torch.

    Returns
    -------
    Observables
    """
    sin_k, drain = tables["source_sin"], tables["drain"]
    weight = (states**2).sum(-2)
    transmission = (weight[:, -1] * (2 * drain.imag[: states.shape[-1]])).sum(-1)
    outgoing = source_overlap(states, tables).swapaxes(-1, -2) * (2 * sin_k) ** 0.5
    reflected = abs(outgoing - xp.eye(sin_k.shape[0], device=outgoing.device)) ** 2
    # only the first columns hold more modes than the bulk
    wide = int((counts > counts[-1]).sum())
    density = [
        _density(part, tables["basis"], xp)
        for part in (states[:, :wide], states[:, wide:, :, : int(counts[-1])])
    ]
    return Observables(
        xp.concatenate(density, axis=1), weight, transmission, reflected.sum((-1, -2)), growth
    )


def _density(states: Array, basis: Array, xp: Namespace) -> Array:
    """Σ_n |ψ_n(x, y)|², shape (B, L, W), in one large product."""
    *shape, rows, modes = states.shape
    on_sites = states.reshape(-1, modes) @ basis[:, :modes].swapaxes(0, 1)
    return (on_sites**2).reshape(*shape, rows, basis.shape[0]).sum(-2)
