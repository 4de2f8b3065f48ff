"""Faults on demand: a lost connection or an error status for the next matching requests."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .wire import HubError, Reply

if TYPE_CHECKING:
    from .wire import Logged

Stage = Literal["request", "response", "body"]


@dataclass
class Fault:
    """One armed fault: ``drop`` says where the connection is lost, ``reply`` is the answer."""

    match: str
    times: int
    drop: Stage | None = None
    reply: Reply | None = None


class Faults:
    """The armed faults of one Hub; the first armed match wins."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self._lock = threading.Lock()

    def drop_connection(self, match: str, times: int = 1, when: Stage = "request") -> None:
        """Close the connection of the next ``times`` matching requests.

        Parameters
        ----------
        match
            Text that occurs in ``"METHOD /path?query"``, for example ``"PUT /lfs"``.
        times
            How many requests are hit.
        when
            ``"request"``: before the Hub has read the body or done anything; ``"response"``: the
            Hub has acted but the answer is lost; ``"body"``: half of the answer's body arrives.
        """
        self._arm(Fault(match, times, drop=when))

    def fail(
        self, status: int = 500, match: str = "", times: int = 1, message: str = "Injected fault"
    ) -> None:
        """Answer the next ``times`` matching requests with an error, without acting on them."""
        self._arm(Fault(match, times, reply=HubError(status, message).reply()))

    def answer(self, reply: Reply, match: str = "", times: int = 1) -> None:
        """Answer the next ``times`` matching requests with anything, without acting on them."""
        self._arm(Fault(match, times, reply=reply))

    def clear(self) -> None:
        """Disarm everything."""
        with self._lock:
            self._armed.clear()

    @property
    def pending(self) -> int:
        """How many hits are still to come: 0 tells a test that its fault was met."""
        with self._lock:
            return sum(fault.times for fault in self._armed)

    def take(self, request: Logged) -> Fault | None:
        """Use up one hit of the first fault that matches."""
        with self._lock:
            for fault in self._armed:
                if request.matches(fault.match):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._armed.remove(fault)
                    return fault
        return None

    def _arm(self, fault: Fault) -> None:
        if fault.times < 1:
            raise ValueError(f"times must be at least 1, got {fault.times}")
        with self._lock:
            self._armed.append(fault)
