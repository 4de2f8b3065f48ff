"""Random access randomness: any number of any sample from a name and an index, bit-exact.

A stream is named ``mesoinv/<dataset>/<major version>/<config>/<split>``; the SHA-256 of the name is
the key of a Philox4x64-10 counter generator [1]_, and a sample's index is part of the counter. So
sample 17 is the same alone, in a batch, in another process and on another machine.

Words are turned into numbers with IEEE additions, multiplications, divisions and square roots only:
library logarithms differ in the last bit between machines, correctly rounded operations do not.

References
----------
.. [1] J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11 (2011).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.normal import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Words that Philox4x64 makes from one counter, and how many counters there are.
_BLOCK, _COUNTERS = 4, 2**256
#: Of `Stream.turns` and `Stream.places`; no dataset counts its channels up to here.
_TURNS, _PLACES = 2**32, 2**32 + 1


@dataclass(frozen=True)
class Stream:
    """The random numbers of one split.

    Attributes
    ----------
    dataset, config, split : str
        Names as they appear in the stream's name.
    version : str
        Semantic version of the dataset; only the major number enters.
    salt : bytes
        Secret of a held-out split, not shown; empty for public ones.
    """

    dataset: str
    version: str
    config: str
    split: str
    salt: bytes = field(default=b"", repr=False)

    @property
    def name(self) -> str:
        """The text that is hashed, without the salt."""
        major = self.version.split(".", maxsplit=1)[0]
        return f"mesoinv/{self.dataset}/{major}/{self.config}/{self.split}"

    @property
    def key(self) -> int:
        """The 128-bit Philox key."""
        digest = hashlib.sha256(self.name.encode() + self.salt).digest()
        return int.from_bytes(digest[:16], "little")

    def words(self, indices: NDArray[np.int64], count: int, channel: int = 0) -> NDArray[np.uint64]:
        """Return raw 64-bit words.

        Parameters
        ----------
        indices : (B,) array of int
            Sample indices, not negative.
        count : int
            Words for each sample.
        channel : int
            Independent purposes within a sample take different channels.

        Returns
        -------
        (B, count) array of uint64

        Raises
        ------
        UsageError
            If an index is negative or not an integer.
        """
        samples = np.atleast_1d(np.asarray(indices))
        if samples.size and (samples.dtype.kind not in "iu" or samples.min() < 0):
            raise UsageError("Sample indices must be integers of 0 or more.")
        out = np.empty((samples.size, count), dtype=np.uint64)
        # one generator that is moved: a new one for each sample takes longer than its words
        generator, at = np.random.Philox(key=self.key, counter=0), 0
        for row, index in zip(out, samples.tolist(), strict=True):
            start = (channel << 128) | (index << 64)
            generator.advance((start - at) % _COUNTERS)
            row[:] = generator.random_raw(count)
            at = start + -(-count // _BLOCK)
        return out

    def uniform(
        self, indices: NDArray[np.int64], count: int, channel: int = 0
    ) -> NDArray[np.float64]:
        """Return numbers uniform in the open interval (0, 1), shape (B, count), on a 2⁻⁵² grid."""
        # 52 bits, not 53: then adding one half is exact and no number rounds to 1
        words = self.words(indices, count, channel) >> np.uint64(12)
        return (words.astype(np.float64) + 0.5) * 2.0**-52

    def normal(
        self, indices: NDArray[np.int64], count: int, channel: int = 0
    ) -> NDArray[np.float64]:
        """Return standard normal numbers, shape (B, count), by inversion of `uniform`."""
        return normal_quantile(self.uniform(indices, count, channel))

    def turns(self, indices: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """Return which of `count` values each sample has: in turn; at random if held out.

        What samples take in turn can be read from their index, so a secret key must enter it.

        Returns
        -------
        (B,) array of int64
            0 to count - 1.
        """
        if not self.salt:
            return np.asarray(indices) % count
        words = self.words(indices, 1, channel=_TURNS)[:, 0] % np.uint64(count)
        return words.astype(np.int64)

    def places(
        self, indices: NDArray[np.int64], count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return block and place of samples of which `count` in a row are one block.

        Every place is taken once in a block: in order; in a random order if held out.

        Returns
        -------
        (B,) array of int64, (B,) array of int64
            Number of the block, 0 or more; place, 0 to count - 1.
        """
        blocks, places = np.divmod(np.asarray(indices), count)
        if not self.salt:
            return blocks, places
        shuffled = np.empty_like(places)
        for block in np.unique(blocks).tolist():
            words = self.words(np.array([block]), count, channel=_PLACES)[0]
            here = blocks == block
            shuffled[here] = np.argsort(words, kind="stable")[places[here]]
        return blocks, shuffled
