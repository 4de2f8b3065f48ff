"""Open pull requests on the board: each is scored, told the result, and merged or closed.

A job for a schedule. It may be killed at any moment and run again: a pull request is decided by one
call, which merges or closes it together with the comment, so nobody is told twice.

What is merged may be other files than those that were scored, if somebody is quick: the board
itself checks and scores what it finds, and takes nobody's word.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from mesoinv.eval.board.place import FOLDER, RECEIVED, Place
from mesoinv.eval.rounds.round import ROUND, ROUNDS, Round, read_round
from mesoinv.eval.submission import arrivals
from mesoinv.eval.submission.files import MAX_ENTRIES, MAX_TOTAL_BYTES
from mesoinv.eval.submission.judging import Verdict
from mesoinv.eval.submission.proposing import hub_errors
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.hub import client as hub
from mesoinv.generators.hub.download import download
from mesoinv.generators.hub.patience import answer_behind, patiently

if TYPE_CHECKING:
    from collections.abc import Callable

    from huggingface_hub import DiscussionWithDetails, HfApi

    Judge = Callable[[Path, Round | None], Verdict]

T = TypeVar("T")

#: Folders that a pull request changes for a submission's sake, or must not change.
_KEPT = tuple(f"{folder}/" for folder in (FOLDER, RECEIVED, ROUNDS))
_AGAIN = "Correct it and run `mesoinv submit` again: that opens a new pull request."


@dataclass(frozen=True)
class Decision:
    """What became of a pull request; one that touches no submission is left alone."""

    number: int
    title: str
    author: str
    action: Literal["merged", "closed", "left alone"]
    text: str


def take_in(repo: str, judge: Judge) -> list[Decision]:
    """Decide on every open pull request of a board, the oldest first.

    Parameters
    ----------
    repo : str
        The board's dataset repository; the client's own login must be allowed to merge.
    judge : callable
        Folder ``TASK/NAME`` of a submission, and its round if it is of one → `Verdict`, such as
        `judging.judge`.

    Returns
    -------
    list of Decision

    Raises
    ------
    UsageError
        If there is no such repository, or nobody is logged in.
    MesoinvError
        If the Hub cannot be reached or refuses.
    """
    from huggingface_hub import HfApi  # noqa: PLC0415  (reads its settings at import)

    api = HfApi()
    user = patiently(lambda: hub.user_name(api, repo))

    def waiting() -> list[int]:
        with hub_errors(api, repo, "dataset"):
            requests = api.get_repo_discussions(
                repo, repo_type="dataset", discussion_type="pull_request", discussion_status="open"
            )
            return sorted(one.num for one in requests if one.status == "open")

    return [_Request(api, repo, number, user).decide(judge) for number in patiently(waiting)]


class _RefusedError(Exception):
    """Why a pull request is closed. Any other error is not its author's, and ends the job."""


