"""The errors that mesoinv raises on purpose: misuse (exit code 2) and failure (exit code 1)."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class MesoinvError(Exception):
    """Something failed although the request was a valid one; the message says what to do next."""

    exit_code = 1


class UsageError(MesoinvError, ValueError):
    """The request itself was wrong; the message names what is allowed."""

    exit_code = 2


#: Names that a message lists; of more, it says how many there are.
_MOST = 24


def unknown_name(kind: str, name: str, allowed: Iterable[str]) -> UsageError:
    """Build the error for a name that does not exist, with the nearest or all allowed names.

    Parameters
    ----------
    kind : str
        What the name should have been: ``"dataset"``, ``"config"``, ``"split"`` …
    name : str
        The name that was given.
    allowed : iterable of str
        Every valid name.

    Returns
    -------
    UsageError
        Ready to be raised.
    """
    names = list(allowed)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    if len(names) <= _MOST:
        return UsageError(f"Unknown {kind} {name!r}.{hint} Allowed: {', '.join(names)}.")
    first = ", ".join(difflib.get_close_matches(name, names, n=3, cutoff=0.0) or names[:3])
    shown = "" if near else f" Allowed: {first}, …"
    return UsageError(f"Unknown {kind} {name!r}.{hint}{shown} ({len(names)} in all)")
