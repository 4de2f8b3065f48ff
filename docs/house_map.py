"""Draws the map of the code from its imports: ``python docs/house_map.py`` writes map.md, map.svg.

A room is a folder of modules. An arrow means that a module of one room imports one of another;
arrows that follow from others are left out of the picture and stand in the table.
"""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOCS = Path(__file__).parent
ROOT = DOCS.parent
#: Packages from the face down to the numerics.
ORDER = ("mesoinv", "mesoinv.dataset_cards", "mesoinv.eval", "mesoinv.zoo", "mesoinv.generators")
COLOURS = ("#d9d2e9", "#fce5cd", "#d9ead3", "#cfe2f3", "#eeeeee")
WIDTH, HEIGHT, GAP = 2.7, 0.62, 0.35

Graph = dict[str, set[str]]


def homes() -> dict[str, Path]:
    """Return the folder of each package."""
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    mapped = tool["setuptools"]["package-dir"]
    return {"mesoinv": ROOT / "mesoinv"} | {name: ROOT / folder for name, folder in mapped.items()}


def modules() -> dict[str, Path]:
    """Return every module with its file."""
    files = {}
    for package, folder in homes().items():
        for path in folder.rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            files[".".join([package, *(part for part in parts if part != "__init__")])] = path
    return files


def room_of(module: str, files: dict[str, Path]) -> str:
    """Return the package that a module is in."""
    return module if files[module].name == "__init__.py" else module.rpartition(".")[0]


def rooms(files: dict[str, Path]) -> Graph:
    """Return each room with the rooms that it imports."""
    graph: Graph = {room_of(name, files): set() for name in files}
    for name, path in files.items():
        here = room_of(name, files)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "") in {*files, *graph}:
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    target = whole if whole in files else str(node.module)
                    graph[here].add(room_of(target, files))
    return {room: others - {room} for room, others in sorted(graph.items())}


def reduced(graph: Graph) -> Graph:
    """Leave out the arrows that follow from others."""

    def reach(room: str, seen: set[str]) -> set[str]:
        for other in graph[room] - seen:
            seen.add(other)
            reach(other, seen)
        return seen

    return {
        room: {
            other
            for other in others
            if not any(other in reach(between, {room}) for between in others - {other})
        }
        for room, others in graph.items()
    }


def package_of(room: str) -> str:
    """Return the package of a room: the longest name of `ORDER` that it begins with."""
    return max((p for p in ORDER if room == p or room.startswith(f"{p}.")), key=len)


def levels(graph: Graph) -> dict[str, int]:
    """Return the height of each room: above all rooms of its package that it imports.

    Rooms that import each other have the height of whichever is looked at first.
    """
    known: dict[str, int] = {}

    def level(room: str) -> int:
        if room not in known:
            known[room] = 0
            below = [o for o in graph[room] if package_of(o) == package_of(room)]
            known[room] = 1 + max((level(other) for other in sorted(below)), default=-1)
        return known[room]

    for room in graph:
        level(room)
    return known


def places(graph: Graph) -> dict[str, tuple[float, float]]:
    """Return where each box stands: a band for each package, rooms above those that they import."""
    height, corners, base = levels(graph), dict[str, tuple[float, float]](), 0.0
    for package in reversed(ORDER):
        mine = [room for room in graph if package_of(room) == package]
        rows: dict[int, list[str]] = {}
        for room in mine:
            rows.setdefault(height[room], []).append(room)
        for number in sorted(rows):
            row = rows[number]
            left = -len(row) * (WIDTH + GAP) / 2
            for i, room in enumerate(row):
                corners[room] = (left + i * (WIDTH + GAP), base)
            base += HEIGHT + 2.2 * GAP
        base += 1.5 * GAP
    return corners


def draw(graph: Graph, path: Path) -> None:
    """Draw boxes and arrows."""
    from matplotlib import rcParams
    from matplotlib.figure import Figure

    rcParams["svg.hashsalt"] = "mesoinv"
    where = places(graph)
    wide = max(x for x, _ in where.values()) - min(x for x, _ in where.values()) + WIDTH
    tall = max(y for _, y in where.values()) + HEIGHT
    figure = Figure(figsize=(0.85 * wide, 0.85 * tall), layout="constrained")
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_aspect("equal")
    for room, others in reduced(graph).items():
        for other in others:
            _arrow(axes, where[room], where[other])
    for room, (x, y) in where.items():
        colour = COLOURS[ORDER.index(package_of(room))]
        box = {"boxstyle": "round,pad=0.05", "facecolor": colour, "edgecolor": "0.4"}
        name = room.removeprefix("mesoinv.")
        axes.text(
            x + WIDTH / 2, y + HEIGHT / 2, name.replace(".", ".\n", 1), ha="center", va="center",
            fontsize=8, bbox=box,
        )  # fmt: skip
    axes.set_xlim(
        min(x for x, _ in where.values()) - GAP, max(x for x, _ in where.values()) + WIDTH
    )
    axes.set_ylim(-GAP, tall + GAP)
    figure.savefig(path, metadata={"Date": None})


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate(
        "", (end[0] + WIDTH / 2, end[1] + 0.8 * HEIGHT),
        (start[0] + WIDTH / 2, start[1] + 0.2 * HEIGHT),
        arrowprops={"arrowstyle": "->", "color": "0.6", "lw": 0.7, "shrinkA": 0, "shrinkB": 0},
        zorder=0,
    )  # fmt: skip


def text(files: dict[str, Path], graph: Graph) -> str:
    """Return the page: the picture, and a table of all rooms."""
    lines = [
        "# Map of the code",
        "",
        "Drawn from the imports by `python docs/house_map.py`. A box is a folder of modules; an",
        "arrow goes from a folder to one that it imports. Arrows that follow from others are left",
        "out of the picture; the table has them all.",
        "",
        "![The folders of the code and what they import](map.svg)",
        "",
        "| folder | what it holds | imports |",
        "|---|---|---|",
    ]
    for room, others in graph.items():
        about = ast.get_docstring(ast.parse(files[room].read_text(encoding="utf-8"))) or ""
        first = about.partition("\n\n")[0].replace("\n", " ")
        below = ", ".join(f"`{other.removeprefix('mesoinv.')}`" for other in sorted(others)) or "–"
        lines.append(f"| `{room.removeprefix('mesoinv.')}` | {first} | {below} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page and the picture."""
    files = modules()
    graph = rooms(files)
    (DOCS / "map.md").write_text(text(files, graph), encoding="utf-8")
    draw(graph, DOCS / "map.svg")


if __name__ == "__main__":
    main()
