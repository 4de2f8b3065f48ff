"""Publishes a website that was written as a static Space of the Hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesoinv.eval.board.site.write import DATA, INDEX
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.common.provenance import version_of
from mesoinv.generators.hub.client import repo_name
from mesoinv.generators.hub.push import LocalFile, Publication, PushReport, content, publish

if TYPE_CHECKING:
    from pathlib import Path


def push_site(site: Path, space: str) -> PushReport:
    """Make a Space what the folder of a website holds; what has not changed is not sent.

    Parameters
    ----------
    site : Path
        What `write_site` wrote.
    space : str
        ``owner/name``; created if it does not exist.

    Raises
    ------
    UsageError
        If the folder holds no website, or nobody is logged in.
    MesoinvError
        If the Hub cannot be reached or refuses.
    """
    if not (site / INDEX).is_file():
        raise UsageError(f"{site} holds no website: `mesoinv leaderboard build --out` writes one.")
    publication = _SitePublication(
        kind="space",
        repo=repo_name(space, "leaderboard"),
        folder=site,
        title="The board",
        made_by=f"built by mesoinv {version_of('mesoinv')}",
        tag=None,
        private=False,
        disposable=("*.html", "assets/*", DATA),
    )
    return publish(publication, dry_run=False, verify=False)


@dataclass(frozen=True)
class _SitePublication(Publication):
    def check(self) -> str:
        return "write the website"  # writing it checked it

    def card_steps(self) -> list[str]:
        return []

    def write_card(self) -> None:
        """Do nothing: the website has its README.md already."""

    def files(self) -> dict[str, LocalFile]:
        paths = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return {p.relative_to(self.folder).as_posix(): content(p.read_bytes()) for p in paths}
