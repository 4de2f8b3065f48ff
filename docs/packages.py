"""Installs the wheel and the sdist into empty environments, and lets each do its job.

``make packages`` runs it: one environment for each purpose, made and removed again. It takes tens
of minutes and several GB of downloads (torch), and asks the package index.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
MODEL = "percolation-density-constant.31k"
CLUSTER = """
import mesoinv
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        print(mesoinv.build("percolation", ["L10"], "mini", out="built-there",
                            scheduler=cluster.scheduler_address))
"""
PARDISO = """
import warnings
import numpy as np
from mesoinv.generators.anderson3d import eigenstate
warnings.simplefilter("error")  # told when Pardiso is not there
energy, state = eigenstate(np.random.default_rng(0).uniform(-8, 8, (8, 8, 8)))[:2]
assert abs((state**2).sum() - 1) < 1e-12
"""

#: What a user installs -> what must then work, one command after the other.
JOBS = {
    "": [
        "mesoinv --version",
        "mesoinv list",
        "mesoinv models",
        "mesoinv leaderboard show --task percolation-density",
        "mesoinv generate percolation --config L10 --workers 1 --out built",
        "mesoinv verify built --samples 4",
        "python -m mesoinv tasks",
    ],
    "plot": ["mesoinv show percolation --out picture.png"],
    "plot,publish": [
        "mesoinv generate percolation --config L10 --workers 1 --out built",
        "mesoinv card built",
    ],
    "cluster": ["python cluster.py"],
    "anderson": ["python pardiso.py"],
    "board": ["mesoinv leaderboard build --task percolation-density --out site"],
    "models": [f"mesoinv evaluate ./{MODEL} --samples 8 --no-variants"],
    "submit": [
        "mesoinv submit mine --init percolation-density",
        f"mesoinv evaluate ./{MODEL} --samples 8 --no-variants",
    ],
    "train": ["mesoinv train recipe.yaml --out trained --threads 1"],
    "all": ["mesoinv list"],
}


def recipe() -> str:
    """Return a recipe of the zoo that is over at once."""
    path = ROOT / "zoo" / "recipes" / "percolation" / "percolation-density-resnet10t.10k.yaml"
    small = yaml.safe_load(path.read_text(encoding="utf-8")) | {"samples": 16, "validation": 8}
    small["objective"] |= {"epochs": 1, "batch_size": 8}
    return yaml.safe_dump(small)


def work_folder(place: Path) -> Path:
    """Make a folder with what the jobs take from the checkout."""
    place.mkdir()
    (place / "cluster.py").write_text(CLUSTER, encoding="utf-8")
    (place / "pardiso.py").write_text(PARDISO, encoding="utf-8")
    (place / "recipe.yaml").write_text(recipe(), encoding="utf-8")
    shutil.copytree(ROOT / "zoo" / "weights" / MODEL, place / MODEL)
    return place


def tried(python: str, package: Path, extras: str, commands: list[str]) -> str | None:
    """Install a package into an empty environment and run commands; return what went wrong."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        folder = work_folder(place / "work")
        bin_folder = place / "venv" / "bin"
        what = f"{package}[{extras}]" if extras else str(package)
        steps = [
            [python, "-m", "venv", str(place / "venv")],
            [str(bin_folder / "pip"), "install", "--quiet", what],
            *([str(bin_folder / words[0]), *words[1:]] for words in map(str.split, commands)),
        ]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        environment.pop("PYTHONPATH", None)
        for step in steps:
            done = subprocess.run(
                step, cwd=folder, env=environment,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                return f"{' '.join(step)}\n{done.stdout[-1000:]}\n{done.stderr[-3000:]}"
    return None


def main() -> None:
    """Try every purpose; end with 1 if one fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="Interpreter to try.")
    parser.add_argument("--extras", action="append", help="Only these (default: all).")
    parser.add_argument("--dist", type=Path, default=ROOT / "dist", help="What was built.")
    given = parser.parse_args()
    (wheel,), (sdist,) = given.dist.glob("*.whl"), given.dist.glob("*.tar.gz")
    tries = [(wheel, extras) for extras in given.extras or JOBS]
    if not given.extras:
        tries.append((sdist, ""))
    failed = 0
    for package, extras in tries:
        start = time.monotonic()
        problem = tried(given.python, package, extras, JOBS[extras])
        failed += problem is not None
        name = f"{package.name}[{extras}]" if extras else package.name
        verdict = "works" if problem is None else f"FAILS: {problem}"
        print(f"{name}: {verdict} ({time.monotonic() - start:.0f} s)", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
