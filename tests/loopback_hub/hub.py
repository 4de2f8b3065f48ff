"""The fixture's face: start and stop, look inside, seed, break."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from .client import client_environment
from .commits import wants_lfs
from .server import HubServer
from .store import MAIN, Blob

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from pathlib import Path

    from .accounts import Account
    from .faults import Faults
    from .store import Repository
    from .wire import Logged


class LoopbackHub:
    """A Hub on 127.0.0.1 for the length of a ``with`` block.

    ``kind`` is ``"datasets"`` or ``"models"`` in every method; an unknown repository, revision or
    file raises ``LookupError`` or the Hub's own error.

    Parameters
    ----------
    tokens
        Accounts by token.
    """

    def __init__(self, tokens: Mapping[str, Account] | None = None) -> None:
        self._server = HubServer(tokens or {})
        self._thread = threading.Thread(
            # The default poll of 0.5 s would be added to every test's end.
            target=lambda: self._server.serve_forever(poll_interval=0.02),
            name="loopback-hub",
            daemon=True,
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        if self._server.crashes and kind is None:
            raise RuntimeError("The loopback Hub crashed:\n" + "\n".join(self._server.crashes))

    @property
    def endpoint(self) -> str:
        """The address, ``http://127.0.0.1:PORT``."""
        return self._server.endpoint

    def advance(self, time: timedelta) -> None:
        """Let time pass on the Hub."""
        self._server.store.passed += time

    def know_framework(self, name: str) -> None:
        """Take ``eval.yaml`` of a framework from now on, as after its registration."""
        self._server.store.frameworks.add(name)

    @property
    def faults(self) -> Faults:
        """Faults to arm: ``drop_connection`` and ``fail``."""
        return self._server.faults

    @property
    def requests(self) -> list[Logged]:
        """Every request so far, as ``(method, path)``; may be cleared."""
        return self._server.log

    def count(self, match: str) -> int:
        """How many requests contained ``match`` in ``"METHOD /path?query"``."""
        return sum(request.matches(match) for request in list(self.requests))

    def environment(self, home: str | Path, token: str | None = None) -> dict[str, str]:
        """Environment for `run_client`; a new ``home`` is an empty cache and no saved token."""
        return client_environment(self.endpoint, home, token)

    def repository(self, kind: str, repo_id: str) -> Repository:
        """The stored repository itself."""
        return self._server.store.repositories[kind, repo_id]

    def repositories(self) -> list[tuple[str, str]]:
        """All repositories as ``(kind, id)``."""
        return sorted(self._server.store.repositories)

    def file(self, kind: str, repo_id: str, path: str, revision: str = "main") -> bytes:
        """Content of a file."""
        return self.repository(kind, repo_id).at(revision).files[path].data

    def files(self, kind: str, repo_id: str, revision: str = "main") -> list[str]:
        """Paths of all files, ``.gitattributes`` left out."""
        found = self.repository(kind, repo_id).at(revision).files
        return sorted(path for path in found if path != ".gitattributes")

    def head(self, kind: str, repo_id: str, revision: str = "main") -> str:
        """Commit id of a revision."""
        return self.repository(kind, repo_id).at(revision).id

    def history(self, kind: str, repo_id: str, revision: str = "main") -> list[str]:
        """Titles of all commits, newest first."""
        repository = self.repository(kind, repo_id)
        return [commit.title for commit in repository.history(repository.at(revision))]

    def tags(self, kind: str, repo_id: str) -> dict[str, str]:
        """Tags and the commits they name."""
        return self.repository(kind, repo_id).named("refs/tags/")

    def seed(
        self,
        kind: str,
        repo_id: str,
        files: Mapping[str, bytes],
        *,
        tag: str | None = None,
        private: bool = False,
        message: str = "Seed",
    ) -> str:
        """Commit files to main without a client, creating the repository if need be.

        Returns
        -------
        str
            The commit id.
        """
        store = self._server.store
        with store.lock:
            repository = store.repositories.get((kind, repo_id)) or store.create(
                kind, repo_id, "seed", private=private
            )
            added = {path: Blob(data, wants_lfs(path, len(data))) for path, data in files.items()}
            repository.objects |= {one.sha256: one.data for one in added.values() if one.lfs}
            before = repository.at("main").files
            sha = repository.record(MAIN, {**before, **added}, message, "", "seed").id
            if tag is not None:
                repository.refs[f"refs/tags/{tag}"] = sha
        return sha
