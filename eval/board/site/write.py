"""Writes the site in full beside its place, then swaps it in: there always is a whole one."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mesoinv.eval.board.site.assets import write_assets
from mesoinv.eval.board.site.check import check_board
from mesoinv.eval.board.site.terminal import board_json
from mesoinv.generators.common.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mesoinv.eval.board.records import Board

INDEX, DATA, ASSETS = "index.html", "board.json", "assets"
GENERATOR = "mesoinv leaderboard"
_OURS = {INDEX, DATA, ASSETS, "README.md"}


def write_site(
    board: Board,
    out: Path,
    pictures: Mapping[str, bytes] | None = None,
    cards: Mapping[str, str] | None = None,
) -> Path:
    """Write the leaderboard as a folder of pages that needs no server and no network.

    Parameters
    ----------
    board : Board
        Its strings may be anything: they are escaped.
    out : Path
        Folder of the site; a new one, an empty one, or an earlier site, which is replaced.
    pictures : mapping of str to bytes, optional
        Name -> PNG: of a dataset a sample, of ``TASK-INDEX`` a prediction.
    cards : mapping of str to str, optional
        Model -> its card in Markdown.

    Returns
    -------
    Path
        ``out/index.html``.

    Raises
    ------
    UsageError
        If `out` holds something else, or no site can be made from the board.
    """
    from mesoinv.eval.board.site.pages import render_pages  # noqa: PLC0415  (jinja2)

    check_board(board)
    place = out.resolve()  # a link stays a link
    _refuse_other_content(place)
    with _beside(place) as new:
        for name, text in render_pages(board, pictures or {}, cards).items():
            (new / name).write_text(text, encoding="utf-8")
        (new / DATA).write_text(board_json(board), encoding="utf-8")
        write_assets(new / ASSETS)
        for name, picture in (pictures or {}).items():
            (new / ASSETS / f"{name}.png").write_bytes(picture)
        _swap(new, place)
    return out / INDEX


def _refuse_other_content(place: Path) -> None:
    if not place.exists():
        return
    if not place.is_dir():
        raise UsageError(f"{place} is a file; name a folder for the site.")
    names = sorted(path.name for path in place.iterdir())
    foreign = [name for name in names if not _is_ours(place / name)]
    if foreign or (names and INDEX not in names):
        raise UsageError(
            f"{place} is no earlier site of mesoinv: it holds {', '.join((foreign or names)[:5])}. "
            "Name a new or empty folder."
        )


def _is_ours(path: Path) -> bool:
    if path.suffix == ".html":
        with path.open(encoding="utf-8", errors="replace") as file:
            return GENERATOR in file.read(1000)
    return path.name in _OURS


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """Make a folder on the same file system, gone afterwards whatever happens."""
    place.parent.mkdir(parents=True, exist_ok=True)
    folder = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    shutil.rmtree(folder, ignore_errors=True)  # of a killed process that had the same number
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _swap(new: Path, place: Path) -> None:
    if not place.exists():
        new.rename(place)
        return
    old = new.with_suffix(".old")
    place.rename(old)
    try:
        new.rename(place)
    except OSError:
        old.rename(place)
        raise
    shutil.rmtree(old)
