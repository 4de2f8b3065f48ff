"""The head of a safetensors file: which tensors it claims to hold, checked against its size.

Format: 8 bytes with the length of the head, the head (JSON), the numbers without gaps.
https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
import math
import os
import stat
from typing import TYPE_CHECKING, Any

from mesoinv.eval.submission.problems import Problem, RefusedError, quoted

if TYPE_CHECKING:
    from pathlib import Path

    Shapes = dict[str, tuple[int, ...]]

MAX_HEAD = 1_000_000
MAX_TENSORS = 10_000
MAX_AXES = 8
#: bytes a number
_TYPES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1,
    "BOOL": 1,
}  # fmt: skip


def read_shapes(path: Path) -> Shapes:
    """Return name and shape of every tensor that a file holds.

    Raises
    ------
    RefusedError
        If it is something else (a pickle, say), is cut off, or its head and size disagree.
    """
    head, room = _read_head(path)
    head.pop("__metadata__", None)
    if len(head) > MAX_TENSORS:
        raise _refused(f"claims {len(head)} tensors; allowed are {MAX_TENSORS}.")
    parts = sorted((*_extent(name, entry), name) for name, entry in head.items())
    at = 0
    for start, end, name in parts:
        if start != at:
            raise _refused(f"has a gap or an overlap before the tensor {quoted(name)}.")
        at = end
    if at != room:
        raise _refused(f"should have {at} bytes of numbers by its head, and has {room}.")
    return {name: tuple(entry["shape"]) for name, entry in head.items()}


def _read_head(path: Path) -> tuple[dict[str, Any], int]:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise _refused("is not a plain file.")
            start = file.read(8)
            length = int.from_bytes(start, "little")
            if len(start) < 8 or not 2 <= length <= min(MAX_HEAD, about.st_size - 8):
                # a head may be of a length whose first byte is that of a pickle
                if start[:1] == b"\x80" or start[:4] == b"PK\x03\x04":
                    raise _refused("is a pickle inside, which can run any code when it is loaded.")
                raise _refused("is cut off, or no safetensors file.")
            head = json.loads(file.read(length), object_pairs_hook=_once)
    except OSError as error:
        raise _refused(f"cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError) as error:
        raise _refused(f"has a head that is damaged ({quoted(error)}).") from None
    if not isinstance(head, dict):
        raise _refused("has a head without tensors.")
    return head, about.st_size - 8 - length


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_TENSORS + 1 or len(dict(pairs)) != len(pairs):
        raise ValueError("a name twice, or too many names")
    return dict(pairs)


def _extent(name: str, entry: Any) -> tuple[int, int]:
    """Return where the numbers of a tensor begin and end, which must be its shape's length."""
    whole = isinstance(entry, dict) and entry.keys() == {"dtype", "shape", "data_offsets"}
    shape, offsets = (entry["shape"], entry["data_offsets"]) if whole else ([-1], [])
    if not _counts(shape, MAX_AXES) or not _counts(offsets, 2) or len(offsets) != 2:
        raise _refused(f"describes the tensor {quoted(name)} in another way than the format says.")
    if not isinstance(entry["dtype"], str) or entry["dtype"] not in _TYPES:
        raise _refused(
            f"holds {quoted(name)} as {quoted(entry['dtype'])}. Save float32 or float16."
        )
    if offsets[1] - offsets[0] != math.prod(shape) * _TYPES[entry["dtype"]]:
        raise _refused(f"claims another size than shape of the tensor {quoted(name)}.")
    return offsets[0], offsets[1]


def _counts(values: Any, length: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) <= length
        and all(type(v) is int and 0 <= v < 2**40 for v in values)
    )


def _refused(what: str) -> RefusedError:
    fix = "Save it with mesoinv (Model.save_pretrained) or safetensors.torch.save_file."
    return RefusedError(Problem("model.safetensors", what, fix))
