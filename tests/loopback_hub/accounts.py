"""Who is asking: accounts, their tokens and their rights per namespace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .wire import HubError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Account:
    """The owner of a token.

    Parameters
    ----------
    name
        User name, which is a namespace of its own.
    orgs
        Organisations the account belongs to and may write to.
    role
        Role of the token: a ``"read"`` token sees private repositories of its namespaces but
        changes nothing.
    """

    name: str
    orgs: tuple[str, ...] = ()
    role: Literal["read", "write"] = "write"

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Namespaces the account belongs to."""
        return (self.name, *self.orgs)

    def can_read(self, namespace: str) -> bool:
        """Whether private repositories of the namespace are visible."""
        return namespace in self.namespaces

    def can_write(self, namespace: str) -> bool:
        """Whether repositories of the namespace may be changed."""
        return self.role == "write" and namespace in self.namespaces

    def document(self) -> dict[str, Any]:
        """The answer of ``/api/whoami-v2``."""
        membership = {"type": "org", "roleInOrg": self.role}
        token = {"displayName": f"{self.name}-token", "role": self.role}
        return {
            "type": "user",
            "id": f"user-{self.name}",
            "name": self.name,
            "fullname": self.name,
            "orgs": [membership | {"name": org, "fullname": org} for org in self.orgs],
            "auth": {"type": "access_token", "accessToken": token},
        }


def authenticate(authorization: str | None, tokens: Mapping[str, Account]) -> Account | None:
    """Find the account behind an ``Authorization`` header; no header is an anonymous visitor.

    Raises
    ------
    HubError
        401 for an unknown token, also on public repositories, as the Hub does.
    """
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    account = tokens.get(token.strip())
    if scheme.lower() != "bearer" or account is None:
        # This exact text keeps the client from reporting a missing repository.
        raise HubError(401, "Invalid credentials in Authorization header")
    return account
