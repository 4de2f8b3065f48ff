"""Streams: bit-exact words against an independent Philox, order independence, distributions."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from scipy import special, stats

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.normal import exact_log, normal_quantile
from mesoinv.generators.pipeline.seeding import Stream

STREAM = Stream("pldos", "1.2.3", "global", "test")
MASK = 2**64 - 1


def philox(key: int, counter: int) -> list[int]:
    """Philox4x64-10 of Salmon et al. (2011), written from the paper on Python integers."""
    keys = [key & MASK, key >> 64]
    words = [(counter >> (64 * i)) & MASK for i in range(4)]
    for _ in range(10):
        first, second = 0xD2E7470EE14C6C93 * words[0], 0xCA5A826395121157 * words[2]
        words = [
            (second >> 64) ^ words[1] ^ keys[0],
            second & MASK,
            (first >> 64) ^ words[3] ^ keys[1],
            first & MASK,
        ]
        keys = [(keys[0] + 0x9E3779B97F4A7C15) & MASK, (keys[1] + 0xBB67AE8584CAA73B) & MASK]
    return words


def expected_words(name: str, salt: bytes, index: int, channel: int, count: int) -> list[int]:
    key = int.from_bytes(hashlib.sha256(name.encode() + salt).digest()[:16], "little")
    start = (channel << 128) | (index << 64)
    blocks = [philox(key, start + 1 + block) for block in range(-(-count // 4))]
    return [word for block in blocks for word in block][:count]


def digest(values: np.ndarray) -> str:
    return hashlib.sha256(values.astype(values.dtype.newbyteorder("<")).tobytes()).hexdigest()[:16]


def test_philox_known_answer() -> None:
    # first line of the known-answer test of the reference implementation (all zeros)
    assert philox(0, 0) == [
        0x16554D9ECA36314C,
        0xDB20FE9D672D0FDC,
        0xD7E772CEE186176B,
        0x7E68B68AEC7BA23B,
    ]


@pytest.mark.parametrize("salt", [b"", b"secret"])
@pytest.mark.parametrize(("index", "channel"), [(0, 0), (17, 0), (17, 3), (2**40 + 1, 2**33)])
def test_words_against_independent_philox(salt: bytes, index: int, channel: int) -> None:
    stream = Stream("pldos", "1.2.3", "global", "test", salt)
    expected = expected_words("mesoinv/pldos/1/global/test", salt, index, channel, 10)
    assert stream.words(np.array([index]), 10, channel)[0].tolist() == expected


def test_golden_digests() -> None:
    indices = np.array([0, 1, 2, 1000, 123456789])
    assert STREAM.name == "mesoinv/pldos/1/global/test"
    assert digest(STREAM.words(indices, 33)) == "fbf030ce574914de"
    assert digest(STREAM.uniform(indices, 33, channel=1)) == "23696f681bb41786"
    assert digest(STREAM.normal(indices, 4000)) == "85d7a0219905be74"


def test_sample_does_not_depend_on_company() -> None:
    indices = np.array([5, 3, 99, 3, 0])
    together = STREAM.normal(indices, 7)
    for row, index in zip(together, indices, strict=True):
        np.testing.assert_array_equal(row, STREAM.normal(np.array([index]), 7)[0])
    np.testing.assert_array_equal(STREAM.normal(indices[::-1], 7), together[::-1])
    np.testing.assert_array_equal(STREAM.normal(indices, 3), together[:, :3])  # a prefix


def test_everything_in_the_name_and_the_salt_matters() -> None:
    streams = [
        STREAM,
        Stream("other", "1.2.3", "global", "test"),
        Stream("pldos", "2.2.3", "global", "test"),
        Stream("pldos", "1.2.3", "local", "test"),
        Stream("pldos", "1.2.3", "global", "train"),
        Stream("pldos", "1.2.3", "global", "test", b"a"),
        Stream("pldos", "1.2.3", "global", "test", b"b"),
    ]
    words = [stream.words(np.arange(50), 4, channel) for stream in streams for channel in (0, 1)]
    assert np.unique(words).size == np.size(words)


def test_only_the_major_version_matters() -> None:
    newer = Stream("pldos", "1.9.0", "global", "test")
    np.testing.assert_array_equal(newer.words(np.arange(3), 4), STREAM.words(np.arange(3), 4))


@pytest.mark.parametrize("indices", [[-1], [0, -5], [0.5], ["a"], [True]])
def test_bad_index_is_refused(indices: list[object]) -> None:
    with pytest.raises(UsageError, match="0 or more"):
        STREAM.words(np.array(indices), 4)


def test_uniform_moments_and_independence() -> None:
    values = STREAM.uniform(np.arange(2000), 100)
    assert values.min() > 0
    assert values.max() < 1
    assert stats.kstest(values.ravel(), "uniform").pvalue > 1e-3
    for shifted in (values[:, 1:] * values[:, :-1], values[1:] * values[:-1]):
        assert abs(shifted.mean() - 0.25) < 5 * shifted.std() / np.sqrt(shifted.size)


def test_uniform_is_open_at_both_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    extremes = np.array([[0, MASK]], dtype=np.uint64)
    monkeypatch.setattr(Stream, "words", lambda *_args: extremes)
    low, high = STREAM.uniform(np.array([0]), 2)[0]
    assert low > 0
    assert high < 1


def test_normal_quantile_against_scipy() -> None:
    centre = np.linspace(1e-6, 1 - 1e-6, 20001)
    tails = np.concatenate([10.0 ** -np.arange(2, 17), 1 - 10.0 ** -np.arange(2, 16)])
    for p in (centre, tails):
        np.testing.assert_allclose(normal_quantile(p), special.ndtri(p), rtol=1e-13, atol=1e-15)
    assert normal_quantile(np.array([0.5]))[0] == 0


def test_exact_log() -> None:
    x = np.concatenate([np.logspace(-300, 300, 2001), np.linspace(0.5, 2, 2001)])
    np.testing.assert_allclose(exact_log(x), np.log(x), rtol=1e-14, atol=1e-16)


def test_normal_distribution() -> None:
    values = STREAM.normal(np.arange(1000), 200).ravel()
    assert stats.kstest(values, "norm").pvalue > 1e-3
    assert abs(values.mean()) < 5 / np.sqrt(values.size)
    assert abs(stats.kurtosis(values)) < 5 * np.sqrt(24 / values.size)


def test_turns():
    """In turn where everybody may know, at random and equally often where a key decides."""
    indices = np.arange(6200)
    public = Stream("toy", "1.0.0", "plain", "test")
    np.testing.assert_array_equal(public.turns(indices, 31), indices % 31)
    secret = [replace(public, salt=salt).turns(indices, 31) for salt in (b"a", b"b")]
    for turns in secret:
        counts = np.bincount(turns, minlength=31)
        assert len(counts) == 31
        assert 10 < ((counts - 200) ** 2 / 200).sum() < 60  # chi squared of 30
        assert np.mean(turns == indices % 31) < 0.06
    assert np.mean(secret[0] == secret[1]) < 0.06
    alone = replace(public, salt=b"a").turns(indices[40:41], 31)
    assert alone.tolist() == [secret[0][40]]
