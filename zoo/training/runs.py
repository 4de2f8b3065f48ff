"""The folder of a run: what an interrupted training leaves for the one that continues it."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.common.files import replacing
from mesoinv.generators.common.records import canonical

if TYPE_CHECKING:
    from pathlib import Path

    from mesoinv.zoo.declared.recipe import Recipe

LAST, RECIPE, LOG, EARLIER = "last.ckpt", "recipe.json", "metrics.csv", "earlier.csv"


def open_run(folder: Path, recipe: Recipe) -> Path | None:
    """Prepare a run and return the checkpoint it continues from, or None.

    Parameters
    ----------
    folder : Path
        Of the run.
    recipe : Recipe
        What is to be trained.

    Raises
    ------
    UsageError
        If the folder holds an unfinished or finished run of a recipe that was another one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    last, note = folder / LAST, folder / RECIPE
    # without fields that have their default: a new one does not make another recipe of it
    asked = json.loads(json.dumps(canonical(recipe)))
    if not last.exists():
        (folder / EARLIER).unlink(missing_ok=True)
    elif note.exists() and json.loads(note.read_bytes()) != asked:
        raise UsageError(
            f"{folder} holds a run of {recipe.name} with another recipe than now. Remove that "
            "folder to start again, or name another one with --runs."
        )
    elif (folder / LOG).exists():
        # lightning's logger starts a new file
        write_log(folder, folder / EARLIER)
        (folder / LOG).unlink(missing_ok=True)  # another process of the same run was faster
    note.write_text(json.dumps(asked, indent=1) + "\n", encoding="utf-8")
    return last if last.exists() else None


def write_log(folder: Path, target: Path) -> None:
    """Write the rows of all parts of a run into one file; nothing, if there are none.

    An epoch that was begun again after a kill has one row of each kind, the last.
    """
    kept: dict[tuple[str, ...], dict[str, str]] = {}
    for path in (folder / EARLIER, folder / LOG):
        if path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    kind = sorted(name for name, value in row.items() if value)
                    kept[row.get("epoch", ""), *kind] = row
    rows = list(kept.values())
    if not rows:
        return
    with replacing(target) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, sorted({key for row in rows for key in row}))
        writer.writeheader()
        writer.writerows(rows)
