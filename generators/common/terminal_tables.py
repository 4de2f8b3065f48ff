"""Tables that fit a terminal: narrower columns while words stay whole, else blocks of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.cells import cell_len
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def print_table(table: Table, console: Console) -> None:
    """Print a table without cutting a word of it.

    Parameters
    ----------
    table : Table
        Of texts; a line break in a cell is one. Widths of its columns are set here.
    console : Console
        Its width decides: a table that has room is printed as it is, else texts wrap between words,
        then the frame goes, and where that is not enough each row becomes a block of lines.
    """
    cells = [[_text(cell) for cell in column.cells] for column in table.columns]
    heads = [_text(column.header) for column in table.columns]
    columns = [[head, *inside] for head, inside in zip(heads, cells, strict=True)]
    natural = [max(map(_longest_line, texts)) for texts in columns]
    least = [max(map(_longest_word, texts)) for texts in columns]
    for frame in (_FRAMED, _SLIM):
        for name, value in frame.items():
            setattr(table, name, value)
        _set_widths(table, natural)
        wide = console.options.update(max_width=10**6)
        around = console.measure(table, options=wide).maximum - sum(natural)
        widths = _widths(natural, least, console.width - around)
        if widths is not None:
            _set_widths(table, widths)
            console.print(table)
            return
    _print_blocks(table, heads, cells, console)


_FRAMED: dict[str, Any] = {"box": box.HEAVY_HEAD, "show_edge": True, "pad_edge": True}
_SLIM: dict[str, Any] = {"box": box.SIMPLE_HEAD, "show_edge": False, "pad_edge": False}


def _set_widths(table: Table, widths: list[int]) -> None:
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width


def _widths(natural: list[int], least: list[int], room: int) -> list[int] | None:
    """Return the width of each column; None if the longest words need more than there is."""
    if sum(least) > room:
        return None
    widths = list(natural)
    while sum(widths) > room:
        spare = [width - small for width, small in zip(widths, least, strict=True)]
        widths[spare.index(max(spare))] -= 1
    return widths


def _print_blocks(
    table: Table, heads: list[Text], cells: list[list[Text]], console: Console
) -> None:
    options: dict[str, Any] = {"highlight": False, "soft_wrap": True}
    if table.title:
        console.print(_text(table.title), **options)
    for row in zip(*cells, strict=True):
        # an empty cell repeats the row above
        lines = [
            Text.assemble((f"{head.plain}: ", "bold"), cell)
            for head, cell in zip(heads, row, strict=True)
            if cell.plain
        ]
        for number, line in enumerate(lines):
            console.print(Text("  " if number else "") + line, **options)
    console.print()


def _text(cell: Any) -> Text:
    return cell.copy() if isinstance(cell, Text) else Text.from_markup(str(cell))


def _longest_line(text: Text) -> int:
    return max((cell_len(line) for line in text.plain.splitlines()), default=0)


def _longest_word(text: Text) -> int:
    return max((cell_len(word) for word in text.plain.split()), default=0)
