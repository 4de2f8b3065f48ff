"""Whether a model is for a task: its dataset, version, inputs, outputs and their units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.generators.common.errors import UsageError

if TYPE_CHECKING:
    from mesoinv.eval.tasks.task import Task
    from mesoinv.zoo.declared.config import ModelConfig


def check_fit(config: ModelConfig, task: Task) -> None:
    """Refuse a model that is for something else.

    Raises
    ------
    UsageError
        If dataset, major version, inputs or outputs are not the task's.
    """
    if reason := misfit(config, task):
        raise UsageError(f"{config.name} cannot be scored on {task.id}: {reason}.")


def misfit(config: ModelConfig, task: Task) -> str | None:
    """Return why a model is not for a task, or None if it is."""
    if config.dataset != task.dataset:
        return f"it is for {config.dataset}, the task is for {task.dataset}"
    if _major(config.dataset_version) != _major(task.dataset_version):
        return (
            f"it was trained on {config.dataset} {config.dataset_version}, the task is on "
            f"{task.dataset_version}"
        )
    given, made = ([q.name for q in group] for group in (config.inputs, config.outputs))
    if extra := [name for name in given if name not in task.inputs]:
        return f"it needs {', '.join(extra)}; the task gives {', '.join(task.inputs)}"
    if missing := [t.column for t in task.targets if t.column not in made]:
        return f"it gives {', '.join(made)}; the task wants {', '.join(missing)}"
    return _wrong_quantity(config, task)


def _wrong_quantity(config: ModelConfig, task: Task) -> str | None:
    columns = task.columns()
    for quantity in (*config.inputs, *config.outputs):
        column = columns.get(quantity.name)
        if column is None:
            continue
        if not quantity.accepts(column.shape) or quantity.unit != column.unit:
            return (
                f"its {column.name} has shape {quantity.shape} in {quantity.unit}, the task's "
                f"{list(column.shape)} in {column.unit}"
            )
    return None


def _major(version: str) -> str:
    return version.split(".", maxsplit=1)[0]
