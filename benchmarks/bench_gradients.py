"""Gradients through the solvers: their cost over the value's, and beside torch's own autograd."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from benchmarks.bench_pldos import landscapes
from benchmarks.machine import interleaved
from mesoinv.generators.conductance import conductance, linearise
from mesoinv.generators.pldos import partial_ldos
from mesoinv.generators.solvers.conductance import torch_sweep
from mesoinv.generators.solvers.conductance.lead import lead
from mesoinv.generators.solvers.pldos import mode_count
from mesoinv.generators.solvers.pldos.scattering import TOLERANCE
from mesoinv.generators.solvers.pldos.strip import Strip, strip_modes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Fermi energy of the wires [t].
ENERGY = 0.1


def run(*, quick: bool) -> Iterator[str]:
    """Yield one line per case."""
    torch.set_num_threads(1)
    yield densities(1 if quick else 8, 1 if quick else 5)
    for side in (10, 40):
        yield conductances(side, 5 if quick else 50, 1 if quick else 5)


def _line(what: str, times: dict[str, tuple[float, float, float]]) -> str:
    value, gradient, plain = (times[name][0] for name in ("value", "gradient", "autograd"))
    return (
        f"{what}: value {1e3 * value:.3g} ms, value and gradient {1e3 * gradient:.3g} ms "
        f"({gradient / value:.2f} ×); torch's autograd {1e3 * plain:.3g} ms, "
        f"{plain / gradient:.1f} × ours"
    )


def densities(count: int, repeats: int) -> str:
    """Time the gradient of Σ ρ² over samples of `landscape`."""
    potential = landscapes(50.0, 1.0, count)
    bulk = int(mode_count.first_guess(potential, TOLERANCE, Strip()).max())

    def value() -> int:
        partial_ldos(potential)
        return count

    def ours() -> int:
        for sample in potential:
            tensor = torch.from_numpy(sample[None]).requires_grad_()
            partial_ldos(tensor).square().sum().backward()
        return count

    def plain() -> int:
        tensor = torch.from_numpy(potential[0]).requires_grad_()
        recursion(tensor, bulk).square().sum().backward()
        return 1

    times = interleaved({"value": value, "gradient": ours, "autograd": plain}, repeats)
    return _line("pldos, 256 × 192 sites", times)


def recursion(potential: torch.Tensor, modes: int) -> torch.Tensor:
    """Compute the density of states (L, W) as anybody would write it for autograd.

    The complex recursion from the drain to the source, with as many modes as ours keeps in the
    bulk.
    """
    strip = Strip()
    tables = strip_modes(strip)
    basis = torch.from_numpy(tables.basis[:, :modes])
    diagonal = torch.diag(torch.from_numpy(2 + tables.kinetic[:modes] - strip.energy))
    columns = [((basis.T * v) @ basis + diagonal).to(torch.complex128) for v in potential]
    inverses, coupling = [], torch.diag(torch.from_numpy(tables.drain[:modes]))
    for column in columns[:0:-1]:
        coupling = torch.linalg.inv(column - coupling)
        inverses.append(coupling)
    source = torch.from_numpy(tables.source[:modes]) + 0j
    sine = torch.from_numpy(tables.source_sin)
    lead_energy = (
        torch.from_numpy(tables.source_real[:modes, :modes]) + (source * 1j * sine) @ source.T
    )
    incoming = -1j * torch.sqrt(2 * sine) * source
    states = [torch.linalg.solve(columns[0] - coupling - lead_energy, incoming)]
    for inverse in reversed(inverses):
        states.append(inverse @ states[-1])
    on_sites = (basis + 0j) @ torch.stack(states)
    return 2 * math.pi * on_sites.abs().square().sum(dim=2)


def conductances(side: int, count: int, repeats: int) -> str:
    """Time all derivatives of the conductance of wires with every site random."""
    sites = np.random.default_rng(side).uniform(-1, 1, (count, side, side))
    modes = lead(side, ENERGY)

    def counted(case: Callable[[], object]) -> Callable[[], int]:
        def run_case() -> int:
            case()
            return count

        return run_case

    times = interleaved(
        {
            "value": counted(lambda: conductance(sites, [ENERGY])),
            "gradient": counted(lambda: linearise(sites, [ENERGY])),
            "autograd": counted(lambda: torch_sweep.gradient(sites, ENERGY, modes, "cpu")),
        },
        repeats,
    )
    return _line(f"conductance, {side} × {side} sites", times)