@dataclass(frozen=True)
class _Request:
    """One open pull request; `user` is who decides."""

    api: HfApi
    repo: str
    number: int
    user: str

    def decide(self, judge: Judge) -> Decision:
        """Score it, then merge or close it, each with a comment."""
        about = self._ask(self._details)
        changed = self._ask(lambda: self._changed(about))
        if not any(path.startswith(_KEPT) for path in changed):
            return Decision(
                self.number, about.title, about.author, "left alone", "It touches no submission."
            )
        verdict = self._verdict(about, changed, judge)
        if verdict.accepted:
            try:
                self._ask(lambda: self._merge(about, changed, verdict.text))
            except MesoinvError as error:
                if answer_behind(error, 409) is None:
                    raise
                text = "Another submission of that name was merged meanwhile."
                verdict = Verdict(False, text)
        if not verdict.accepted:
            self._ask(lambda: self._close(verdict.text))
        action: Literal["merged", "closed"] = "merged" if verdict.accepted else "closed"
        return Decision(self.number, about.title, about.author, action, verdict.text)

    def _ask(self, call: Callable[[], T]) -> T:
        """Ask the Hub, as patiently as it wants."""

        def asked() -> T:
            with hub_errors(self.api, self.repo, "dataset"):
                return call()

        return patiently(asked)

    def _details(self) -> DiscussionWithDetails:
        return self.api.get_discussion_details(self.repo, self.number, repo_type="dataset")

    @property
    def reference(self) -> str:
        """The git reference of its files."""
        return f"refs/pr/{self.number}"

    def _changed(self, about: DiscussionWithDetails) -> dict[str, hub.RemoteFile | None]:
        """Return path → file, or None where it is deleted, of what the pull request changes."""
        histories = [
            [one.commit_id for one in
             self.api.list_repo_commits(self.repo, revision=revision, repo_type="dataset")]
            for revision in ("main", self.reference)
        ]  # fmt: skip
        main = set(histories[0])
        base = next(commit for commit in histories[1] if commit in main)
        before, after = (
            hub.list_files(self.api, self.repo, "dataset", revision)
            for revision in (base, self.reference)
        )
        ours = arrivals.record(about, self.user)
        return {
            path: after.get(path)
            for path in sorted({*before, *after})
            if before.get(path) != after.get(path)
            # written by an earlier run that was stopped
            and not (path in after and path.startswith((f"{RECEIVED}/", f"{ROUNDS}/"))
                     and after[path].git_sha1 == hub.git_sha1(ours))
        }  # fmt: skip

    def _verdict(
        self,
        about: DiscussionWithDetails,
        changed: dict[str, hub.RemoteFile | None],
        judge: Judge,
    ) -> Verdict:
        try:
            place = _place(changed)
            self._check_owner(place, about)
            held = self._round(place.round, about) if place.round else None
            _check_size(changed)
            with tempfile.TemporaryDirectory() as scratch:
                return judge(self._fetched(place, Path(scratch)), held)
        except _RefusedError as error:
            return Verdict(False, str(error))

    def _check_owner(self, place: Place, about: DiscussionWithDetails) -> None:
        owner = self._ask(lambda: self._owner(place))
        if owner not in {None, about.author}:
            whose = owner or "somebody else"
            raise _RefusedError(f"{place.task}/{place.name} is a submission of {whose}.")

    def _fetched(self, place: Place, scratch: Path) -> Path:
        """Return a copy of a submission's files."""
        there = download(self.repo, self.reference, [f"{place.folder}/**"], kind="dataset")
        folder = scratch / place.task / place.name
        if not (there / place.folder).is_dir():
            raise _RefusedError(f"{place.folder} holds no files.")
        # the client's cache holds links, which no submission may: copy what they point to
        shutil.copytree(there / place.folder, folder)
        return folder

    def _round(self, name: str, about: DiscussionWithDetails) -> Round:
        """Return the round of that name, as the board itself has it, if this came in time."""
        there = download(self.repo, "main", [f"{ROUNDS}/*/{ROUND}"], kind="dataset")
        try:
            held = read_round(there, name)
        except UsageError as error:
            raise _RefusedError(str(error)) from None
        if reason := held.refusal(arrivals.arrival(about, self.user)):
            raise _RefusedError(reason)
        return held

    def _owner(self, place: Place) -> str | None:
        """Return whose submission is on the board; None if there is none, "" if nobody knows."""
        there = hub.list_files(self.api, self.repo, "dataset")
        if place.record in there:
            path = self.api.hf_hub_download(self.repo, place.record, repo_type="dataset")
            return str(json.loads(Path(path).read_bytes())["author"])
        taken = any(path.startswith(f"{place.folder}/") for path in there)
        return "" if taken else None

    def _merge(
        self, about: DiscussionWithDetails, changed: dict[str, hub.RemoteFile | None], text: str
    ) -> None:
        """Note who sent it and when, then merge with a comment."""
        from huggingface_hub import CommitOperationAdd  # noqa: PLC0415

        place = Place.of(next(iter(changed)))
        assert place is not None
        record, path = arrivals.record(about, self.user), place.record
        there = hub.list_files(self.api, self.repo, "dataset", self.reference)
        if path not in there or there[path].git_sha1 != hub.git_sha1(record):
            self.api.create_commit(
                self.repo, [CommitOperationAdd(path, record)], repo_type="dataset",
                revision=self.reference, commit_message="Note who sent it and when",
            )  # fmt: skip
        self.api.merge_pull_request(
            self.repo, self.number, repo_type="dataset", comment=f"{text} Thank you!"
        )

    def _close(self, text: str) -> None:
        self.api.change_discussion_status(
            self.repo, self.number, "closed", repo_type="dataset", comment=f"{text}\n\n{_AGAIN}"
        )


def _place(changed: dict[str, hub.RemoteFile | None]) -> Place:
    """Return the one place that a pull request may change."""
    of_path = {path: Place.of(path) for path in changed}
    places = {place for place in of_path.values() if place}
    others = [path for path, place in of_path.items() if not place]
    if len(places) != 1 or others:
        what = f"it changes {others[0]}" if others else f"it changes {len(places)} of them"
        raise _RefusedError(f"A pull request changes one folder {FOLDER}/TASK/NAME alone; {what}.")
    return places.pop()


def _check_size(changed: dict[str, hub.RemoteFile | None]) -> None:
    files = [file for file in changed.values() if file is not None]
    size = sum(file.num_bytes for file in files)
    if size > MAX_TOTAL_BYTES or len(files) > MAX_ENTRIES:
        raise _RefusedError(
            f"It holds {len(files)} files of {size / 1e9:.2f} GB in all; allowed are "
            f"{MAX_ENTRIES} and {MAX_TOTAL_BYTES / 1e9:g} GB."
        )
