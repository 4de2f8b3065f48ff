"""The YAML head of a build's ``README.md``, which the Hub and ``load_dataset`` read.

Both the short README that ends a build and the full card of `mesoinv.dataset_cards` begin with it.
It says what the files hold, as their own footers say it; `datasets` is not needed.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from mesoinv.generators.pipeline.shard_files import opened_shard

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from mesoinv.generators.pipeline.built_folder import BuiltFolder
    from mesoinv.generators.pipeline.manifest import ConfigRecord, Shard, Split

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


def front_matter(
    built: BuiltFolder, task_categories: Sequence[str] = ("other",), tags: Sequence[str] = ()
) -> str:
    """Return the YAML head of a README, without its fences.

    Parameters
    ----------
    built : BuiltFolder
        What was built.
    task_categories, tags : sequence of str
        The Hub's words for what the dataset is about.

    Returns
    -------
    str
        YAML, one key a line at least.
    """
    paper = built.dataset.paper
    names = [*built.declared, *built.held_out]
    rows = sum(s.num_rows for name in names for s in built.configs[name].splits.values())
    arxiv = [f"arxiv:{paper.arxiv}"] if paper.arxiv else []
    return dump_yaml(
        {
            "license": LICENCE,
            "pretty_name": built.dataset.pretty_name,
            "annotations_creators": ["machine-generated"],
            "source_datasets": ["original"],
            "task_categories": list(task_categories),
            "size_categories": [size_category(rows)],
            "tags": [*tags, *arxiv],
            **loading_keys(built),
        }
    )


def loading_keys(built: BuiltFolder) -> dict[str, Any]:
    """Return the keys that ``load_dataset`` reads: ``configs`` and ``dataset_info``."""
    return {
        "configs": declared_files(built),
        "dataset_info": [_info(built.folder, *item) for item in built.configs.items()],
    }


def declared_files(built: BuiltFolder) -> list[dict[str, Any]]:
    """Return the key ``configs``: which files belong to each configuration."""
    return [_config(built, name) for name in built.configs]


def yaml_features(spec: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return features as the YAML head spells them, equal to ``Features._to_yaml_list()``.

    Parameters
    ----------
    spec : mapping
        From `mesoinv.generators.pipeline.storage.feature_spec`, also after a journey through JSON.

    Returns
    -------
    list of dict
        One entry a column, in order.
    """
    return [{"name": name, **_yaml_feature(feature)} for name, feature in spec.items()]


def stored_splits(record: ConfigRecord) -> dict[str, Split]:
    """Return the splits that have samples: there are no files of the others."""
    return {name: split for name, split in record.splits.items() if split.num_rows}


def dump_yaml(value: dict[str, Any]) -> str:
    """Return YAML with the keys in the order given."""
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100))


def _yaml_feature(feature: Mapping[str, Any]) -> dict[str, Any]:
    kind = feature["_type"]
    if kind == "Value":
        return {"dtype": feature["dtype"]}
    if kind == "List":
        return {"list": feature["feature"]["dtype"], "length": feature["length"]}
    if kind == "Image":
        return {"dtype": "image"}
    # Array2D, Array3D …
    name = f"array{kind.removeprefix('Array').removesuffix('D')}_d"
    return {"dtype": {name: {"shape": list(feature["shape"]), "dtype": feature["dtype"]}}}


def _config(built: BuiltFolder, name: str) -> dict[str, Any]:
    default = {"default": True} if name == built.default_config else {}
    files = [
        {"split": split, "path": data_glob(record)}
        for split, record in stored_splits(built.configs[name]).items()
    ]
    return {"config_name": name, **default, "data_files": files}


def _info(folder: Path, name: str, record: ConfigRecord) -> dict[str, Any]:
    splits = stored_splits(record)
    sizes = {split: _uncompressed_bytes(folder, s.shards) for split, s in splits.items()}
    shards = [shard for split in splits.values() for shard in split.shards]
    return {
        "config_name": name,
        "features": yaml_features(_stored_features(folder / shards[0].file)),
        "splits": [
            {"name": s, "num_bytes": sizes[s], "num_examples": splits[s].num_rows} for s in splits
        ],
        "download_size": sum(shard.num_bytes for shard in shards),
        "dataset_size": sum(sizes.values()),
    }


def _stored_features(path: Path) -> dict[str, Any]:
    """Return the features that a file declares, names of its pictures included."""
    with opened_shard(path) as file:
        info = json.loads(file.schema_arrow.metadata[b"huggingface"])
    return dict(info["info"]["features"])


def _uncompressed_bytes(folder: Path, shards: Iterable[Shard]) -> int:
    """Return the size of files' values before compression, from their parquet footers."""
    total = 0
    for shard in shards:
        with opened_shard(folder / shard.file) as file:
            footer = file.metadata
        total += sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
    return total
