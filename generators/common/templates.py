"""Text from jinja2 templates: Markdown, and pages in HTML."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from mesoinv.generators.common.extras import require_modules

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from jinja2 import Environment


def environment(
    *,
    html: bool = False,
    trim: bool = True,
    folder: Path | None = None,
    finalize: Callable[[Any], Any] | None = None,
) -> Environment:
    """Return what fills templates; a name that a template uses and nobody gives is an error.

    Parameters
    ----------
    html : bool
        Whether values are escaped, in every template whatever its file is called. Markdown is not
        escaped, which would spoil units and equations; what others wrote becomes `inert` first.
    trim : bool
        Whether lines that hold only a statement of the template leave nothing.
    folder : Path, optional
        Of the templates, which may then include each other.
    finalize : callable, optional
        What becomes of each value before it is printed.

    Raises
    ------
    MissingExtraError
        If jinja2 is not installed.
    """
    require_modules("Filling a template", "jinja2")
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415  (an extra)

    return Environment(
        loader=None if folder is None else FileSystemLoader(folder),
        autoescape=html,  # noqa: S701  (Markdown is no HTML)
        undefined=StrictUndefined,
        trim_blocks=trim,
        lstrip_blocks=trim,
        keep_trailing_newline=True,
        finalize=finalize,
    )


def inert(value: Any) -> Any:
    """Return what somebody's file said, its texts without what Markdown or HTML would act on.

    Parameters
    ----------
    value : dataclass, list, dict, str or other
        Texts are made one line; angle brackets, bars and backticks stand for themselves.
    """
    if isinstance(value, str):
        plain = "".join(c if c.isprintable() else " " for c in value)
        return plain.translate(_INERT)
    if isinstance(value, list):
        return [inert(item) for item in value]
    if isinstance(value, dict):
        return {inert(key): inert(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: inert(getattr(value, f.name)) for f in fields(value) if f.init}
        return replace(value, **changed)
    return value


_INERT = str.maketrans({"<": "&lt;", ">": "&gt;", "|": "&#124;", "`": "'", "[": "&#91;"})


def rendered(template: Traversable, values: dict[str, Any], *, trim: bool = True) -> str:
    """Return Markdown from a template.

    Parameters
    ----------
    template : Traversable
        The file, a path for instance.
    values : dict
        Names -> what stands for them.
    trim : bool
        As for `environment`.

    Raises
    ------
    MissingExtraError
        If jinja2 is not installed.
    """
    text = template.read_text(encoding="utf-8")
    return environment(trim=trim).from_string(text).render(values)
