"""The tasks: one YAML file each, named after the task, found by being here."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mesoinv.eval.tasks.task import Task
from mesoinv.generators.common.errors import UsageError, unknown_name
from mesoinv.generators.common.records import from_dict
from mesoinv.generators.pipeline.resolve import check_named_in_file
from mesoinv.zoo.declared.yaml_files import read_yaml

FOLDER = Path(__file__).parent


def list_tasks() -> list[str]:
    """Return the names of all tasks.

    Examples
    --------
    >>> import mesoinv
    >>> [name for name in mesoinv.list_tasks() if name.startswith("sgm")]
    ['sgm-landscape', 'sgm-measured', 'sgm-pldos']
    """
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def get_task(name: str | Task) -> Task:
    """Return a task by its name.

    Parameters
    ----------
    name : str or Task
        One of `list_tasks`, a ``.yaml`` file of your own, or a task itself.

    Raises
    ------
    UsageError
        If there is no such task, or a declaration is wrong.
    """
    if isinstance(name, Task):
        return name
    if name in list_tasks():
        return _ours(name)
    if name.endswith(".yaml"):
        return read_task(Path(name))
    raise unknown_name("task", name, list_tasks())


@cache
def _ours(name: str) -> Task:
    return read_task(FOLDER / f"{name}.yaml")


def read_task(path: Path) -> Task:
    """Read a declaration, strictly: its id is the file's name."""
    data = read_yaml(path, "task", list_tasks())
    if "id" in data:
        raise UsageError(f"{path.name}: the id is the name of the file; leave it out.")
    check_named_in_file(str(data.get("dataset", "")), path.name)
    return from_dict(Task, {"id": path.stem} | data, path.name)


def tasks_of(dataset: str) -> list[Task]:
    """Return the tasks of a dataset."""
    tasks = [get_task(name) for name in list_tasks()]
    return [task for task in tasks if task.dataset == dataset]


def computed_by(dataset: str, config: str) -> dict[str, str]:
    """Return the tasks of a configuration whose answers anybody can compute: name -> how."""
    tasks = [task for task in tasks_of(dataset) if task.config == config]
    return {task.id: task.computed_by for task in tasks if task.computed_by}


def held_out_columns(dataset: str, config: str) -> tuple[str, ...]:
    """Return the columns that a held-out split publishes: the index and the tasks' inputs.

    Raises
    ------
    UsageError
        If no task uses the configuration, or one task's input is another's answer.
    """
    tasks = [task for task in tasks_of(dataset) if task.config == config]
    if not tasks:
        used = sorted({task.config for task in tasks_of(dataset)})
        raise UsageError(
            f"No task uses {dataset}/{config}, so nobody could be scored on a held-out split of "
            f"it. Configurations with tasks: {', '.join(used) or 'none'}."
        )
    inputs = dict.fromkeys(name for task in tasks for name in task.inputs)
    answers = {name for task in tasks for name in (*(t.column for t in task.targets), *task.truth)}
    if leaked := [name for name in inputs if name in answers]:
        raise UsageError(f"{', '.join(leaked)} is an input of one task and the answer of another.")
    return ("index", *inputs)
