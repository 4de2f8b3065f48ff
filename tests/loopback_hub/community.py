"""Endpoints of discussions and pull requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .discussions import open_discussion
from .wire import HubError, Reply

if TYPE_CHECKING:
    from .discussions import Discussion
    from .routing import Call

PAGE = 10
FINISHED = ("closed", "merged")


def _thread(call: Call) -> Discussion:
    threads = call.repository().discussions
    num = call.parameters["num"]
    if not num.isdecimal() or not 1 <= int(num) <= len(threads):
        raise HubError(404, f"No discussion {num}")
    return threads[int(num) - 1]


def listing(call: Call) -> Reply:
    """List discussions, newest first, by page, type, status and author."""
    query = call.request.query
    kind, status = (query("type") or ["all"])[0], (query("status") or ["all"])[0]
    found = [
        thread.summary()
        for thread in reversed(call.repository().discussions)
        if kind in {"all", "pull_request" if thread.is_pull_request else "discussion"}
        and status in {"all", "closed" if thread.status in FINISHED else "open"}
        and query("author") in ([], [thread.author])
    ]
    start = PAGE * int((query("p") or ["0"])[0])
    page = found[start : start + PAGE]
    return Reply.json({"count": len(found), "start": start, "discussions": page})


def details(call: Call) -> Reply:
    """One discussion with its events."""
    return Reply.json(_thread(call).details())


def create(call: Call) -> Reply:
    """Open a discussion or an empty draft pull request."""
    repository, body = call.contributable(), call.request.json()
    thread = open_discussion(
        repository,
        body["title"],
        body.get("description", ""),
        call.user.name,
        pull_request=bool(body.get("pullRequest")),
    )
    return Reply.json({"num": thread.num, "pullRequest": thread.is_pull_request})


def comment(call: Call) -> Reply:
    """Add a comment."""
    call.contributable()
    event = _thread(call).add_comment(call.user.name, call.request.json()["comment"])
    return Reply.json({"newMessage": event})


def status(call: Call) -> Reply:
    """Open or close: for writers and for the author."""
    thread, body = _thread(call), call.request.json()
    if thread.author != call.user.name:
        call.writable()
    if body["status"] not in {"open", "closed"} or thread.status == "merged":
        raise HubError(400, f"Cannot change from {thread.status} to {body['status']}")
    if body.get("comment"):
        thread.add_comment(call.user.name, body["comment"])
    return Reply.json({"newStatus": thread.set_status(call.user.name, body["status"])})


def merge(call: Call) -> Reply:
    """Merge a pull request: for writers."""
    call.writable()
    thread, text = _thread(call), call.request.json().get("comment")
    thread.merge(call.user.name)
    if text:
        thread.add_comment(call.user.name, text)
    return Reply.json({"num": thread.num})
