"""The tables of a card, each computed from the declaration or the manifest."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.eval.tasks import computed_by
from mesoinv.generators.common.numbers import count, duration, size
from mesoinv.generators.pipeline.base import Config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesoinv.dataset_cards.facts import Build
    from mesoinv.generators.pipeline.base import Column
    from mesoinv.generators.pipeline.manifest import ConfigRecord

Row = dict[str, Any]
_NOT_PARAMETERS = {field.name for field in dataclasses.fields(Config)}


def value(parameter: object) -> str:
    """Return a parameter's value as text, several numbers in brackets."""
    if isinstance(parameter, float):
        return f"{parameter:g}"
    if isinstance(parameter, tuple | list):
        if not parameter:
            return "–"
        return "[" + ", ".join(value(item) for item in parameter) + "]"
    return str(parameter)


def split_names(build: Build) -> list[str]:
    """Return the splits that occur, in the order they first do."""
    return list(dict.fromkeys(s for record in build.configs.values() for s in record.splits))


def overview(build: Build) -> list[tuple[str, str]]:
    """Return the first lines of the card: task, samples, bytes, grid."""
    kept = [*build.declared, *build.held_out]
    copies = [f"`{name}`" for name in build.configs if name not in kept]
    extra = f", without the copies in {' and '.join(copies)}" if copies else ""
    rows = sum(build.configs[name].num_rows for name in kept)
    names = ", ".join(f"`{name}`" for name in build.configs)
    lines = [
        ("Task", build.prose.head.task),
        ("Samples", count(rows) + extra),
        ("Download", f"{size(sum(s.num_bytes for s in build.shards))} for everything"),
        ("Configurations", f"{names}; the default is `{build.default_config}`"),
        ("Grid", build.prose.head.grid),
        ("Boundaries", build.prose.head.boundary),
    ]
    return [(label, text) for label, text in lines if text]


def example(build: Build) -> Row:
    """Return what the loading example reads: configuration, split and the array columns."""
    config = next(iter(build.declared), build.default_config)
    splits = build.configs[config].splits
    columns = build.columns(config)
    shown = [c.name for c in columns if c.shape][:2] or [c.name for c in columns][:2]
    return {
        "config": config,
        "split": "test" if "test" in splits else next(iter(splits)),
        "unpack": ", ".join(shown) + " = " + ", ".join(f'batch["{name}"]' for name in shown),
    }


def sizes(build: Build) -> list[Row]:
    """Return rows of the table of sizes: samples of every split, files, bytes."""
    return [
        {
            "name": name,
            "holds": _holds(build, name, record),
            "rows": {s: count(r.num_rows) for s, r in record.splits.items()},
            "files": sum(len(split.shards) for split in record.splits.values()),
            "download": size(sum(s.num_bytes for r in record.splits.values() for s in r.shards)),
        }
        for name, record in build.configs.items()
    ]


def columns(build: Build) -> list[Row]:
    """Return rows of the table of columns; a shape that depends on the configuration says so."""
    columns: dict[str, dict[str, Column]] = {}
    for name, record in build.configs.items():
        for column in build.columns(name):
            columns.setdefault(column.name, {})[record.source] = column
    return [_column_row(by_config, len(build.sources)) for by_config in columns.values()]


def half_columns(build: Build) -> list[str]:
    """Return the names of columns that are rounded to float16; exact values are not."""
    every = (column for name in build.configs for column in build.columns(name))
    return list(dict.fromkeys(c.name for c in every if c.dtype == "float16" and c.rtol))


def half_precision() -> Row:
    """Return the rounding of float16: relative, and absolute below the smallest normal number."""
    info = np.finfo(np.float16)
    return {
        "relative": f"{float(info.eps) / 2:.1e}",
        "absolute": f"{float(info.smallest_subnormal) / 2:.1e}",
        "tiny": f"{float(info.smallest_normal):.1e}",
    }


