"""The wires' solver beside kwant: microseconds for a sample and an energy, errors."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.bench_pldos import has_kwant
from benchmarks.machine import interleaved
from mesoinv.generators.conductance import DATASET, ENERGIES, conductance
from mesoinv.generators.pipeline.plan import stream_of
from mesoinv.generators.solvers.conductance import torch_sweep
from mesoinv.generators.solvers.conductance.lead import lead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mesoinv.generators.solvers.conductance.lead import RealArray

#: configuration, samples in a turn of ours, samples in a turn of kwant's
CASES = (
    ("model1_3x3", 4000, 10),
    ("model1_5x5", 2000, 10),
    ("model1_10x10", 500, 8),
    ("model1_20x20", 100, 4),
    ("model2", 20, 2),
    ("model3", 20, 2),
    ("model4", 20, 2),
)


def run(*, quick: bool) -> Iterator[str]:
    """Yield one line per case."""
    for config, ours, theirs in CASES:
        yield speed(config, ours, theirs, 1 if quick else 7)
    yield cuda(quick=quick)
    for config, _, theirs in CASES:
        yield accuracy(config, theirs if quick else 5 * theirs)
    yield from generation(quick=quick)


def wires(config: str, count: int) -> RealArray:
    """Return the first on-site energies of a test split [t]."""
    stream = stream_of(DATASET, config, "test")
    sites: RealArray = DATASET.draw(config, stream, np.arange(count))["onsite_energy"]
    return sites


def speed(config: str, ours: int, theirs: int, repeats: int) -> str:
    """Microseconds for one sample at one of the ten energies, in one line."""
    sites, modes = wires(config, ours), lead(DATASET.parameters(config).width, ENERGIES[3])

    def torch_on_cpu() -> int:
        torch_sweep.transmission(sites, ENERGIES[3], modes, "cpu")
        return ours

    cases: dict[str, Callable[[], int]] = {
        "ours": functools.partial(_once, sites, None),
        "torch": torch_on_cpu,
    }
    if has_kwant():
        cases["kwant"] = functools.partial(_once, sites[:theirs], "kwant")
    times = interleaved(cases, repeats)
    parts = [f"{name} {_microseconds(time)}" for name, time in times.items()]
    if "kwant" in times:
        ratios = [times["kwant"][i] / times["ours"][i] for i in (0, 1)]
        parts.append(f"{ratios[0]:.0f} × kwant (best of each: {ratios[1]:.0f} ×)")
    return f"conductance {config}, µs for a sample and energy: " + ", ".join(parts)


def _once(sites: RealArray, solver: str | None) -> int:
    conductance(sites, ENERGIES, solver=solver)
    return len(sites) * len(ENERGIES)


def _microseconds(time: tuple[float, float, float]) -> str:
    median, low, high = (1e6 * seconds for seconds in time)
    return f"{median:.4g} ({low:.4g}–{high:.4g})"


def cuda(*, quick: bool) -> str:
    """Microseconds for a sample and energy on a GPU, where there is one."""
    import torch  # noqa: PLC0415 - seconds to import

    if not torch.cuda.is_available():
        return "conductance on a GPU: not measured: no CUDA device"
    sites = wires("model2", 256 if quick else 4096)

    def case() -> int:
        conductance(sites, ENERGIES, device="cuda")
        return len(sites) * len(ENERGIES)

    time = interleaved({"cuda": case}, 1 if quick else 5)["cuda"]
    name = torch.cuda.get_device_name()
    return f"conductance model2, {name}: {_microseconds(time)} µs for a sample and energy"


def accuracy(config: str, count: int) -> str:
    """Largest difference from kwant over the eleven energies, in one line."""
    if not has_kwant():
        return f"conductance {config}: errors not measured: no kwant"
    sites, energies = wires(config, count), (0.0, *ENERGIES)
    error = abs(conductance(sites, energies) - conductance(sites, energies, solver="kwant"))
    return (
        f"conductance {config}: at most {error.max():.0e} from kwant, median {np.median(error):.0e}"
        f" ({count} samples, {len(energies)} energies)"
    )


def generation(*, quick: bool) -> Iterator[str]:
    """Yield samples a second, drawn and solved by one process, and the time of the full size."""
    total = 0.0
    for config, parameters in DATASET.configs.items():
        count = max(8, (64 if quick else 1024) * 40 // parameters.length**2)
        stream = stream_of(DATASET, config, "test")

        def case(config: str = config, stream: object = stream, count: int = count) -> int:
            drawn = DATASET.draw(config, stream, np.arange(count))  # type: ignore[arg-type]
            DATASET.solve(config, drawn)
            return count

        median, low, _ = interleaved({config: case}, 1 if quick else 3)[config]
        samples = sum(parameters.sizes["full"].values())
        total += median * samples
        yield (
            f"conductance {config} generated: {1 / median:.0f} samples/s ({1 / low:.0f} at best), "
            f"full size of {samples}: {median * samples / 60:.1f} min on one core"
        )
    yield f"conductance, full size of all configurations: {total / 60:.0f} min on one core"
