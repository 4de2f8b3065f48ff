"""Short scripts for the unmodified huggingface_hub client, with their answer as JSON."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from .client import json_result, run_client

if TYPE_CHECKING:
    from pathlib import Path

    from .hub import LoopbackHub

# What every script may use. `refused` names the exception and the HTTP status, None for success.
PRELUDE = """
import json, os
from huggingface_hub import (
    CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi, HfFileSystem,
    hf_hub_download, snapshot_download,
)

api = HfApi()
result = {}

def add(path, content):
    return CommitOperationAdd(path, content)

def refused(function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except Exception as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        return [type(error).__name__, status]
    return None
"""


def drive(hub: LoopbackHub, home: str | Path, code: str, token: str | None = None) -> Any:
    """Run client code that fills the dictionary ``result``, and return that dictionary.

    Parameters
    ----------
    hub
        The running Hub.
    home
        Folder of the client's caches; a new one is an empty cache.
    code
        Python source, which has ``api``, ``result``, ``add`` and ``refused`` at hand.
    token
        Token of the client; None is an anonymous visitor.
    """
    text = f"{PRELUDE}\n{textwrap.dedent(code)}\nprint(json.dumps(result))\n"
    return json_result(run_client(text, hub.environment(home, token)))
