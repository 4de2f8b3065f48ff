"""Publishes a build: check, render the card, upload what is missing, compare, tag.

The Hub repository becomes what the build folder holds, see `mesoinv.generators.hub.push`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mesoinv.dataset_cards.facts import Build, open_build
from mesoinv.dataset_cards.figures import draw_figures, existing_figures, missing_figures
from mesoinv.dataset_cards.render import CARD, card_files, render_card, stale_files
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.hub import push as pushing
from mesoinv.generators.hub.client import repo_name
from mesoinv.generators.hub.push import LocalFile, Publication, PushReport
from mesoinv.generators.pipeline.audit.verify import verify as verify_build
from mesoinv.generators.pipeline.manifest import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesoinv.generators.pipeline.base import Dataset

#: What a push may delete on the Hub when the build no longer has it.
OURS = ("*.parquet", "figures/*.png", "eval.yaml")


def push(
    folder: str | Path,
    repo: str,
    tag: str | None = None,
    *,
    private: bool = False,
    dry_run: bool = False,
    verify: bool = True,
    dataset: str | Dataset | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> PushReport:
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
    from huggingface_hub import HfApi  # noqa: PLC0415 - see mesoinv.generators.hub.client

    build, api = open_build(Path(folder), dataset), HfApi()
    name = repo_name(repo, build.dataset.name)
    _check_tag(build, tag)
    title = f"{build.dataset.name} {build.manifest.version}"
    target = Publication("dataset", name, build.folder, title, tag, private, OURS)
    steps, before = pushing.ask(api, target, dry_run=dry_run)
    if verify:
        _verify(build, progress)
        steps.append("check the files against their digests and seeds")
    steps += _card_steps(build, name) + pushing.create_steps(target, before)
    if not dry_run:
        draw_figures(build)
        render_card(build.folder, name, dataset=build.dataset)
    local = _local_files(build, name)
    files = pushing.compare(target, local, before)
    steps += pushing.upload_steps(files, tag)
    message = f"{title}, built by mesoinv {build.manifest.mesoinv}"
    commit = None if dry_run else pushing.upload(api, target, local, message)
    return PushReport(name, target.url(api), tag, commit, files, tuple(steps), dry_run)


def _check_tag(build: Build, tag: str | None) -> None:
    expected = f"v{build.manifest.version}"
    if tag is not None and tag != expected:
        raise UsageError(
            f"Tag {tag!r} does not name this version: the build in {build.folder} is "
            f"{build.dataset.name} {build.manifest.version}, so the tag is {expected}."
        )


def _verify(build: Build, progress: Callable[[int, int], object] | None) -> None:
    report = verify_build(build.folder, dataset=build.dataset, progress=progress)
    if not report.ok:
        problems = "; ".join(str(problem) for problem in report.problems[:3])
        raise MesoinvError(
            f"The build in {build.folder} does not verify, so it is not published: {problems}. "
            "`mesoinv verify` lists everything; remove damaged files and run `mesoinv generate`."
        )


def _card_steps(build: Build, repo: str) -> list[str]:
    figures = [f"draw {figure.path}" for figure in missing_figures(build)]
    # new figures are named in the card
    stale = [CARD] if figures else []
    return figures + [
        f"render {name}" for name in dict.fromkeys([*stale, *stale_files(build, repo)])
    ]


def _local_files(build: Build, repo: str) -> dict[str, LocalFile]:
    shards = {s.file: LocalFile(s.num_bytes, s.sha256) for s in build.shards}
    texts = {name: text.encode() for name, text in card_files(build, repo).items()}
    paths = [MANIFEST, *(figure.path for figure in existing_figures(build))]
    small = {**{path: (build.folder / path).read_bytes() for path in paths}, **texts}
    return shards | {path: pushing.content(data) for path, data in sorted(small.items())}
