"""Packages that only some commands need: what is missing is said before a command works."""

from __future__ import annotations

from importlib.util import find_spec

from mesoinv.generators.pipeline.errors import MesoinvError


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


def require(what: str, extra: str, *modules: str) -> None:
    """Refuse to start what needs modules that are not installed.

    Parameters
    ----------
    what : str
        What needs them, as the message begins: ``"mesoinv train"``.
    extra : str
        Extra of mesoinv that installs them; several are separated by commas.
    *modules : str
        Names of top-level modules.

    Raises
    ------
    MesoinvError
        If any is not installed; the message says what to install.
    """
    if absent := missing(*modules):
        raise MesoinvError(
            f"{what} needs packages that are not installed: {', '.join(absent)}. "
            f"Install them with: pip install 'mesoinv[{extra}]'"
        )


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ImportError:  # an import hook refuses it
        return False
