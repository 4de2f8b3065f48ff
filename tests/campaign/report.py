"""The table of a campaign as a page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mesoinv.generators.common.numbers import count
from mesoinv.generators.common.provenance import version_of

if TYPE_CHECKING:
    from campaign.trials import Outcome

_PAGE = Path(__file__).with_name("page.md")


def write_report(path: Path, outcomes: list[Outcome], seed: int, machine: str) -> None:
    """Write the table of a campaign into a Markdown file."""
    rows = [
        f"| {o.attack.group} | {o.attack.name} | {count(o.tried)} | {len(o.failures)} | "
        f"{o.attack.guarantee} |"
        for o in outcomes
    ]
    text = _PAGE.read_text(encoding="utf-8").format(
        date=datetime.now(UTC).date().isoformat(),
        version=version_of("mesoinv"),
        machine=machine,
        seed=seed,
        tried=count(sum(o.tried for o in outcomes)),
        minutes=sum(o.seconds for o in outcomes) / 60,
        failed=sum(len(o.failures) for o in outcomes),
        rows="\n".join(rows),
    )
    path.write_text(text, encoding="utf-8")
