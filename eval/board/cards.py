"""Cards of the zoo's models, for their pages on the website."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.zoo.declared.models import local_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mesoinv.eval.board.records import Board

CARD, CURVES = "README.md", "curves.png"


def model_cards(board: Board) -> tuple[dict[str, str], dict[str, bytes]]:
    """Return the cards of the board's models in Markdown, and the pictures that are in them.

    Returns
    -------
    dict of str to str
        Model -> card, without its YAML head; its pictures are ``assets/NAME-curves.png``.
    dict of str to bytes
        ``NAME-curves`` -> PNG.
    """
    cards, pictures = {}, {}
    for name, folder in _models(board):
        text = (folder / CARD).read_text(encoding="utf-8").split("\n---\n", 1)[-1]
        cards[name] = text.replace(f"]({CURVES})", f"](assets/{name}-curves.png)")
        if (folder / CURVES).is_file():
            pictures[f"{name}-curves"] = (folder / CURVES).read_bytes()
    return cards, pictures


def _models(board: Board) -> Iterator[tuple[str, Path]]:
    names = {
        row.name: None for task in board.tasks for row in task.rows
        if row.id == row.name and row.kind != "paper"  # ids of submissions have a folder
    }  # fmt: skip
    for name in names:
        folder = local_folder(name)
        if (folder / CARD).is_file():
            yield name, folder
