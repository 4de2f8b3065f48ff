"""Run every benchmark, or those named: ``python -m benchmarks [--quick] [pldos conductance …]``."""

from __future__ import annotations

import argparse

from benchmarks import (
    bench_anderson3d,
    bench_build,
    bench_conductance,
    bench_eval,
    bench_gradients,
    bench_inversion,
    bench_ising,
    bench_lacbed,
    bench_loaders,
    bench_map_inversion,
    bench_percolation,
    bench_pldos,
    bench_sgm,
    bench_wavefunctions,
    machine,
)

MODULES = {
    "pldos": bench_pldos,
    "conductance": bench_conductance,
    "percolation": bench_percolation,
    "wavefunctions": bench_wavefunctions,
    "lacbed": bench_lacbed,
    "ising": bench_ising,
    "anderson3d": bench_anderson3d,
    "sgm": bench_sgm,
    "gradients": bench_gradients,
    "inversion": bench_inversion,
    "map-inversion": bench_map_inversion,
    "build": bench_build,
    "eval": bench_eval,
    "loaders": bench_loaders,
}


def main() -> None:
    """Print the machine, then one line per case."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few samples: does it all still run?")
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"of {', '.join(MODULES)}; or all")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.only if name not in MODULES]:
        parser.error(f"no benchmark {unknown[0]!r}; there are {', '.join(MODULES)}")
    quick, chosen = arguments.quick, arguments.only or MODULES
    for line in machine.describe():
        print(line)
    for module in chosen:
        for line in MODULES[module].run(quick=quick):
            print(line, flush=True)


if __name__ == "__main__":  # worker processes import this module again
    main()
