"""The files of the checkout, and a wheel that is built from a copy of them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def repository_files(*, untracked: bool) -> list[Path]:
    """Return the files of the repository, relative to its root, without what git ignores."""
    if not (ROOT / ".git").exists():  # an archive of the sources
        unwanted = re.compile(r"^(\.(?!ci\b)|data$|build$|dist$)|__pycache__|egg-info")
        there = []
        for folder, names, files in os.walk(ROOT):
            names[:] = [name for name in names if not unwanted.search(name)]
            there += [Path(folder, name).relative_to(ROOT) for name in files]
        return sorted(there)
    # the owner of a checkout in a container is often someone else, which git refuses by default
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached"]
    command += ["--others", "--exclude-standard"] if untracked else []
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [Path(name) for name in sorted(set(listed.split("\0"))) if name]
    return [path for path in paths if (ROOT / path).is_file()]


#: new files count before they are added, so that a forgotten package shows at once
FILES = repository_files(untracked=True)


def build_wheel(folder: Path) -> Path:
    """Build a wheel from a copy in an empty folder: a build leaves folders that spoil the next."""
    sources, out = folder / "sources", folder / "wheel"
    for path in FILES:
        (sources / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, sources / path)
    command = [sys.executable, "-m", "pip", "wheel"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(out)]
    done = subprocess.run(
        [*command, *options, "."], cwd=sources, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("mesoinv-*.whl")
    return built
