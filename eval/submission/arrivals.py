"""When a submission came: by the Hub's word, not by its author's."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from mesoinv.eval.submission.proposing import hub_errors
from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.hub.patience import patiently

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from huggingface_hub import DiscussionWithDetails, HfApi

    from mesoinv.eval.board.place import Place


def arrival(about: DiscussionWithDetails, user: str) -> datetime:
    """Return when the last commit of a pull request came that is not by `user`, who runs the board.

    A commit may be dated back, a pull request may not: it came no earlier than that was opened.
    """
    sent = [event.created_at for event in about.events
            if event.type == "commit" and event.author != user]  # fmt: skip
    return max([about.created_at, *sent])


def record(about: DiscussionWithDetails, user: str) -> bytes:
    """Return the file that says who sent a submission and when."""
    noted = {
        "author": about.author,
        "received": arrival(about, user).isoformat(),
        "pull_request": about.num,
    }
    return (json.dumps(noted, indent=1) + "\n").encode()


def wrong_records(repo: str, board: Path, places: Sequence[Place]) -> Iterator[str]:
    """Yield what the Hub says otherwise than the records in a copy of the board's repository.

    Parameters
    ----------
    repo : str
        The board's dataset repository, which is asked.
    board : Path
        The copy.
    places : sequence of Place
        Submissions that have a record.

    Raises
    ------
    MesoinvError
        If the Hub cannot be reached or refuses.
    """
    from huggingface_hub import HfApi  # noqa: PLC0415  (reads its settings at import)

    api = HfApi()
    for place in places:
        noted = json.loads((board / place.record).read_bytes())
        about = patiently(partial(_details, api, repo, noted["pull_request"]))
        times = {about.created_at.isoformat()}
        times |= {e.created_at.isoformat() for e in about.events if e.type == "commit"}
        own = [e.created_at.isoformat() for e in about.events
               if e.type == "commit" and e.author == about.author]  # fmt: skip
        if noted["author"] != about.author:
            yield f"{place.folder} is noted as of {noted['author']}; it is of {about.author}."
        elif noted["received"] not in times or max(own, default="") > noted["received"]:
            last = max([about.created_at.isoformat(), *own])
            yield f"{place.folder} is noted as of {noted['received']}; it came on {last}."


def _details(api: HfApi, repo: str, number: object) -> DiscussionWithDetails:
    if not isinstance(number, int):
        raise MesoinvError(f"{number!r} is no pull request of {repo}.")
    with hub_errors(api, repo, "dataset"):
        return api.get_discussion_details(repo, number, repo_type="dataset")
