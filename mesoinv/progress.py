"""The progress bar of long commands: how many, how fast, how long still."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from mesoinv.generators.common.numbers import three_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _Rate(ProgressColumn):
    """Samples a second, or seconds a sample where that is the larger number."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        if not speed:
            return Text("")
        if speed < 1:
            return Text(f"{1 / speed:.3g} s/{self._unit}")
        return Text(f"{three_digits(speed)} {self._unit}/s")


@contextmanager
def progress_bar(title: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on stderr; yields the callback ``(done, total)`` that moves it.

    What is done at the first call (by an earlier, interrupted run) does not count for the rate.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(unit),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    # parts of slow datasets finish minutes apart: average over long enough
    bar = Progress(*columns, console=Console(stderr=True), speed_estimate_period=600)

    def move(done: int, total: int) -> None:
        if not bar.task_ids:
            bar.add_task(title, total=total, completed=done)
            bar.start()
        bar.update(bar.task_ids[0], total=total, completed=done)

    try:
        yield move
    finally:
        if bar.task_ids:
            bar.stop()


@contextmanager
def generation_bar() -> Iterator[Callable[[int, int], None]]:
    """Say what is generated, and show a bar meanwhile, gone before another one is shown."""
    with ExitStack() as stack:
        stack.enter_context(_said("mesoinv.generators.pipeline.loading"))
        bars = stack.enter_context(ExitStack())
        moves: list[Callable[[int, int], None]] = []

        def move(done: int, total: int) -> None:
            if not moves:
                moves.append(bars.enter_context(progress_bar("generate", "sample")))
            moves[0](done, total)
            if done >= total:
                bars.close()
                moves.clear()

        yield move


@contextmanager
def _said(name: str) -> Iterator[None]:
    """Print what a logger says on stderr meanwhile."""
    logger, handler = logging.getLogger(name), logging.StreamHandler()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
