"""What a campaign is made of: kinds of attack, each a stream of trials that hold or do not."""

from __future__ import annotations

import random
import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    #: Tries once, with its own random numbers and an empty folder; a text says what went wrong.
    Trial = Callable[[random.Random, Path], str | None]


@dataclass(frozen=True)
class Attack:
    """One kind of attack.

    Attributes
    ----------
    group, name : str
        What is attacked, and how.
    guarantee : str
        What must hold.
    trial : callable
        Tries it once.
    share, most : int
        How often it is tried for each unit of the campaign, and in all.
    """

    group: str
    name: str
    guarantee: str
    trial: Trial
    share: int = 1
    most: int = 10**9


@dataclass
class Outcome:
    """What came of an attack."""

    attack: Attack
    tried: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)


def run(attack: Attack, count: int, seed: int, folder: Path) -> Outcome:
    """Try an attack a number of times; the numbers of a trial depend on nothing but its own."""
    outcome, start = Outcome(attack), time.monotonic()
    for number in range(count):
        name = f"{seed}/{attack.group}/{attack.name}/{number}"
        place = folder / f"{attack.group}-{attack.name}-{number}".replace(" ", "-")
        place.mkdir(parents=True)
        try:
            said = attack.trial(random.Random(name), place)
        except Exception:  # noqa: BLE001  (any of them is what the campaign looks for)
            said = traceback.format_exc()
        if said is not None:
            outcome.failures.append(f"{name}: {said}")
        outcome.tried += 1
    outcome.seconds = time.monotonic() - start
    return outcome


def flipped(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with one bit changed."""
    changed = bytearray(data)
    place = rng.randrange(8 * len(changed))
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)
