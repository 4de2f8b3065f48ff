"""The strip's solvers beside kwant: seconds a sample, errors, memory."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.machine import interleaved
from mesoinv.generators.pipeline.seeding import Stream
from mesoinv.generators.pldos import DATASET
from mesoinv.generators.solvers.pldos import coulomb
from mesoinv.generators.solvers.pldos.scattering import scatter
from mesoinv.generators.solvers.pldos.strip import Strip
from mesoinv.generators.solvers.pldos.transport import SolvedBy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mesoinv.generators.solvers.pldos.strip import RealArray

#: s [nm], N_d [1e12 cm⁻²]: the corners of the dataset's range and its default
DISORDER = ((70.0, 0.6), (50.0, 1.0), (40.0, 1.5))
KWANT_SAMPLES = 5
WORKER = """
import re, sys, mesoinv
from mesoinv.generators.solvers.pldos import scattering
# not resource.getrusage: its maximum begins with what the parent process had
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
before = peak()
mesoinv.generate("pldos", "landscape", indices=range(int(sys.argv[1])))
print(before, peak())
"""


def run(*, quick: bool) -> Iterator[str]:
    """Yield one line per case."""
    yield f"kwant: {kwant_backend()}"
    yield from speed(quick=quick)
    yield cuda(quick=quick)
    for s, n_d in DISORDER:
        yield accuracy(s, n_d, 4 if quick else 50, 1 if quick else KWANT_SAMPLES)
    yield memory(8 if quick else 128)


def landscapes(s: float, n_d: float, count: int) -> RealArray:
    """Return seeded potentials (count, 256, 192) [t] of one kind of disorder."""
    strip = Strip()
    number = len(coulomb.wave_vectors(s, strip).length)
    stream = Stream("pldos", DATASET.version, f"benchmark-{s:g}-{n_d:g}", "test")
    normal = stream.normal(np.arange(count), 2 * number).reshape(count, number, 2)
    sigma = coulomb.standard_deviation(n_d, strip)
    fourier = (sigma * normal).view(np.complex128)[..., 0]
    return coulomb.landscape(fourier, s, strip)


@functools.cache
def kwant_backend() -> str:
    """Return which sparse solver kwant uses, or that there is no kwant."""
    try:
        from kwant.solvers import default  # noqa: PLC0415 - optional
    except ImportError:
        return "not installed, not measured"
    module = type(default.hidden_instance).__module__
    return "with MUMPS" if module.endswith("mumps") else f"without MUMPS ({module})"


def has_kwant() -> bool:
    """Whether the reference can be run."""
    return kwant_backend().startswith("with")


def speed(*, quick: bool) -> Iterator[str]:
    """Seconds a sample of every solver, at s = 50 nm and N_d = 1e12 cm⁻²."""
    potential = landscapes(50.0, 1.0, 32)

    def ours(count: int, **options: object) -> Callable[[], int]:
        def case() -> int:
            scatter(potential[:count], **options)  # type: ignore[arg-type]
            return count

        return case

    cases = {
        "default": ours(32),
        "exact": ours(4, tolerance=0.0),
        "default, torch on the CPU": ours(16, method="torch"),
        "exact, torch on the CPU": ours(2, tolerance=0.0, method="torch"),
    }
    if has_kwant():
        cases["kwant"] = functools.partial(_kwant_once, potential[:2])
    times = interleaved(cases, 1 if quick else 7)
    reference = times.get("kwant", (np.nan,))[0]
    for name, (median, low, high) in times.items():
        ratio = f"{reference / median:6.1f} × kwant" if name != "kwant" else "reference"
        yield (
            f"pldos {name}: {median:.4f} s a sample ({low:.4f}–{high:.4f}), "
            f"{1 / median:.1f} samples/s, {ratio}"
        )


def _kwant_once(potential: RealArray) -> int:
    from mesoinv.generators.solvers.pldos.kwant_reference import scatter_kwant  # noqa: PLC0415

    scatter_kwant(potential)
    return len(potential)


def cuda(*, quick: bool) -> str:
    """Seconds a sample on a GPU, where there is one."""
    import torch  # noqa: PLC0415 - seconds to import

    if not torch.cuda.is_available():
        return "pldos on a GPU: not measured: no CUDA device"
    count = 64 if quick else 1024
    potential = landscapes(50.0, 1.0, count)

    def case() -> int:
        scatter(potential, device="cuda")
        return count

    median, low, high = interleaved({"cuda": case}, 1 if quick else 5)["cuda"]
    name = torch.cuda.get_device_name()
    return (
        f"pldos default, {name}: {median:.5f} s a sample ({low:.5f}–{high:.5f}), batches of {count}"
    )


def relative_errors(ours: RealArray, expected: RealArray) -> RealArray:
    """Relative L2 error of each sample."""
    return np.asarray(
        np.linalg.norm(ours - expected, axis=(1, 2)) / np.linalg.norm(expected, axis=(1, 2))
    )


def accuracy(s: float, n_d: float, count: int, kwant_count: int) -> str:
    """Worst errors of one kind of disorder over the rows that the elimination solved itself."""
    potential = landscapes(s, n_d, count)
    exact, default = scatter(potential, tolerance=0.0), scatter(potential)
    fast = (exact.solved_by == SolvedBy.ELIMINATION) & (default.solved_by == SolvedBy.ELIMINATION)
    error = relative_errors(default.partial_ldos[fast], exact.partial_ldos[fast])
    flux = [abs(one.transmission + one.reflection - 3)[fast].max() for one in (exact, default)]
    line = (
        f"pldos errors at s = {s:g} nm, N_d = {n_d:g}e12 cm⁻²: default against exact "
        f"{error.max():.1e} worst, {np.median(error):.1e} median of {fast.sum()} (estimate at "
        f"least {(default.error_estimate[fast] / error).min():.2f} × the error; the other "
        f"{(~fast).sum()} of {count} were left to the complex recursion)"
    )
    if has_kwant():
        from mesoinv.generators.solvers.pldos.kwant_reference import scatter_kwant  # noqa: PLC0415

        rows = np.flatnonzero(fast)[:kwant_count]
        reference = scatter_kwant(potential[rows]).partial_ldos
        worst = relative_errors(exact.partial_ldos[rows], reference).max()
        line += f", exact against kwant {worst:.1e} worst of {len(rows)}"
    return line + f", |R + T - 3| at most {flux[0]:.0e} exact, {flux[1]:.0e} default"


def memory(count: int) -> str:
    """Peak memory of a process that generates samples."""
    if not Path("/proc/self/status").exists():
        return "pldos memory of a generating process: not measured: needs /proc"
    command = [sys.executable, "-c", WORKER, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    before, peak = map(float, done.stdout.split())
    return (
        f"pldos memory of a generating process: {peak:.0f} MiB at most, {before:.0f} MiB after "
        f"its imports ({count} samples, returned as float64)"
    )
