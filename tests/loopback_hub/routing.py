"""From a path to an endpoint, and what every endpoint gets: the call with its permissions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .wire import HubError, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .accounts import Account
    from .store import Commit, Repository, Store

# `prefix` with its slash tells files of datasets and Spaces (/datasets/ns/name/…) from those of
# models (/ns/name/…).
GROUPS = {
    "kind": "(?P<kind>datasets|models|spaces)",
    "prefix": "(?:(?P<prefix>datasets|spaces)/)?",
    "repo": "(?P<repo>[^/]+/[^/]+?)",
    "path": "(?P<path>.+)",
}


@dataclass(frozen=True)
class Call:
    """One request on its way to an endpoint."""

    request: Request
    parameters: Mapping[str, str]
    account: Account | None
    store: Store
    endpoint: str

    @property
    def kind(self) -> str:
        """``datasets``, ``models`` or ``spaces``."""
        return self.parameters.get("kind") or self.parameters.get("prefix") or "models"

    @property
    def user(self) -> Account:
        """The account; 401 for an anonymous visitor."""
        if self.account is None:
            raise HubError(401, "Invalid username or password.")
        return self.account

    def repository(self) -> Repository:
        """The repository of the path, if the account may see it.

        Raises
        ------
        HubError
            The same error for a missing and for a hidden repository, so that private names do not
            leak: 401 without a token, 404 with one.
        """
        repository = self.store.repositories.get((self.kind, self.parameters["repo"]))
        hidden = repository is not None and repository.private
        if repository is None or (hidden and not self._is_member(repository)):
            if self.account is None:
                raise HubError(401, "Invalid username or password.", "RepoNotFound")
            raise HubError(404, "Repository not found", "RepoNotFound")
        return repository

    def commit(self) -> Commit:
        """The commit that the path's revision names."""
        return self.repository().at(self.parameters["revision"])

    def writable(self, revision: str | None = None) -> Repository:
        """The repository, if the account may write to it.

        The author of a pull request may also push to its reference without further rights.
        """
        repository = self.repository()
        if self.user.can_write(repository.namespace) or self._owns(repository, revision):
            return repository
        raise HubError(403, f"You don't have the rights to write to {repository.id}")

    def contributable(self) -> Repository:
        """The repository, if the account may propose a change: anyone with a write token."""
        repository = self.repository()
        if self.user.role != "write":
            raise HubError(403, "A read token cannot open a pull request")
        return repository

    def _is_member(self, repository: Repository) -> bool:
        return self.account is not None and self.account.can_read(repository.namespace)

    def _owns(self, repository: Repository, revision: str | None) -> bool:
        return self.user.role == "write" and any(
            thread.is_pull_request
            and thread.reference == revision
            and thread.author == self.user.name
            for thread in repository.discussions
        )


if TYPE_CHECKING:
    Endpoint = Callable[[Call], Reply]
    Table = Sequence[tuple[str, str, Endpoint]]


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Turn ``/api/{kind}/{repo}/tree/{revision}`` into a regular expression on the raw path.

    ``{repo}`` spans two segments, ``{path}`` spans the rest, ``{prefix}`` is empty or
    ``datasets/``, any other name is one segment.
    """
    pieces = re.split(r"\{(\w+)\}", pattern)
    names = [GROUPS.get(name, f"(?P<{name}>[^/]+)") for name in pieces[1::2]]
    literals = [re.escape(piece) for piece in pieces[::2]]
    pairs = zip(names, literals[1:], strict=True)
    return re.compile(literals[0] + "".join(name + literal for name, literal in pairs))


class Router:
    """Finds the endpoint of a request in a table of ``(method, pattern, endpoint)``."""

    def __init__(self, table: Table) -> None:
        self._routes = [(method, compile_pattern(path), target) for method, path, target in table]

    def find(self, request: Request) -> tuple[Endpoint, dict[str, str]]:
        """The endpoint and the unquoted parameters of the path.

        Raises
        ------
        HubError
            404 for a path that is not served.
        """
        method = "GET" if request.method == "HEAD" else request.method
        for expected, pattern, endpoint in self._routes:
            if expected == method and (match := pattern.fullmatch(request.path)):
                found = {name: unquote(value) for name, value in match.groupdict("").items()}
                return endpoint, found
        raise HubError(404, f"The loopback Hub does not serve {request.method} {request.path}")
