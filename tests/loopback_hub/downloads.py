"""The endpoint that serves files, whole or by byte range."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .wire import HubError, Reply

if TYPE_CHECKING:
    from .routing import Call

RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def resolve(call: Call) -> Reply:
    """Serve one file.

    The commit is named on a missing file too: the client caches that it does not exist.
    """
    commit = call.commit()
    path = call.parameters["path"]
    headers = {"X-Repo-Commit": commit.id}
    if path not in commit.files:
        raise HubError(404, f"Entry not found: {path}", "EntryNotFound", headers=headers)
    blob = commit.files[path]
    headers |= {"ETag": f'"{blob.etag}"', "Accept-Ranges": "bytes"}
    headers["Content-Type"] = "application/octet-stream" if blob.lfs else "text/plain"
    if blob.lfs:
        headers |= {"X-Linked-Etag": f'"{blob.etag}"', "X-Linked-Size": str(len(blob.data))}
    span = byte_range(call.request.headers.get("Range"), len(blob.data))
    if span is None:
        return Reply(200, blob.data, headers)
    headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{len(blob.data)}"
    return Reply(206, blob.data[span.start : span.stop], headers)


def byte_range(header: str | None, size: int) -> range | None:
    """Parse a ``Range`` header; None means the whole file, also for forms that HTTP may ignore.

    Raises
    ------
    HubError
        416 for a range that begins behind the end.
    """
    found = RANGE.fullmatch(header.strip()) if header else None
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if first:
        start, stop = int(first), int(last) + 1 if last else size
    else:
        start, stop = max(size - int(last), 0), size
    if start >= size or stop <= start:
        raise HubError(416, "Range not satisfiable", headers={"Content-Range": f"bytes */{size}"})
    return range(start, min(stop, size))
