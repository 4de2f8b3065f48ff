"""A loopback Hub for tests: the Hugging Face Hub's protocol on 127.0.0.1, state in memory.

The unmodified ``huggingface_hub`` and ``datasets`` clients talk to it from a subprocess, because
they read ``HF_ENDPOINT`` at import::

    with LoopbackHub(tokens={"hf_writer": Account("mesoinv-bot", orgs=("mesoinv",))}) as hub:
        run_client("...", hub.environment(tmp_path, token="hf_writer"))
        hub.file("datasets", "mesoinv/pldos", "README.md")

A test fixture, not a product: only what our own flows use is served, and an unknown route is 404.
"""

from .accounts import Account
from .client import ClientFailedError, json_result, run_client
from .driver import drive
from .hub import LoopbackHub
from .wire import Logged

__all__ = [
    "Account",
    "ClientFailedError",
    "Logged",
    "LoopbackHub",
    "drive",
    "json_result",
    "run_client",
]
