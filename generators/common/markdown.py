"""Markdown from a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def rendered(template: Traversable, values: dict[str, Any], *, trim: bool = True) -> str:
    """Fill a jinja2 template; a name that it uses and nobody gives is an error.

    Parameters
    ----------
    template : Traversable
        The file, a path for instance.
    values : dict
        Names -> what stands for them.
    trim : bool
        Whether lines that hold only a statement of the template leave nothing.
    """
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415  (an extra)

    # Markdown, not HTML: escaping would spoil units and equations
    environment = Environment(  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=trim,
        lstrip_blocks=trim,
        keep_trailing_newline=True,
    )
    return environment.from_string(template.read_text(encoding="utf-8")).render(values)
