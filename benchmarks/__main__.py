"""Run every benchmark: ``python -m benchmarks [--quick]``."""

from __future__ import annotations

import argparse

from benchmarks import bench_build, bench_eval, bench_pldos, machine


def main() -> None:
    """Print the machine, then one line per case."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few samples: does it all still run?")
    quick = parser.parse_args().quick
    for line in machine.describe():
        print(line)
    for run in (bench_pldos.run, bench_build.run, bench_eval.run):
        for line in run(quick=quick):
            print(line, flush=True)


if __name__ == "__main__":  # worker processes import this module again
    main()
