"""``make campaign``: tries everything, and writes what came of it into ``docs/reliability.md``.

Run it with the folders ``tests``, ``tests/eval`` and ``tests/zoo`` on the path of Python.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

os.environ["MESOINV_DATASETS"] = "toy_dataset:DATASET,drawn_toy:DATASET"

import torch

from campaign import dask_faults, flips, hostile, hub_faults, kills
from campaign.report import write_report
from campaign.trials import run

GROUPS = {
    "kills": kills.ATTACKS,
    "flips": flips.ATTACKS,
    "hostile": hostile.ATTACKS,
    "hub": hub_faults.ATTACKS,
    "dask": dask_faults.ATTACKS,
}


def main() -> int:
    """Run the campaign; the exit code says whether everything held."""
    parser = argparse.ArgumentParser(prog="make campaign", description=__doc__)
    parser.add_argument("--units", type=int, default=10, help="how much of everything")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", nargs="*", choices=list(GROUPS), default=list(GROUPS))
    parser.add_argument("--out", type=Path, help="Markdown file of the table")
    options = parser.parse_args()
    torch.set_num_threads(1)
    outcomes = []
    try:
        with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
            os.chdir(folder)
            for attack in [a for name in options.only for a in GROUPS[name]]:
                count = min(options.units * attack.share, attack.most)
                outcome = run(attack, count, options.seed, Path(folder))
                outcomes.append(outcome)
                print(
                    f"{attack.group}, {attack.name}: {outcome.tried} tried in "
                    f"{outcome.seconds:.0f} s, {len(outcome.failures)} failed",
                    flush=True,
                )
                for failure in outcome.failures[:3]:
                    print(f"  {failure}", flush=True)
            os.chdir("/")
    finally:
        hub_faults.close()
    if options.out is not None:
        write_report(options.out, outcomes, options.seed, f"{platform.system()}, Python "
                     f"{platform.python_version()}")  # fmt: skip
    return int(any(outcome.failures for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
