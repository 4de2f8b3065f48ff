"""Rewrites recipes, configurations and evaluations of format 1 as format 2, from the proof.

Plain JSON and text in, plain JSON and text out: nothing of the package is used, and no score
changes. A file is only rewritten if `migration.py` verified its digests; the digests of format 2
are then computed by the package that reads it (``digests``), which the freeze compares.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
WEIGHTS, RECIPES = ROOT / "zoo" / "weights", ROOT / "zoo" / "recipes"
PROOF = Path(__file__).parent / "golden" / "migration.json"
OBJECTIVE = (
    "epochs", "batch_size", "loss", "optimiser", "learning_rate", "weight_decay", "schedule",
    "warmup", "augmentation", "precision", "gradient_clip", "channels_last",
)  # fmt: skip


def dump(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def blocks(text: str) -> dict[str, str]:
    """Return the top-level keys of a YAML file with their lines; comments go with what follows."""
    parts: dict[str, str] = {}
    waiting, name = "", ""
    for line in text.splitlines(keepends=True):
        if match := re.match(r"(\w+):", line):
            name = match[1]
            parts[name], waiting = waiting + line, ""
        elif line.startswith("#"):
            waiting += line
        else:
            parts[name] += line
    return parts


def indented(text: str, by: int) -> str:
    return "".join(" " * by + line for line in text.splitlines(keepends=True))


def names(block: str) -> list[str]:
    return re.findall(r"[\w]+", block.partition(":")[2])


def quantity(name: str, steps: str, extra: str = "") -> str:
    text = f"  - name: {name}\n{extra}"
    return text + (f"    transforms:\n{indented(steps, 4)}" if steps else "")


def recipe(text: str) -> str:
    """Return a recipe of format 2."""
    parts = blocks(text)
    steps = {
        k: parts.pop(k, "").partition("\n")[2] for k in ("input_transforms", "output_transforms")
    }
    any_size = "    any_size: true\n" if parts.pop("any_size", "") else ""
    (given,), made = names(parts.pop("inputs")), names(parts.pop("outputs"))
    dataset, task = names(parts["dataset"])[0], parts["task"].partition(":")[2].strip()
    epochs = int(parts["epochs"].partition(":")[2])
    own = [parts.pop(k) for k in OBJECTIVE if k in parts]
    kind = "supervised"
    if not epochs:
        fits = names(parts["architecture"])[0] in {
            "constant", "linear", "impurity_count", "participation", "landscape_observer",
        }  # fmt: skip
        kind, own = "closed_form" if fits else "reuse", []
    head = "".join(parts.pop(k) for k in ("description", "dataset", "config"))
    parts.pop("task")
    assert all(step.startswith("  - ") for s in steps.values() for step in s.splitlines())
    return (
        f"{head}task: {dataset}-{task}\n"
        f"inputs:\n{quantity(given, steps['input_transforms'], any_size)}"
        f"outputs:\n{''.join(quantity(n, steps['output_transforms']) for n in made)}"
        f"{''.join(parts.values())}"
        f"objective:\n  kind: {kind}\n{indented(''.join(own), 2)}"
    )


def config(data: dict[str, Any]) -> dict[str, Any]:
    """Return a config.json of format 2."""
    scores = data.pop("scores")
    assert len(scores) <= 1
    given, made = data.pop("input_transforms"), data.pop("output_transforms")
    data["task"] = f"{data['dataset']}-{data['task']}"
    outputs = data["outputs"]
    for group, steps in ((data["inputs"], [given]), (outputs, each(made, len(outputs)))):
        for item, own in zip(group, steps, strict=True):
            values = {"name": item["column"]} | {k: v for k, v in item.items() if k != "column"}
            item.clear()
            item.update(values, transforms=own)
    epochs, architecture = data["training"]["epochs"], data["architecture"]
    kind = "supervised" if epochs else "closed_form" if architecture != "unet" else "reuse"
    data["training"] = {"objective": kind, **data["training"]}
    return data | {"format": 2}


def each(steps: list[dict[str, Any]], count: int) -> list[list[dict[str, Any]]]:
    """Return the transforms of each of several numbers: an affine one is split, others are shared."""
    if count == 1:
        return [steps]
    return [
        [{k: v[i] if isinstance(v, list) else v for k, v in step.items()} for step in steps]
        for i in range(count)
    ]


def evaluation(data: dict[str, Any], proof: dict[str, str], command: str) -> dict[str, Any]:
    """Return an evaluation.json of format 2; its digests are filled in by `digests`."""
    subject = data["subject"]
    assert data["task_digest"] == proof["task_digest"]
    assert subject["digest"] == proof["subject_digest"]
    old = subject.pop("digest")
    weights = proof["weights_sha256"]
    data["subject"] = {
        "name": subject.pop("name"),
        "digest": weights,
        "interface": None,
        "legacy": None if weights else old,
        **subject,
    }
    form = data.pop("format")
    assert form == 1
    return data | {"command": command, "format": 2}


def main() -> None:
    proof = json.loads(PROOF.read_bytes())
    for path in RECIPES.rglob("*.yaml"):
        path.write_text(recipe(path.read_text(encoding="utf-8")), encoding="utf-8")
    for place, verified in proof.items():
        path = WEIGHTS / place
        model = path.parents[2]
        old = json.loads((model / "config.json").read_bytes())
        (scores,) = old["scores"]
        weights = model / "model.safetensors"
        if weights.exists():
            assert hashlib.sha256(weights.read_bytes()).hexdigest() == verified["weights_sha256"]
        stored = json.loads(path.read_bytes())
        assert scores["values"] == stored["scores"], model
        assert (scores["split"], scores["samples"]) == (stored["split"], stored["samples"])
        dump(path, evaluation(stored, verified, scores["command"]))
        dump(model / "config.json", config(old))


def digests() -> None:
    """Fill in what the code of format 2 computes: task, interface; cards follow."""
    from mesoinv.eval.tasks import get_task
    from mesoinv.zoo.card import CARD, card_text
    from mesoinv.zoo.config import read_config

    for place in json.loads(PROOF.read_bytes()):
        path = WEIGHTS / place
        model, data = path.parents[2], json.loads(path.read_bytes())
        data["task_digest"] = get_task(data["task"]).digest
        data["subject"]["interface"] = read_config(model).interface
        dump(path, data)
        (model / CARD).write_text(card_text(model), encoding="utf-8")


if __name__ == "__main__":
    {"files": main, "digests": digests}[sys.argv[1]]()
