"""The YAML that the Hub and ``load_dataset`` read: the head of README.md, and eval.yaml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from mesoinv.dataset_cards.facts import parquet_features, uncompressed_bytes

if TYPE_CHECKING:
    from mesoinv.dataset_cards.facts import Build
    from mesoinv.generators.pipeline.manifest import Split

LICENCE = "cc-by-4.0"
_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"))


def size_category(num_rows: int) -> str:
    """Return the Hub's name for a number of samples."""
    return next((name for limit, name in _SIZES if num_rows < limit), "1M<n<10M")


def data_glob(split: Split) -> str:
    """Return the pattern of a split's files.

    The number of files is kept in the pattern, so that files of an earlier build with another
    number, still in a folder or a repository, are never read.
    """
    return re.sub(r"-\d+-of-", "-*-of-", split.shards[0].file)


def front_matter(build: Build) -> str:
    """Return the YAML head of a card, without its fences."""
    head, paper = build.prose.head, build.dataset.paper
    names = [*build.declared, *build.held_out]
    rows = sum(s.num_rows for name in names for s in build.configs[name].splits.values())
    arxiv = [f"arxiv:{paper.arxiv}"] if paper.arxiv else []
    return _dump(
        {
            "license": LICENCE,
            "pretty_name": build.dataset.pretty_name,
            "annotations_creators": ["machine-generated"],
            "source_datasets": ["original"],
            "task_categories": head.task_categories,
            "size_categories": [size_category(rows)],
            "tags": [*head.tags, *arxiv],
            "configs": [_config(build, name) for name in build.configs],
            "dataset_info": [_info(build, name) for name in build.configs],
        }
    )


def evaluation(build: Build) -> str | None:
    """Return ``eval.yaml``, or None where no declared task was built."""
    benchmark = build.prose.head.benchmark
    if benchmark is None or not build.tasks:
        return None
    return _dump({**benchmark.model_dump(), "tasks": [task.model_dump() for task in build.tasks]})


def _config(build: Build, name: str) -> dict[str, Any]:
    default = {"default": True} if name == build.default_config else {}
    files = [
        {"split": split, "path": data_glob(record)}
        for split, record in build.configs[name].splits.items()
        if record.num_rows
    ]
    return {"config_name": name, **default, "data_files": files}


def _info(build: Build, name: str) -> dict[str, Any]:
    splits = {s: record for s, record in build.configs[name].splits.items() if record.num_rows}
    sizes = {split: uncompressed_bytes(build, record.shards) for split, record in splits.items()}
    return {
        "config_name": name,
        "features": parquet_features(build, name)._to_yaml_list(),
        "splits": [
            {"name": s, "num_bytes": sizes[s], "num_examples": splits[s].num_rows} for s in splits
        ],
        "download_size": sum(s.num_bytes for r in splits.values() for s in r.shards),
        "dataset_size": sum(sizes.values()),
    }


def _dump(value: dict[str, Any]) -> str:
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100))
