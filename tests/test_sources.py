"""The sources themselves: short functions, names that say something, machinery that asks."""

from __future__ import annotations

import ast
import statistics
from typing import TYPE_CHECKING

from checkout import FILES, ROOT
from test_packaging import MODULES, inside, parsed

from mesoinv.generators import get_dataset, list_datasets

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What is shipped, and the programs beside it.
PRODUCT = [path for path in FILES if path.suffix == ".py" and path.parts[0] != "tests"]


def functions(tree: ast.Module) -> list[tuple[str, int]]:
    """Return every function with its lines, those of its docstring left out."""
    lengths = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            first = node.body[0]
            if ast.get_docstring(node) is not None:
                lines -= (first.end_lineno or 0) - first.lineno + 1
            lengths.append((node.name, lines))
    return lengths


def test_functions_are_short() -> None:
    lengths = {
        f"{name}.{function}": lines
        for name in MODULES
        for function, lines in functions(parsed(name))
    }
    assert {name: lines for name, lines in lengths.items() if lines > 60} == {}
    assert statistics.median(lengths.values()) <= 10


def test_half_of_the_files_are_very_short() -> None:
    """No file is long: see `test_packaging.test_files_are_short`."""
    lengths = [len((ROOT / path).read_bytes().splitlines()) for path in MODULES.values()]
    assert statistics.median(lengths) <= 150


def names_in(node: ast.AST) -> set[str]:
    """Return the names that a piece of code gives or uses: variables, arguments, attributes."""
    fields = {"id", "arg", "attr", "name", "asname", "rest"}
    return {value for field, value in ast.iter_fields(node) if field in fields} - {None}


def test_nothing_is_called_found() -> None:
    assert {"a", "b", "c", "f"} == {
        name for node in ast.walk(ast.parse("def f(a): b = a.c")) for name in names_in(node)
    }
    trees = {path: ast.parse((ROOT / path).read_text(encoding="utf-8")) for path in PRODUCT}
    named = {
        f"{path}:{node.lineno}"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if "found" in names_in(node)
    }
    assert named == set(), "name it after what it holds"


def room_of(module: str) -> tuple[str, ...]:
    """Return the top-level package of a module, and its system if it is in a system's room."""
    systems = set(list_datasets())
    return (module.split(".")[1], *(part for part in module.split(".")[2:] if part in systems))


def repeated(places: Iterable[tuple[object, str]]) -> dict[object, list[str]]:
    """Return what stands in several places, and where."""
    by_name: dict[object, list[str]] = {}
    for name, place in places:
        by_name.setdefault(name, []).append(place)
    return {name: several for name, several in by_name.items() if len(several) > 1}


def test_no_two_classes_of_a_room_have_one_name() -> None:
    classes = [
        ((*room_of(module), node.name), module)
        for module in MODULES
        for node in ast.walk(parsed(module))
        if isinstance(node, ast.ClassDef)
    ]
    assert len(classes) > 100
    assert repeated(classes) == {}


def test_the_folder_tells_apart_files_of_one_name() -> None:
    files = [
        ((path.parent.name, path.name), str(path))
        for path in MODULES.values()
        if path.name != "__init__.py"
    ]
    assert repeated(files) == {}


#: Rooms that name no system and no column: they ask what is declared.
MACHINERY = (
    "mesoinv.generators.common", "mesoinv.generators.pipeline", "mesoinv.generators.hub",
    "mesoinv.dataset_cards", "mesoinv.zoo.declared", "mesoinv.zoo.model", "mesoinv.zoo.metrics",
    "mesoinv.zoo.training", "mesoinv.zoo.publish", "mesoinv.eval.tasks", "mesoinv.eval.scoring",
    "mesoinv.eval.board", "mesoinv.eval.submission", "mesoinv.eval.reports", "mesoinv.commands",
)  # fmt: skip


def test_the_machinery_names_no_system_and_no_column() -> None:
    systems = list_datasets()
    columns = {
        column.name
        for dataset in map(get_dataset, systems)
        for config in dataset.configs
        for column in dataset.columns(config)
    }
    # one letter may be anything; an image is a type of column on the Hub
    names = {name for name in {*systems, *columns} - {"index", "image"} if len(name) > 1}
    assert len(names) > 20
    named = [
        (module, node.value)
        for module in MODULES
        if inside(module, MACHINERY) and not any(system in module for system in systems)
        for node in ast.walk(parsed(module))
        if isinstance(node, ast.Constant) and node.value in names
    ]
    assert named == []
