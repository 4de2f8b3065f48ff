"""Keys: made once, read strictly, promised by a digest, never shown."""

from __future__ import annotations

import hashlib
import os
import stat
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.pipeline.held_out.secret import check_key, commitment, new_key, read_key
from mesoinv.generators.pipeline.seeding import Stream

if TYPE_CHECKING:
    from pathlib import Path

KEY = bytes(range(32))


def test_a_new_key(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        for name in ("a", "b"):
            new_key(tmp_path / name)
    finally:
        os.umask(before)
    for name in ("a", "b"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
        assert len((tmp_path / name).read_text()) == 65
        assert read_key(tmp_path / name).hex() + "\n" == (tmp_path / name).read_text()
    assert read_key(tmp_path / "a") != read_key(str(tmp_path / "b"))


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("something\n")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("key", "link"):
        with pytest.raises(UsageError, match="never overwritten"):
            new_key(tmp_path / name)
    assert (tmp_path / "key").read_text() == "something\n"
    assert not (tmp_path / "elsewhere").exists()
    with pytest.raises(MesoinvError, match="No such file"):
        new_key(tmp_path / "nowhere" / "key")


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_what_is_a_key(tmp_path: Path, end: str) -> None:
    for digits in (KEY.hex(), KEY.hex().upper()):
        (tmp_path / "key").write_bytes((digits + end).encode())
        assert read_key(tmp_path / "key", revealed=True) == KEY


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        KEY.hex()[:-1].encode(),
        KEY.hex()[:-2].encode() + b"\n",
        KEY.hex().encode() + b"00\n",
        KEY.hex().encode() + b"\n\n",
        b" " + KEY.hex().encode(),
        KEY.hex().encode() + b" my key\n",
        KEY.hex()[:-1].encode() + b"g\n",
        KEY,
        b"\xff" * 64,
        "٣".encode() * 32,
        b"0x" + KEY.hex()[2:].encode(),
        KEY.hex().encode() * 100,
    ],
)
def test_what_is_no_key_is_refused_and_not_shown(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="is not a key file") as caught:
        read_key(path)
    message = str(caught.value).replace(str(path), "")
    assert "64 hexadecimal digits" in message
    for start in range(0, len(content) - 6, 6):
        assert content[start : start + 6].decode("latin1") not in message
    assert caught.value.__context__ is None


def test_no_key_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--new-key"):
        read_key(tmp_path / "key")
    with pytest.raises(UsageError, match="directory"):
        read_key(tmp_path)


def test_commitment() -> None:
    """By hand, as the card tells people to do it."""
    by_hand = hashlib.sha256(b"mesoinv-held-out-key/1\0" + KEY).hexdigest()
    assert commitment(KEY) == by_hand
    assert commitment(KEY).startswith("b517438d9b0ad34b")  # a promise made must stay valid
    assert commitment(KEY) != hashlib.sha256(KEY).hexdigest()
    assert commitment(KEY[::-1]) != by_hand


@pytest.mark.parametrize("wrong", [b"", KEY[:31], KEY + b"0", KEY.hex(), None])
def test_only_keys_are_keys(wrong: object) -> None:
    for use in (check_key, commitment):
        with pytest.raises(UsageError, match="32 bytes"):
            use(wrong)  # type: ignore[arg-type, operator]


def test_a_salted_stream_is_another_and_does_not_show_its_salt() -> None:
    public, salted = Stream("toy", "1.0.0", "a", "b"), Stream("toy", "1.0.0", "a", "b", KEY)
    other = Stream("toy", "1.0.0", "a", "b", KEY[::-1])
    words = [stream.words(np.arange(3), 4).tolist() for stream in (public, salted, other)]
    assert words[0] != words[1] != words[2] != words[0]
    assert repr(salted) == repr(public)
    assert salted.name == public.name
    assert salted != public


def test_a_key_that_others_can_read(tmp_path):
    path = tmp_path / "key"
    new_key(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        key = read_key(path)
        path.chmod(0o644)
        assert read_key(path, revealed=True) == key
    with pytest.warns(UserWarning, match="Others may read the key file"):
        assert read_key(path) == key
