"""Running the unmodified clients in a process of their own, pointed at a loopback Hub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

# What a developer's machine may have set, and what would lead a test to the real Hub.
FOREIGN_PREFIXES = ("HF_", "HUGGING", "HUGGINGFACE_", "TRANSFORMERS_", "XDG_")
FOREIGN_SUFFIXES = ("_proxy",)


class ClientFailedError(AssertionError):
    """The client's process ended with an error; the message holds its output."""


def client_environment(endpoint: str, home: str | Path, token: str | None) -> dict[str, str]:
    """Environment of a client whose Hub is ``endpoint`` and whose caches are below ``home``."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(FOREIGN_PREFIXES) and not name.lower().endswith(FOREIGN_SUFFIXES)
    }
    hub = {
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(Path(home) / "huggingface"),
        "HF_HUB_DISABLE_XET": "1",  # the LFS route; a 404 for a xet token makes the client raise
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "HOME": str(home),
        "NO_PROXY": "127.0.0.1",
    }
    return kept | hub | ({"HF_TOKEN": token} if token is not None else {})


def run_client(
    code: str, env: dict[str, str], *, timeout: float = 60, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run Python code with the given environment.

    Parameters
    ----------
    code
        Source text; common indentation is removed.
    env
        From ``LoopbackHub.environment``.
    timeout
        Limit [s].
    check
        Whether an exit code other than 0 raises.

    Raises
    ------
    ClientFailedError
        If the process fails and ``check`` is set.
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=env,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if check and done.returncode != 0:
        raise ClientFailedError(
            f"exit code {done.returncode}\n--- stdout\n{done.stdout}\n--- stderr\n{done.stderr}"
        )
    return done


def json_result(done: subprocess.CompletedProcess[str]) -> Any:
    """Decode the last line a client printed."""
    return json.loads(done.stdout.strip().splitlines()[-1])
