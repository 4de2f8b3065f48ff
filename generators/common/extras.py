"""Packages that only some commands need: what is missing is said before a command works.

Which packages an extra installs stands in pyproject.toml alone; it is read from the metadata of the
installed mesoinv.
"""

from __future__ import annotations

import functools
import sys
from importlib.util import find_spec

from mesoinv.generators.common.errors import MesoinvError

DISTRIBUTION = "mesoinv"
#: What writing a card of a dataset or a model needs besides the core.
CARD_MODULES = ("jinja2", "matplotlib")


class MissingExtraError(MesoinvError):
    """Something needs packages that are not installed; the message says what to install."""


def extras() -> dict[str, tuple[str, ...]]:
    """Return for each extra the modules that it installs, those of the extras in it included.

    Returns
    -------
    dict of str to tuple of str
        Empty where mesoinv was not installed by a package manager. Packages that are not for this
        machine, by their markers, are left out.
    """
    from importlib import metadata  # noqa: PLC0415  (commands that lack nothing do not need it)

    try:
        distribution = metadata.distribution(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return {}
    requirements = tuple(distribution.requires or ())
    names = distribution.metadata.get_all("Provides-Extra") or ()
    return {name: _modules(requirements, name) for name in names}


@functools.cache
def _modules(requirements: tuple[str, ...], extra: str) -> tuple[str, ...]:
    from packaging.requirements import Requirement  # noqa: PLC0415  (rarely needed)

    modules: list[str] = []
    for requirement in map(Requirement, requirements):
        marker = requirement.marker
        if marker is None or not marker.evaluate({"extra": extra}):
            continue  # of the core, of another extra, or for other machines
        if requirement.name == DISTRIBUTION:
            for other in sorted(requirement.extras):
                modules += _modules(requirements, other)
        else:
            modules.append(requirement.name.replace("-", "_"))
    return tuple(dict.fromkeys(modules))


def missing(*modules: str) -> list[str]:
    """Return which modules are not installed, without importing any.

    Parameters
    ----------
    *modules : str
        Names of top-level modules.

    Returns
    -------
    list of str
        In the order in which they were given.
    """
    return [name for name in modules if not _is_installed(name)]


def install_command(*modules: str) -> str:
    """Return the command that installs modules: each by the smallest extra that has it."""
    by_extra, wanted = extras(), set()
    for module in modules:
        having = [name for name, inner in by_extra.items() if module in inner]
        if not having:
            return f"pip install {' '.join(modules)}"
        wanted.add(min(having, key=lambda name: len(by_extra[name])))
    return _pip(*(name for name in by_extra if name in wanted))


def require(what: str, *names: str) -> None:
    """Refuse to start what needs extras that are not installed.

    Parameters
    ----------
    what : str
        What needs them, as the message begins: ``"mesoinv train"``.
    *names : str
        Extras, all of whose packages are needed.

    Raises
    ------
    MissingExtraError
        If a package is not installed; the message names the extras to install.
    """
    declared = extras()
    absent = {name: missing(*declared.get(name, ())) for name in names}
    if modules := dict.fromkeys(module for group in absent.values() for module in group):
        raise _error(what, list(modules), _pip(*(name for name, group in absent.items() if group)))


def require_modules(what: str, *modules: str) -> None:
    """Refuse to start what needs some modules of an extra and not the others.

    Parameters
    ----------
    what : str
        What needs them, as the message begins.
    *modules : str
        Names of top-level modules.

    Raises
    ------
    MissingExtraError
        If any is not installed; the message names the extras to install.
    """
    if absent := missing(*modules):
        raise _error(what, absent, install_command(*absent))


def _error(what: str, absent: list[str], command: str) -> MissingExtraError:
    return MissingExtraError(
        f"{what} needs packages that are not installed: {', '.join(absent)}. "
        f"Install them with: {command}"
    )


def _pip(*names: str) -> str:
    return f"pip install '{DISTRIBUTION}[{','.join(names)}]'"


def _is_installed(name: str) -> bool:
    if sys.modules.get(name) is not None:
        return True
    try:
        return find_spec(name) is not None
    except ImportError:  # an import hook refuses it
        return False
