"""Writes the report: runs the models, draws the figures, fills the page and README's table."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesoinv.eval.reports.markdown import is_trivial
from mesoinv.eval.reports.pldos import figures_landscapes, figures_numbers, page, tables
from mesoinv.eval.reports.pldos.collect import Landscapes, Numbers, collect, samples_for
from mesoinv.eval.reports.pldos.limits import limits
from mesoinv.eval.reports.pldos.speed import BATCH, Speeds, measure
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.zoo.declared.config import WEIGHTS, ModelConfig, read_config
from mesoinv.zoo.declared.models import list_models, local_folder
from mesoinv.zoo.model.loading import load_model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

README = Path("README.md")
PAGE = "report.md"
BEGIN, END = "<!-- baselines:begin -->", "<!-- baselines:end -->"


def write_report(
    out: Path,
    split: str = "test",
    samples: int = 4000,
    *,
    cache: Path = Path("data/cache"),
    models: Sequence[Path] | None = None,
    readme: Path | None = README,
    speed: bool = True,
    progress: Callable[[str], Any] | None = None,
) -> Path:
    """Score models of `pldos` and write what they reach beside the paper and the limits.

    Parameters
    ----------
    out : Path
        Folder for ``report.md`` and its figures.
    split, samples
        The first so many samples of a split are predicted.
    cache : Path
        Folder of generated samples; missing ones are computed.
    models : sequence of Path, optional
        Folders of models. By default all models of `pldos` whose weights are in the checkout.
    readme : Path, optional
        A file in which a short table is put between the lines ``<!-- baselines:begin -->`` and
        ``<!-- baselines:end -->``; nothing happens without them.
    speed : bool
        Measure times, in another process.
    progress : callable, optional
        Called with a line of text now and then.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    MesoinvError
        If there is no model.
    """
    say = progress or (lambda _: None)
    folders = {read_config(p).name: p for p in models or local_models()}
    if not folders:
        raise MesoinvError("There are no weights of pldos models here: train one.")
    found, speeds = _run(folders, split, samples, cache, say=say, speed=speed)
    say("the statistical limits")
    content = page.Content(
        split, samples, [m for m in found if isinstance(m, Numbers)],
        [m for m in found if isinstance(m, Landscapes)], limits(split, samples), speeds,
    )  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    say("figures")
    _draw(content, out)
    target = out / PAGE
    target.write_text(page.render(content, out), encoding="utf-8")
    if readme is not None and readme.exists():
        _fill(readme, content, target)
    return target


def local_models() -> list[Path]:
    """Return the folders of models of `pldos` whose weights are here, trivial ones first."""
    folders = [local_folder(name) for name in list_models()]
    configs = {p: read_config(p) for p in folders if (p / WEIGHTS).exists()}

    def key(item: tuple[Path, ModelConfig]) -> tuple[bool, str, str]:
        config, trivial = item[1], is_trivial(item[1])
        return not trivial, config.architecture if trivial else "", config.name

    return [p for p, c in sorted(configs.items(), key=key) if c.dataset == "pldos"]


def _run(
    folders: dict[str, Path],
    split: str,
    samples: int,
    cache: Path,
    *,
    say: Callable[[str], Any],
    speed: bool,
) -> tuple[list[Numbers | Landscapes], Speeds | None]:
    groups = defaultdict(list)
    for name, folder in folders.items():
        groups[read_config(folder).config].append(name)
    found: dict[str, Numbers | Landscapes] = {}
    inputs, potential = {}, None
    for names in groups.values():
        configs = [read_config(folders[n]) for n in names]
        data = samples_for(configs, split, samples, cache)
        for name, config in zip(names, configs, strict=True):
            say(f"{name}: {samples} samples of {config.config}/{split}")
            found[name] = collect(load_model(folders[name]), data)
            inputs[name] = {q.name: data[q.name][:BATCH] for q in config.inputs}
        potential = data["potential"][:1] if "potential" in data else potential
    speeds = None
    if speed and potential is not None:
        say("times, on one core")
        speeds = measure(folders, inputs, potential)
    return [found[name] for name in folders], speeds


def _draw(content: page.Content, out: Path) -> None:
    donors, statistics = content.numbers_of("donors"), content.numbers_of("statistics")
    if donors:
        figures_numbers.draw_donors(tables.best_numbers(donors), out / "donors.png")
    if statistics := [m for m in statistics if m.config.architecture != "constant"]:
        figures_numbers.draw_statistics(statistics, out / "statistics.png")
    maps = content.main_landscapes()
    if fourier := [m for m in maps if m.kind == "fourier"]:
        figures_landscapes.draw_coefficients(fourier, out / "coefficients.png")
    for kind in ("fourier", "landscape"):
        if models := [m for m in maps if m.kind == kind]:
            best = tables.best_landscapes(models)
            figures_landscapes.draw_examples(best, out / f"examples-{kind}.png")
    if maps:
        figures_landscapes.draw_error_maps(maps, out / "error-maps.png")
        figures_landscapes.draw_correlations(maps, out / "correlations.png")


def _fill(readme: Path, content: page.Content, target: Path) -> None:
    text = readme.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if begin and end:
        link = Path(os.path.relpath(target, readme.parent)).as_posix()
        short = f"\n{page.render_short(content, link)}\n"
        readme.write_text(before + BEGIN + short + END + after, encoding="utf-8")