def parameters(build: Build) -> list[Row]:
    """Return rows of the table of physical parameters, a column for each of `Build.sources`.

    A field's unit and description come from ``dataclasses.field(metadata={"unit": …})``; a
    parameter that is itself a dataclass gives a row for each of its own fields.
    """
    rows: dict[str, Row] = {}
    for name in build.sources:
        for label, field, leaf in _leaves(build.dataset.config(name)):
            note = field.metadata.get("description", "")
            fixed = {"name": label, "note": note and f": {note}"}
            row = rows.setdefault(
                label, fixed | {"unit": field.metadata.get("unit", "1"), "of": {}}
            )
            row["of"][name] = value(leaf)
    for row in rows.values():
        row["values"] = [row["of"].get(name, "–") for name in build.sources]
    return list(rows.values())


def _leaves(config: Any, prefix: str = "") -> Iterator[tuple[str, dataclasses.Field[Any], object]]:
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            yield from _leaves(value, f"{prefix}{field.name}.")
        elif prefix or field.name not in _NOT_PARAMETERS:
            yield prefix + field.name, field, value


def streams(build: Build) -> list[Row]:
    """Return rows of the table of random streams."""
    return [
        {
            "config": name,
            "split": split,
            "stream": record.stream,
            "secret": name in build.held_out,
        }
        for name, config in build.configs.items()
        for split, record in config.splits.items()
    ]


def costs(build: Build) -> list[Row]:
    """Return rows of the table of costs; copies that cost nothing are left out."""
    rows = []
    for name, record in build.configs.items():
        shards = [shard for split in record.splits.values() for shard in split.shards]
        seconds, samples = sum(s.seconds for s in shards), sum(s.num_rows for s in shards)
        if name not in {*build.declared, *build.held_out} or not samples:
            continue
        shown = {key: getattr(record, key) for key in ("solver", "device", "workers", "machine")}
        times = {"total": duration(seconds), "each": duration(seconds / samples)}
        rows.append({"name": name, "rows": count(samples), **shown, **times})
    return rows


def held_out(build: Build) -> list[Row]:
    """Return rows of the table of held-out splits: what is published, and what is promised."""
    return [
        {
            "name": name,
            "source": record.source,
            "rows": count(record.num_rows),
            "columns": ", ".join(f"`{column.name}`" for column in build.columns(name)),
            "commitment": record.commitment,
            "computed_by": computed_by(build.dataset.name, record.source),
        }
        for name, record in build.held_out.items()
    ]


def _holds(build: Build, name: str, record: ConfigRecord) -> str:
    if record.kind == "images":
        return f"pictures of the first samples of `{record.source}`"
    if name in build.held_out:
        return f"inputs alone, drawn like `{record.source}` from a secret key"
    if name != record.source:
        return f"the first samples of `{record.source}`"
    return build.dataset.config(name).description.rstrip(".")


def _column_row(by_config: dict[str, Column], num_configs: int) -> Row:
    column = next(iter(by_config.values()))
    rtol = max(c.rtol for c in by_config.values())
    floor = f" (of at least {column.floor:g})" if column.floor else ""
    return {
        "name": column.name,
        "dtype": _by_config({name: c.dtype for name, c in by_config.items()}, len(by_config)),
        "shape": _by_config({name: _shape(c.shape) for name, c in by_config.items()}, num_configs),
        "unit": column.unit,
        "description": column.description.rstrip("."),
        "rtol": f"{rtol:g}{floor}" if rtol else "exact",
    }


def _by_config(values: dict[str, str], num_configs: int) -> str:
    """Return the one value of all configurations, or each value after those that have it."""
    holders: dict[str, list[str]] = {}
    for name, text in values.items():
        holders.setdefault(text, []).append(f"`{name}`")
    if len(holders) == 1 and len(values) == num_configs:
        return next(iter(holders))
    return "; ".join(f"{', '.join(names)} {text}" for text, names in holders.items())


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) if shape else "scalar"
