"""Publishes a model's folder on the Hub: load it strictly, write the card, upload, compare, tag."""

from __future__ import annotations

import re
from pathlib import Path

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.hub import push as pushing
from mesoinv.generators.hub.client import repo_name
from mesoinv.generators.hub.push import LocalFile, Publication, PushReport
from mesoinv.zoo.declared.config import CONFIG, WEIGHTS, read_config
from mesoinv.zoo.declared.evaluation import EVALUATIONS, evaluation_files
from mesoinv.zoo.publish.card import CARD, card_text, recipe_file, write_card
from mesoinv.zoo.publish.curves import CURVES, LOG


def push(
    folder: str | Path,
    repo: str,
    tag: str | None = None,
    *,
    private: bool = False,
    dry_run: bool = False,
    verify: bool = True,
) -> PushReport:
    """Publish a model as a Hub repository.

    The Hub client's own login is used. After an interruption, call it again: files that have
    arrived are not sent twice.

    Parameters
    ----------
    folder : str or Path
        A model, as `mesoinv train` makes it.
    repo : str
        ``owner/name``; created if it does not exist.
    tag : str, optional
        Version of the weights, ``vX.Y.Z``; without it, only ``main`` is changed.
    private : bool
        Visibility of a repository that is created now.
    dry_run : bool
        List what would happen and change nothing, here or on the Hub.
    verify : bool
        Load the weights first.

    Returns
    -------
    PushReport
        Every file with what was done with it.

    Raises
    ------
    UsageError
        If the repository's name or the tag is not an allowed one, or nobody is logged in.
    MesoinvError
        If the model does not load, the tag exists, or the Hub cannot be reached or refuses.
    """
    from huggingface_hub import HfApi  # noqa: PLC0415 - see mesoinv.generators.hub.client

    source, api = Path(folder), HfApi()
    config = read_config(source)
    name = repo_name(repo, config.name)
    if tag is not None and not re.fullmatch(r"v\d+\.\d+\.\d+", tag):
        raise UsageError(f"Tag {tag!r} is not a version. Allowed: vX.Y.Z, such as v1.0.0.")
    title = config.name + (f" {tag}" if tag else "")
    optional = (LOG, CURVES, recipe_file(config.name), f"{EVALUATIONS}/*")
    target = Publication("model", name, source, title, tag, private, optional)
    steps, before = pushing.ask(api, target, dry_run=dry_run)
    steps += [*_verified(source, verify), f"write {CARD}", *pushing.create_steps(target, before)]
    if not dry_run:
        write_card(source, name)
    local = _local_files(target)
    files = pushing.compare(target, local, before)
    steps += pushing.upload_steps(files, tag)
    message = f"{title}, trained by mesoinv {config.mesoinv}"
    commit = None if dry_run else pushing.upload(api, target, local, message)
    return PushReport(name, target.url(api), tag, commit, files, tuple(steps), dry_run)


def _verified(folder: Path, asked: bool) -> list[str]:
    if not asked:
        return []
    from mesoinv.zoo.model.networks import check_weights  # noqa: PLC0415  (torch is slow to import)

    check_weights(folder)
    return ["load the weights strictly"]


def _local_files(target: Publication) -> dict[str, LocalFile]:
    folder = target.folder
    optional = [name for name in target.disposable if (folder / name).exists()]
    scores = [path.relative_to(folder).as_posix() for path in evaluation_files(folder)]
    paths = [CONFIG, WEIGHTS, *optional, *scores]
    contents = {path: (folder / path).read_bytes() for path in paths}
    contents[CARD] = card_text(folder, target.repo).encode()
    return {path: pushing.content(data) for path, data in sorted(contents.items())}
