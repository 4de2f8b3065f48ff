"""README is short, its table is what the command prints, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

from mesoinv.eval.board.build import build_board
from mesoinv.eval.board.site.summary import markdown

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_is_short() -> None:
    assert len(TEXT.encode()) <= 9_000


def test_its_table_is_that_of_the_board() -> None:
    """`mesoinv leaderboard show --markdown` prints it."""
    _, _, rest = TEXT.partition("<!-- board:begin -->\n")
    table, end, _ = rest.partition("\n<!-- board:end -->")
    assert end
    assert table == markdown(build_board())


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", TEXT)
    assert len(links) > 20
    assert not [link for link in links if not (ROOT / link).exists()]
