"""What the Hub reads out of files: card metadata, tags, evaluation results, leaderboards.

PyYAML is the one module here from outside the standard library: huggingface_hub brings it along.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from .wire import HubError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .store import Blob, Repository, Store

FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*(\n|\Z)", re.DOTALL)
PAPER = re.compile(r"arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{4,5})")
RESULTS = re.compile(r"\.eval_results/[^/]+\.ya?ml")
TAGGED_FIELDS = ("license", "language", "task_categories", "size_categories", "datasets")


def load_yaml(text: str) -> Any:
    """Parse YAML to what JSON can carry: dates become text.

    Raises
    ------
    ValueError
        If the text is not YAML.
    """
    try:
        return json.loads(json.dumps(yaml.safe_load(text), default=str))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def front_matter(text: str) -> dict[str, Any]:
    """The metadata block at the top of a card; empty if there is none.

    Raises
    ------
    ValueError
        If the block is not a YAML mapping.
    """
    found = FRONT_MATTER.match(text)
    if found is None:
        return {}
    metadata = load_yaml(found.group(1))
    if not isinstance(metadata, dict):
        raise ValueError("The metadata block must be a mapping")  # noqa: TRY004 - bad content
    return metadata


def card_of(files: Mapping[str, Blob]) -> tuple[dict[str, Any], list[str]]:
    """Metadata of ``README.md`` and the tags the Hub derives from the card."""
    if "README.md" not in files:
        return {}, []
    text = files["README.md"].data.decode(errors="replace")
    try:
        metadata = front_matter(text)
    except ValueError:
        return {}, []
    tags = list(map(str, metadata.get("tags") or []))
    for name in TAGGED_FIELDS:
        value = metadata.get(name) or []
        tags += [f"{name}:{item}" for item in (value if isinstance(value, list) else [value])]
    tags += [f"arxiv:{paper}" for paper in sorted(set(PAPER.findall(text)))]
    return metadata, tags


def check_benchmark(
    before: Mapping[str, Blob], after: Mapping[str, Blob], frameworks: set[str]
) -> None:
    """Refuse an ``eval.yaml`` that is new and names a framework that the Hub does not know.

    Raises
    ------
    HubError
        400, as the Hub answers a commit.
    """
    blob = after.get("eval.yaml")
    if blob is None or blob == before.get("eval.yaml"):
        return
    try:
        declared = load_yaml(blob.data.decode())
        framework = declared["evaluation_framework"]
    except (ValueError, TypeError, KeyError) as error:
        raise HubError(400, f"Invalid eval.yaml: {error!r}") from error
    if framework not in frameworks:
        allowed = ", ".join(sorted(frameworks))
        raise HubError(
            400, f'Invalid eval.yaml: evaluation_framework "{framework}" is none of {allowed}'
        )


def eval_results(files: Mapping[str, Blob]) -> list[dict[str, Any]]:
    """The results of a model as ``expand=evalResults`` gives them: a bad file gives its error."""
    found: list[dict[str, Any]] = []
    for path in sorted(filter(RESULTS.fullmatch, files)):
        try:
            entries = load_yaml(files[path].data.decode())
            checked = [_checked(entry) for entry in entries]
        except (ValueError, TypeError, KeyError) as error:
            found.append({"filename": path, "error": f"Invalid evaluation results: {error!r}"})
        else:
            found += [{"filename": path, "verified": False, "data": entry} for entry in checked]
    return found


def _checked(entry: dict[str, Any]) -> dict[str, Any]:
    dataset, value = entry["dataset"], entry["value"]
    if not dataset["id"] or not dataset["task_id"]:
        raise ValueError("dataset.id and dataset.task_id are required")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"value must be a number, got {value!r}")
    return entry


def leaderboard(store: Store, dataset_id: str) -> list[dict[str, Any]]:
    """Rank the results of all public models for a dataset, highest value first.

    Results in open pull requests count too, with their number, unless main has the same file.
    Tasks follow each other, and each task has its own ranks.
    """
    by_task: dict[str, list[dict[str, Any]]] = {}
    models = [one for one in store.repositories.values() if one.kind == "models"]
    for repository in models:
        if repository.private:
            continue
        for result, number in _proposed(repository):
            data = result.get("data", {})
            if data.get("dataset", {}).get("id") == dataset_id:
                row = _row(repository, result, number)
                by_task.setdefault(data["dataset"]["task_id"], []).append(row)
    board = []
    for task in sorted(by_task):
        rows = sorted(by_task[task], key=lambda row: -float(row["value"]))
        board += [{"rank": rank} | row for rank, row in enumerate(rows, start=1)]
    return board


def _proposed(repository: Repository) -> Iterator[tuple[dict[str, Any], int | None]]:
    merged = eval_results(repository.at("main").files)
    known = {result["filename"] for result in merged}
    yield from ((result, None) for result in merged)
    for thread in repository.discussions:
        if thread.is_pull_request and thread.status == "open":
            for result in eval_results(repository.at(thread.reference).files):
                if result["filename"] not in known:
                    yield result, thread.num


def _row(repository: Repository, result: dict[str, Any], number: int | None) -> dict[str, Any]:
    author = {"type": "org", "name": repository.namespace, "fullname": repository.namespace}
    row = {
        "modelId": repository.id,
        "value": result["data"]["value"],
        "filename": result["filename"],
        "verified": result["verified"],
        "source": result["data"].get("source"),
        "author": author,
    }
    optional = {"pullRequest": number, "notes": result["data"].get("notes")}
    return row | {name: value for name, value in optional.items() if value is not None}
