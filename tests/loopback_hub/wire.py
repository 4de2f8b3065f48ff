"""What travels over the wire: a request, a reply, and an error in the form the clients read."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

FALSE_VALUES = ("0", "false")


class Logged(NamedTuple):
    """One request as it arrived: ``path`` is percent-encoded and carries the query."""

    method: str
    path: str

    def matches(self, match: str) -> bool:
        """Tell whether ``match`` occurs in ``"METHOD /path?query"``."""
        return match in f"{self.method} {self.path}"


@dataclass(frozen=True)
class Request:
    """One parsed HTTP request; header names are in title case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path as sent: splitting comes before unquoting, as in ``refs%2Fpr%2F1``."""
        return urlsplit(self.target).path

    def query(self, name: str) -> list[str]:
        """All values of a query parameter, in order."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True).get(name, [])

    def flag(self, name: str) -> bool:
        """Whether a boolean parameter is set: ``?blobs``, ``?blobs=true`` and ``?blobs=1``."""
        values = self.query(name)
        return bool(values) and values[-1].lower() not in FALSE_VALUES

    def form(self) -> dict[str, list[str]]:
        """The form-encoded body."""
        return parse_qs(self.body.decode(), keep_blank_values=True)

    def json(self) -> dict[str, Any]:
        """The JSON body; an empty body is an empty object."""
        try:
            document = json.loads(self.body or b"{}")
        except ValueError as error:
            raise HubError(400, f"The body is not JSON: {error}") from error
        if document is None:  # merge_pull_request without a comment sends `null`
            return {}
        if not isinstance(document, dict):
            raise HubError(400, "The body is not a JSON object")
        return document


@dataclass(frozen=True)
class Reply:
    """One HTTP reply; the server adds ``Content-Length``."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(
        cls, document: object, status: int = 200, headers: dict[str, str] | None = None
    ) -> Reply:
        """Encode a document as a JSON reply."""
        kind = {"Content-Type": "application/json; charset=utf-8"}
        return cls(status, json.dumps(document).encode(), kind | (headers or {}))


class HubError(Exception):
    """A refusal: the clients choose their exception class from ``code``, not from the body.

    Parameters
    ----------
    status
        HTTP status.
    message
        What the Hub would tell the user.
    code
        ``RepoNotFound``, ``RevisionNotFound``, ``EntryNotFound``, or None where the Hub sends none.
    headers, fields
        Additional reply headers and body fields.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        fields: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers or {}
        self.fields = fields or {}

    def reply(self) -> Reply:
        """The error as the Hub sends it."""
        # Headers are latin-1 and one line; the body keeps the full text.
        line = " ".join(self.message.split()).encode("latin-1", "replace").decode("latin-1")
        headers = {"X-Error-Message": line} | self.headers
        if self.code is not None:
            headers["X-Error-Code"] = self.code
        return Reply.json({"error": self.message} | self.fields, self.status, headers)
