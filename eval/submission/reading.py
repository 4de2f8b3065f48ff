"""Reads ``submission.yaml`` as data: small, flat, without aliases, tags or repeated keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from mesoinv.eval.submission.problems import Problem, RefusedError, quoted, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = "submission.yaml"
MAX_BYTES = 65_536
MAX_DEPTH = 6
MAX_EVENTS = 10_000


def load(data: bytes) -> Any:
    """Return what a YAML document holds.

    Raises
    ------
    RefusedError
        If it is too large or too deep, not UTF-8, not YAML, or uses an alias, anchor, tag, merge
        or a key twice: none of them is needed, and each can hide something.
    """
    if len(data) > MAX_BYTES:
        raise _refused(f"has {len(data)} bytes.", f"Keep it below {MAX_BYTES}.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(f"is not UTF-8 (byte {error.start}).", "Save it as UTF-8.") from None
    try:
        _check_events(text)
        _check_keys(yaml.compose(text, Loader=yaml.SafeLoader))
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _refused(f"is not YAML: {_line(error)}.", "Correct that line.") from None
    except (ValueError, OverflowError) as error:  # 2026-13-45 looks like a date and is none
        raise _refused(f"holds {quoted(error)}.", "Correct that value, or quote it.") from None


def _check_events(text: str) -> None:
    """Look at the parts of the text one by one, before anything is built of them."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            fix = "Write values out; aliases (*) and anchors (&) are refused."
            raise _refused(f"uses an alias or anchor in line {_row(event)}.", fix)
        if getattr(event, "tag", None):
            raise _refused(f"uses a tag (!) in line {_row(event)}.", "Write plain values.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH or number > MAX_EVENTS:
            fix = f"Nest at most {MAX_DEPTH} levels, and write fewer values."
            raise _refused(f"is too deep or has too many parts (line {_row(event)}).", fix)


def _check_keys(root: yaml.Node | None) -> None:
    for node in _mappings(root):
        seen = set()
        for key, _ in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None or name == "<<":
                raise _refused(f"has no plain key in line {_row(key)}.", "Write `key: value`.")
            if name in seen:
                fix = "Keep one of them."
                raise _refused(f"has the key {quoted(name)} twice (line {_row(key)}).", fix)
            seen.add(name)


def _mappings(node: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from _mappings(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _mappings(value)


def _row(item: Any) -> int:
    return int(item.start_mark.line) + 1


def _line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    what = shown(getattr(error, "problem", None) or "unreadable", 120)
    return f"{what} (line {mark.line + 1})" if mark else what


def _refused(what: str, fix: str) -> RefusedError:
    return RefusedError(Problem(FILE, what, fix))
