"""Waiting as long as the Hub asks to: a word when it begins, and a bound on all of it."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, TypeVar

from mesoinv.generators.common.errors import MesoinvError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

#: Seconds that one call waits in all.
MAX_WAIT = 900
_log = logging.getLogger(__name__)


def patiently(call: Callable[[], T]) -> T:
    """Return what a call gives; where the Hub asks to slow down, wait and call again.

    Parameters
    ----------
    call : callable
        May be repeated: it raises `MesoinvError` from what the Hub's client said.

    Raises
    ------
    MesoinvError
        What the call raises for another reason, or when waiting would take longer than
        `MAX_WAIT` in all.
    """
    waited = 0.0
    while True:
        try:
            return call()
        except MesoinvError as error:
            seconds = asked_to_wait(error)
            if seconds is None or waited + seconds > MAX_WAIT:
                raise
            _log.warning("The Hub asks to slow down: waiting for %g s.", seconds)
            time.sleep(seconds)
            waited += max(seconds, 1)  # who always asks for 0 s is not asked for ever


def asked_to_wait(error: BaseException | None) -> float | None:
    """Return the seconds that an answer behind an error asks to wait; None if it does not."""
    response = answer_behind(error, 429)
    if response is None:
        return None
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isdigit() else None


def answer_behind(error: BaseException | None, status: int) -> Any:
    """Return the answer of a status that an error comes from; None if there is none."""
    while error is not None:
        response = getattr(error, "response", None)
        if response is not None and response.status_code == status:
            return response
        error = error.__cause__ or error.__context__
    return None
