"""Publishes a build: check, render the card, upload what is missing, compare, tag.

The Hub repository becomes what the build folder holds, see `mesoinv.generators.hub.push`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesoinv.dataset_cards.facts import Build, open_build
from mesoinv.dataset_cards.figures import draw_figures, existing_figures, missing_figures
from mesoinv.dataset_cards.render import CARD, EVALUATION, card_files, render_card, stale_files
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.files import given_path
from mesoinv.generators.hub import push as hub
from mesoinv.generators.hub.client import repo_name
from mesoinv.generators.pipeline.audit.verify import verify as verify_build
from mesoinv.generators.pipeline.manifest import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mesoinv.generators.pipeline.base import Dataset

#: What a push may delete on the Hub when the build no longer has it.
OURS = ("*.parquet", "figures/*.png")


def push(  # noqa: PLR0913  (each is an option)
    folder: str | Path,
    repo: str,
    tag: str | None = None,
    *,
    private: bool = False,
    dry_run: bool = False,
    verify: bool = True,
    benchmark: bool = False,
    dataset: str | Dataset | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> hub.PushReport:
    """Publish a build as a Hub dataset repository.

    The Hub client's own login is used. After an interruption, call it again: files that have
    arrived are not sent twice.

    Parameters
    ----------
    folder : str or Path
        A complete build.
    repo : str
        ``owner/name``; created if it does not exist.
    tag : str, optional
        ``v`` and the version of the dataset; without it, only ``main`` is changed.
    private : bool
        Visibility of a repository that is created now.
    dry_run : bool
        List what would happen and change nothing, here or on the Hub.
    verify : bool
        Check the files against their digests and seeds first.
    benchmark : bool
        Send ``eval.yaml`` too, which makes the repository a benchmark. The Hub refuses it until it
        knows the framework that the file names, see ``docs/registrations.md``; what is there
        already stays.
    dataset : str or Dataset, optional
        Declaration of a dataset that mesoinv does not list, see `resolve_dataset`.
    progress : callable, optional
        Called with (steps done, steps in total) of the check.

    Returns
    -------
    PushReport
        Every file with what was done with it.

    Raises
    ------
    UsageError
        If the repository's name or the tag is not an allowed one, or nobody is logged in.
    MesoinvError
        If the build is not complete or does not verify, the tag exists, or the Hub cannot be
        reached or refuses: no permission, no space.
    """
    build = open_build(given_path(folder), dataset)
    _check_tag(build, tag)
    publication = _BuildPublication(
        kind="dataset",
        repo=repo_name(repo, build.dataset.name),
        folder=build.folder,
        title=f"{build.dataset.name} {build.manifest.version}",
        made_by=f"built by mesoinv {build.manifest.mesoinv}",
        tag=tag,
        private=private,
        disposable=(*OURS, *([EVALUATION] if benchmark else [])),
        build=build,
        benchmark=benchmark,
        progress=progress,
    )
    return hub.publish(publication, dry_run=dry_run, verify=verify)


def _check_tag(build: Build, tag: str | None) -> None:
    expected = f"v{build.manifest.version}"
    if tag is not None and tag != expected:
        raise UsageError(
            f"Tag {tag!r} does not name this version: the build in {build.folder} is "
            f"{build.dataset.name} {build.manifest.version}, so the tag is {expected}."
        )


@dataclass(frozen=True)
class _BuildPublication(hub.Publication):
    build: Build
    benchmark: bool
    progress: Callable[[int, int], object] | None

    def check(self) -> str:
        build = self.build
        report = verify_build(build.folder, dataset=build.dataset, progress=self.progress)
        # the card is written anew before it is sent
        if wrong := [problem for problem in report.problems if problem.kind != "card"]:
            problems = "; ".join(map(str, wrong[:3]))
            raise MesoinvError(
                f"The build in {build.folder} does not verify, so it is not published: {problems}. "
                "`mesoinv verify` lists everything; remove damaged files and run "
                "`mesoinv generate`."
            )
        return "check the files against their digests and seeds"

    def card_steps(self) -> list[str]:
        figures = [f"draw {figure.path}" for figure in missing_figures(self.build)]
        # new figures are named in the card
        stale = [CARD] if figures else []
        names = dict.fromkeys([*stale, *stale_files(self.build, self.repo)])
        return figures + [f"render {name}" for name in names]

    def write_card(self) -> None:
        draw_figures(self.build)
        render_card(self.folder, self.repo, dataset=self.build.dataset)

    def files(self) -> dict[str, hub.LocalFile]:
        build = self.build
        shards = {s.file: hub.LocalFile(s.num_bytes, s.sha256) for s in build.shards}
        texts = {name: text.encode() for name, text in card_files(build, self.repo).items()
                 if self.benchmark or name != EVALUATION}  # fmt: skip
        paths = [MANIFEST, *(figure.path for figure in existing_figures(build))]
        small = {**{path: (build.folder / path).read_bytes() for path in paths}, **texts}
        return shards | {path: hub.content(data) for path, data in sorted(small.items())}
