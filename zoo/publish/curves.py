"""The course of a training as a picture: losses of every epoch, from ``log.csv``."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from mesoinv.generators.common.pictures import own_style, save_figure

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

LOG, CURVES = "log.csv", "curves.png"
#: Columns of a log that are losses end so.
_LOSS = "_loss"
_TRAINING, _VALIDATION = f"train{_LOSS}", f"validation{_LOSS}"
_LABELS = {_TRAINING: "training"}


def draw_curves(folder: Path) -> Path | None:
    """Draw ``log.csv`` of a model's folder into ``curves.png``.

    Parameters
    ----------
    folder : Path
        Of a model.

    Returns
    -------
    Path or None
        The picture; None where nothing was trained by steps, and then an old picture is removed.
    """
    path = folder / CURVES
    curves = read_log(folder / LOG)
    if not any(curves.values()):
        path.unlink(missing_ok=True)
        return None
    with own_style():
        save_figure(_figure(curves), path, source=LOG)
    return path


def read_log(path: Path) -> dict[str, dict[int, float]]:
    """Return for each loss its value in every epoch, counted from 1."""
    curves: dict[str, dict[int, float]] = {_TRAINING: {}, _VALIDATION: {}}
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                for name in row:
                    if name.endswith(_LOSS) and row[name]:
                        curves.setdefault(name, {})[int(row["epoch"]) + 1] = float(row[name])
    return curves


def _figure(curves: dict[str, dict[int, float]]) -> Figure:
    from matplotlib.figure import Figure  # noqa: PLC0415  (slow to import)
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    figure = Figure(figsize=(5.6, 3.4), layout="constrained")
    axes = figure.subplots()
    for (name, curve), marker in zip(curves.items(), "os^vd", strict=False):
        label = _LABELS.get(name, name.removesuffix(_LOSS))
        axes.plot(list(curve), list(curve.values()), marker=marker, ms=4, label=label)
    best = min(curves[_VALIDATION], key=curves[_VALIDATION].get, default=None)  # type: ignore[arg-type]
    if best is not None:
        axes.axvline(best, color="0.7", lw=1, zorder=0, label="weights kept")
    axes.set(xlabel="epoch", ylabel="loss, in the network's units", yscale="log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=True, which="both", alpha=0.25)
    axes.legend()
    return figure
