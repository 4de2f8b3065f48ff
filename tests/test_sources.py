"""The sources themselves: short functions, names that say something, machinery that asks."""

from __future__ import annotations

import ast
import statistics

from test_packaging import MODULES, inside, parsed


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


def test_no_variable_is_called_found() -> None:
    named = {
        name
        for name in MODULES
        for node in ast.walk(parsed(name))
        if (isinstance(node, ast.Name) and node.id == "found")
        or (isinstance(node, ast.arg) and node.arg == "found")
    }
    assert named == set()


#: Rooms that name no system and no column: they ask what is declared.
MACHINERY = (
    "mesoinv.generators.common", "mesoinv.generators.pipeline", "mesoinv.generators.hub",
    "mesoinv.dataset_cards", "mesoinv.zoo.declared", "mesoinv.zoo.model", "mesoinv.zoo.metrics",
    "mesoinv.zoo.training", "mesoinv.zoo.publish", "mesoinv.eval.tasks", "mesoinv.eval.scoring",
    "mesoinv.eval.board", "mesoinv.eval.submission", "mesoinv.eval.reports", "mesoinv.commands",
)  # fmt: skip


def test_the_machinery_names_no_system_and_no_column() -> None:
    from mesoinv.generators import get_dataset, list_datasets

    systems = list_datasets()
    columns = {
        column.name
        for dataset in map(get_dataset, systems)
        for config in dataset.configs
        for column in dataset.columns(config)
    }
    # one letter may be anything
    names = {name for name in {*systems, *columns} - {"index"} if len(name) > 1}
    assert len(names) > 20
    named = [
        (module, node.value)
        for module in MODULES
        if inside(module, MACHINERY) and not any(system in module for system in systems)
        for node in ast.walk(parsed(module))
        if isinstance(node, ast.Constant) and node.value in names
    ]
    assert named == []
