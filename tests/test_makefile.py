"""What `make kwant` and `make chromium` run, with stand-ins for everything that they call."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

#: Notes its arguments. `installed` and `mumps` are files of the test: what kwant is like here.
PYTHON = """#!/bin/sh
echo "python $*" >> "$HERE/log"
case "$*" in
*"install"*"kwant>="*)
    case "$*" in *--force-reinstall*) rebuild=1 ;; esac
    if [ ! -e "$HERE/installed" ] || [ -n "$rebuild" ]; then
        touch "$HERE/installed"
        [ ! -e "$HERE/library" ] || touch "$HERE/mumps"
    fi ;;
*"show kwant"*) [ -e "$HERE/installed" ] ;;
*"import kwant.solvers.mumps"*)
    [ -e "$HERE/mumps" ] || exit 1
    case "$*" in *print*) echo "kwant uses MUMPS." ;; esac ;;
esac
"""
#: `busy` holds how many times it still meets the lock of another one.
APT = """#!/bin/sh
echo "apt-get $*" >> "$HERE/log"
case "$*" in
*update*)
    busy=$(cat "$HERE/busy" 2>/dev/null || echo 0)
    if [ "$busy" -gt 0 ]; then
        echo $((busy - 1)) > "$HERE/busy"
        echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1" >&2
        exit 100
    fi ;;
*"install"*"libmumps"*) touch "$HERE/library" ;;
esac
"""
STAND_INS = {
    "apt-get": APT,
    "dpkg": '#!/bin/sh\n[ -e "$HERE/library" ]\n',
    "id": "#!/bin/sh\necho 0\n",
    "sleep": "#!/bin/sh\n",
}


class Machine:
    """A copy of the Makefile on a machine of which everything is made up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("Makefile", "pyproject.toml"):
            shutil.copy(ROOT / name, folder)
        programs = {f"bin/{name}": text for name, text in STAND_INS.items()}
        for name, text in (programs | {".venv/bin/python": PYTHON}).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o755)
        for name in ("seq", "cat", "touch", "sh", "rm", "sed"):  # and no browser
            (folder / "bin" / name).symlink_to(str(shutil.which(name)))
        for name in (".created", ".setup"):
            (folder / ".venv" / name).touch()

    def has(self, name: str, text: str = "") -> None:
        """Make something true: ``installed`` kwant, that uses ``mumps``, its ``library``."""
        (self.folder / name).write_text(text)

    def make(self, target: str) -> str:
        make = str(shutil.which("make"))
        environment = {"PATH": str(self.folder / "bin"), "HERE": str(self.folder)}
        done = subprocess.run(
            [make, target],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def calls(self, *words: str) -> list[str]:
        """Return what was run and has these words."""
        lines = (self.folder / "log").read_text().splitlines()
        return [line for line in lines if all(word in line for word in words)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_kwant_is_built_with_mumps(machine: Machine) -> None:
    assert "kwant uses MUMPS." in machine.make("kwant")
    (build,) = machine.calls("install", "kwant>=1.5")
    assert "--force-reinstall" not in build  # its dependencies are wanted too
    assert "--no-deps" not in build
    (install,) = machine.calls("apt-get", "libmumps-seq-dev")
    assert "-o DPkg::Lock::Timeout=300" in install


def test_a_kwant_without_mumps_is_built_again(machine: Machine) -> None:
    machine.has("installed")
    machine.has("library")
    assert "kwant uses MUMPS." in machine.make("kwant")
    (build,) = machine.calls("install", "kwant>=1.5")
    assert "--force-reinstall --no-deps" in build
    assert "--no-cache-dir" in build


def test_the_advice_works(machine: Machine) -> None:
    (machine.folder / "bin" / "apt-get").write_text("#!/bin/sh\nexit 100\n")
    said = machine.make("kwant")
    assert "apt-get install libmumps-seq-dev, then rm .venv/.kwant and make kwant." in said
    machine.has("library")
    (machine.folder / ".venv/.kwant").unlink()
    assert "kwant uses MUMPS." in machine.make("kwant")


def test_a_good_kwant_stays(machine: Machine) -> None:
    for name in ("installed", "mumps", "library"):
        machine.has(name)
    machine.make("kwant")
    assert machine.calls("--force-reinstall") == []
    assert machine.calls("apt-get") == []


@pytest.mark.parametrize(
    ("target", "package"), [("kwant", "libmumps-seq-dev"), ("chromium", "chromium")]
)
def test_another_apt_is_waited_for(machine: Machine, target: str, package: str) -> None:
    machine.has("busy", "3")
    machine.make(target)
    assert len(machine.calls("apt-get", "update")) == 4
    (install,) = machine.calls("apt-get", "install", package)
    assert "-o DPkg::Lock::Timeout=300" in install
