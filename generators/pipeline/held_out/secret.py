"""The key of a held-out split: made, read, and promised without being shown.

Whoever has the key can draw the split's samples again, so it is kept until the scores are final.
Its commitment, a digest, is published with the inputs: later anybody can check that the key that
is revealed is the one the samples were drawn with.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import warnings
from pathlib import Path

from mesoinv.generators.common.errors import MesoinvError, UsageError

KEY_BYTES = 32
#: What is hashed before the key; no stream's name begins like this.
COMMITMENT_PREFIX = b"mesoinv-held-out-key/1\0"
_KEY = re.compile(rb"[0-9a-fA-F]{%d}\r?\n?" % (2 * KEY_BYTES))


def new_key(path: str | os.PathLike[str]) -> None:
    """Write a new random key into a new file that only its owner may read.

    Parameters
    ----------
    path : path
        File to be, with a key of 32 bytes as 64 hexadecimal digits and a newline.

    Raises
    ------
    UsageError
        If the file exists: a key is never overwritten, its split could not be scored any more.
    MesoinvError
        If the file cannot be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            os.fchmod(handle, 0o600)  # whatever the umask takes away
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(handle)  # the split is worth nothing without it
    except FileExistsError:
        raise UsageError(
            f"{Path(path)} exists already, and a key is never overwritten. Leave --new-key out to "
            "use the key in it (also to continue a build), or name another file."
        ) from None
    except OSError as error:
        raise MesoinvError(f"Cannot write the key file {Path(path)}: {error.strerror}.") from None


def read_key(path: str | os.PathLike[str], *, revealed: bool = False) -> bytes:
    """Return the key in a file; warns if others may read it.

    Parameters
    ----------
    path : path
        What `new_key` wrote.
    revealed : bool
        Whether it is no secret any more, so that everybody may read it.

    Returns
    -------
    bytes
        32 of them.

    Raises
    ------
    UsageError
        If there is no such file, or it holds anything but one key. The message never shows what it
        holds.
    """
    try:
        with Path(path).open("rb") as file:
            text = file.read(1024)
            open_to_others = os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077
    except FileNotFoundError:
        raise UsageError(
            f"There is no key file {Path(path)}. `mesoinv generate … --new-key` makes one."
        ) from None
    except OSError as error:
        raise UsageError(f"Cannot read the key file {Path(path)}: {error.strerror}.") from None
    if not _KEY.fullmatch(text):
        raise UsageError(
            f"{Path(path)} is not a key file. It must hold {2 * KEY_BYTES} hexadecimal digits in "
            f"one line and nothing else; it holds {_length(text)}."
        )
    if open_to_others and not revealed:
        warnings.warn(
            f"Others may read the key file {Path(path)}, and with it the answers: chmod 600 it.",
            stacklevel=2,
        )
    return bytes.fromhex(text.decode("ascii"))


def _length(text: bytes) -> str:
    wrong = re.search(rb"[^0-9a-fA-F]", text.strip())
    count = f"{len(text)} bytes" if len(text) < 1024 else "1024 bytes or more"
    return f"{count}, not all of them hexadecimal digits" if wrong else count


def check_key(key: bytes) -> bytes:
    """Return a key if it is one.

    Raises
    ------
    UsageError
        If it does not have 32 bytes; with no bytes, its stream would be a public one.
    """
    if not isinstance(key, bytes) or len(key) != KEY_BYTES:
        raise UsageError(f"A key is {KEY_BYTES} bytes, as `read_key` gives them.")
    return key


def commitment(key: bytes) -> str:
    """Return what is published of a key: SHA-256 of a fixed prefix and the key, in hexadecimal.

    Parameters
    ----------
    key : bytes
        From `read_key`.

    Returns
    -------
    str
        64 digits. The prefix makes them useless for anything else the key is hashed for.
    """
    return hashlib.sha256(COMMITMENT_PREFIX + check_key(key)).hexdigest()
