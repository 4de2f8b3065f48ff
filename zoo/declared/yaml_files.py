"""Declarations in YAML files: recipes and tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from mesoinv.generators.common.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: The parser in C, where PyYAML has it, takes a tenth of the time.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path, kind: str, names: Iterable[str]) -> dict[str, Any]:
    """Return the keys and values of a YAML file.

    Parameters
    ----------
    path : Path
    kind : str
        What it declares, for messages.
    known : iterable of str
        Names that the package has itself, for messages.

    Raises
    ------
    UsageError
        If there is no such file, or it is not YAML with keys and values.
    """
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  (a safe one)
    except FileNotFoundError:
        raise UsageError(f"There is no {kind} {path}. Known: {', '.join(names)}.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not YAML: {error!s:.500}") from error
    if not isinstance(data, dict):
        raise UsageError(f"{path} must hold keys and values.")
    return data
