"""Publishes a model's folder on the Hub: load it strictly, write the card, upload, compare, tag."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.files import given_path, replace_text
from mesoinv.generators.hub.client import repo_name
from mesoinv.generators.hub.patience import patiently
from mesoinv.generators.hub.push import LocalFile, Publication, PushReport, content, publish
from mesoinv.zoo.declared.config import CONFIG, WEIGHTS, read_config
from mesoinv.zoo.declared.evaluation import EVALUATIONS, evaluation_files
from mesoinv.zoo.publish.card import CARD, card_text, recipe_file, write_card
from mesoinv.zoo.publish.curves import CURVES, LOG
from mesoinv.zoo.publish.results import RESULTS, result_files

if TYPE_CHECKING:
    from pathlib import Path


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
    source = given_path(folder)
    config = read_config(source)
    if tag is not None and not re.fullmatch(r"v\d+\.\d+\.\d+", tag):
        raise UsageError(f"Tag {tag!r} is not a version. Allowed: vX.Y.Z, such as v1.0.0.")
    publication = _ModelPublication(
        kind="model",
        repo=repo_name(repo, config.name),
        folder=source,
        title=config.name + (f" {tag}" if tag else ""),
        made_by=f"trained by mesoinv {config.mesoinv}",
        tag=tag,
        private=private,
        disposable=(LOG, CURVES, recipe_file(config.name), f"{EVALUATIONS}/*", f"{RESULTS}/*"),
        results=_results(source, dry_run=dry_run),
    )
    return publish(publication, dry_run=dry_run, verify=verify)


def _results(folder: Path, *, dry_run: bool) -> dict[str, str]:
    """Return the results in the Hub's own format; a dry run does without an answer of the Hub."""
    from huggingface_hub import HfApi  # noqa: PLC0415 - see mesoinv.generators.hub.client

    try:
        return patiently(lambda: result_files(HfApi(), folder))
    except MesoinvError:
        if not dry_run:
            raise
        return {}


@dataclass(frozen=True)
class _ModelPublication(Publication):
    results: dict[str, str]

    def check(self) -> str:
        from mesoinv.zoo.model.networks import check_weights  # noqa: PLC0415  (torch is slow)

        check_weights(self.folder)
        return "load the weights strictly"

    def card_steps(self) -> list[str]:
        return [f"write {name}" for name in (CARD, *self.results)]

    def write_card(self) -> None:
        write_card(self.folder, self.repo)
        shutil.rmtree(self.folder / RESULTS, ignore_errors=True)
        for name, text in self.results.items():
            (self.folder / RESULTS).mkdir(exist_ok=True)
            replace_text(self.folder / name, text)

    def files(self) -> dict[str, LocalFile]:
        folder = self.folder
        optional = [name for name in self.disposable if (folder / name).is_file()]
        scores = [path.relative_to(folder).as_posix() for path in evaluation_files(folder)]
        paths = [CONFIG, WEIGHTS, *optional, *scores]
        contents = {path: (folder / path).read_bytes() for path in paths}
        contents[CARD] = card_text(folder, self.repo).encode()
        contents |= {name: text.encode() for name, text in self.results.items()}
        return {path: content(data) for path, data in sorted(contents.items())}
