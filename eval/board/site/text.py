"""What strangers wrote, made harmless: no tricks with control characters, no odd links.

HTML is escaped by the templates, plotly's markup by ``charts.js``; this is about the rest.
"""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

NAME_LENGTH = 100
TEXT_LENGTH = 600
#: characters that turn the direction of text around, so that a name could show as another one
_DIRECTIONS = dict.fromkeys(
    [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)


def clean(text: str) -> str:
    """Return text without control and direction characters; line breaks stay."""
    whole = text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair has no UTF-8
    kept = whole.translate(_DIRECTIONS)
    return "".join(" " if unicodedata.category(c) == "Cc" and c != "\n" else c for c in kept)


def line(text: str, limit: int = NAME_LENGTH) -> str:
    """Return cleaned text on one line of at most `limit` characters."""
    whole = " ".join(clean(text).split())
    return whole if len(whole) <= limit else whole[: limit - 1].rstrip() + "…"


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text, which empty lines separate."""
    return [part.strip() for part in clean(text).split("\n\n") if part.strip()]


def https_link(address: str) -> str | None:
    """Return an address if it is a plain https one, None for anything else.

    Spaces, backslashes and a user before the host are refused: browsers and people read such
    addresses differently.
    """
    odd = any(c.isspace() or c == "\\" or not c.isprintable() for c in address)
    if odd or clean(address) != address or len(address) > TEXT_LENGTH:
        return None
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:  # brackets that hold no IPv6 address
        return None
    return address if parts.scheme == "https" and host and "@" not in parts.netloc else None
