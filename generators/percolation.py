"""Site percolation on the square lattice: who is connected, at an exactly known density.

Bayo, Çivitcioğlu, Webb, Honecker and Römer (2025) [1]_, section 3: L × L sites, exactly as many of
them occupied as the density says. Networks that are asked whether a cluster spans the lattice were
found to read the density instead. One sample is a lattice with what its clusters do.

References
----------
.. [1] D. Bayo, B. Çivitcioğlu, J. J. Webb, A. Honecker and R. A. Römer, "Machine Learning of Phases
   and Structures for Model Systems in Physics", J. Phys. Soc. Jpn. 94, 031002 (2025).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mesoinv.generators.common import pictures
from mesoinv.generators.common.arguments import plain_array
from mesoinv.generators.common.errors import UsageError, unknown_name
from mesoinv.generators.papers.bayo2025 import PAPER
from mesoinv.generators.pipeline.base import Batch, Column, Config, Dataset
from mesoinv.generators.solvers.percolation.clusters import Clusters, cluster_labels, find_clusters
from mesoinv.generators.solvers.percolation.site_occupation import occupy, words_needed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from mesoinv.generators.pipeline.seeding import Stream

__all__ = ["DATASET", "DENSITIES", "THRESHOLD", "Clusters", "clusters", "occupied_sites"]

#: Occupied sites per site: 12 values below the paper's p_c(100) = 0.585, 18 above.
DENSITIES = (
    *(k / 10 for k in range(1, 6)),
    *(k / 1000 for k in range(550, 661, 5)),
    *(k / 10 for k in range(7, 10)),
)
#: Threshold of the infinite square lattice, and the one that the paper takes for L = 100.
THRESHOLD, FINITE_THRESHOLD = 0.59274605079210, 0.585
#: Draws after which `balanced` gives up: each fails with a probability of about one half.
_MOST_DRAWS = 200
#: A lattice has at most 256 × 256 sites: that many fit the random numbers.
LARGEST = 256


def occupied_sites(density: float, length: int) -> int:
    """Return round(pL²), the number of occupied sites; a half is rounded up.

    The density is taken as the decimal number that it is written as, so that 0.555 of 100 sites are
    55.5 and give 56, on every machine.

    Parameters
    ----------
    density : float
        p, 0 to 1.
    length : int
        L.

    Examples
    --------
    >>> from mesoinv.generators.percolation import occupied_sites
    >>> occupied_sites(0.555, 10)
    56
    """
    return math.floor(Fraction(repr(float(density))) * length**2 + Fraction(1, 2))


def clusters(occupied: ArrayLike) -> Clusters:
    """Find the clusters of occupied sites: which edges they connect, how large, how many.

    Sites are connected to their four nearest neighbours; boundaries are free.

    Parameters
    ----------
    occupied : (B, L, W) array_like
        1 or True where a site is occupied, else 0; axis 1 goes from top to bottom.

    Returns
    -------
    Clusters
        ``vertical`` (top to bottom) and ``horizontal``, (B,) bool; ``largest`` [sites] and
        ``number``, (B,) int32.

    Raises
    ------
    UsageError
        If the shape is wrong, there is no site, or a value is neither 0 nor 1.

    Examples
    --------
    >>> from mesoinv.generators.percolation import clusters
    >>> found = clusters([[[1, 0, 1], [1, 1, 0], [0, 1, 1]]])
    >>> bool(found.vertical[0]), int(found.largest[0]), int(found.number[0])
    (True, 5, 2)
    """
    return find_clusters(_checked(occupied))


def _checked(occupied: ArrayLike) -> NDArray[np.uint8]:
    array = plain_array(occupied, "occupied sites")
    if array.dtype.kind not in "biuf":
        raise UsageError(f"Occupied sites are numbers, 0 or 1; got {array.dtype}.")
    if array.ndim != 3 or 0 in array.shape[1:]:
        hint = " Add a batch axis with occupied[None]." if array.ndim == 2 else ""
        raise UsageError(
            "Occupied sites have shape (batch, length, width), length and width 1 or more; got "
            f"{array.shape}.{hint}"
        )
    good = ((array == 0) | (array == 1)).all(axis=(1, 2))
    if not good.all():
        raise UsageError(f"Sample {int(np.argmin(good))} holds values other than 0 and 1.")
    return array.astype(np.uint8)


@dataclass(frozen=True)
class PercolationConfig(Config):
    """Parameters of one configuration.

    Attributes
    ----------
    length : int
        L: the lattice has L × L sites.
    densities : tuple of float
        p of the samples, in turn.
    balanced : bool
        Whether samples of even index do not span and those of odd index do. They are drawn until
        they are so; a pair of samples has the same density.
    """

    length: int = field(default=100, metadata={"unit": "sites"})
    densities: tuple[float, ...] = field(
        default=DENSITIES, metadata={"unit": "1", "description": "list of values taken in turn"}
    )
    balanced: bool = field(
        default=False, metadata={"unit": "1", "description": "whether just every second one spans"}
    )

    @property
    def symmetries(self) -> tuple[str, ...]:
        """Clusters are the same on a lattice that is turned or mirrored."""
        return ("square",)

    def __post_init__(self) -> None:
        if not 1 <= self.length <= LARGEST:
            raise UsageError(f"A lattice has 1 to {LARGEST} sites a side; got {self.length}.")
        if not self.densities or not all(0 <= p <= 1 for p in self.densities):
            raise UsageError(f"Densities are between 0 and 1; got {self.densities}.")
        if unknown := set(self.densities) - set(DENSITIES):
            raise UsageError(f"{sorted(unknown)} are not among the classes of density.")


def _per_density(full: dict[str, int]) -> dict[str, dict[str, int]]:
    """Return sizes from the samples at each density."""
    each = {
        "mini": {"train": 32, "validation": 8, "test": 16},
        "small": {"train": 320, "validation": 32, "test": 100},
        "full": full,
    }
    count = len(DENSITIES)
    return {size: {s: count * n for s, n in splits.items()} for size, splits in each.items()}


def _lattice(length: int) -> PercolationConfig:
    return PercolationConfig(
        f"{length} × {length} sites, all 31 densities in turn",
        _per_density({"train": 10_000, "validation": 200, "test": 1000}),
        length=length,
    )


class Percolation(Dataset):
    """The dataset ``percolation``."""

    name = "percolation"
    pretty_name = "Site percolation at exact densities"
    version = "1.0.0"
    paper = PAPER
    default_config = "L100"
    configs: ClassVar[Mapping[str, PercolationConfig]] = {
        "L100": _lattice(100),
        "L200": _lattice(200),
        "balanced": PercolationConfig(
            "100 × 100 sites, p = 0.585 throughout: every second sample spans",
            {
                "mini": {"train": 512, "validation": 128, "test": 256},
                "small": {"train": 8192, "validation": 1024, "test": 2048},
                "full": {"train": 100_000, "validation": 5000, "test": 10_000},
            },
            densities=(0.585,), balanced=True,
        ),
        "balanced_L200": PercolationConfig(
            "200 × 200 sites, p = 0.59 throughout: every second sample spans",
            {"mini": {"test": 128}, "small": {"test": 1024}, "full": {"test": 4000}},
            length=200, densities=(0.59,), balanced=True,
        ),
        "L10": _lattice(10),
        "L20": _lattice(20),
        "L50": _lattice(50),
    }  # fmt: skip
    rows_per_part = 1024
    rows_per_shard = 2**16

    def columns(self, config: str) -> tuple[Column, ...]:
        """Return the columns, all bit-exact: nothing is rounded."""
        side = self.parameters(config).length
        return (
            Column("index", "int64", (), "1", "number of the sample in its split"),
            Column(
                "occupied",
                "uint8",
                (side, side),
                "1",
                "1 where a site is occupied, else 0",
                symmetry="field",
            ),
            Column(
                "density",
                "float64",
                (),
                "1",
                "p, occupied sites over all sites",
                symmetry="invariant",
            ),
            Column(
                "density_class",
                "int64",
                (),
                "1",
                "place of p in the list of 31 densities",
                symmetry="invariant",
            ),
            Column(
                "spanning",
                "bool",
                (),
                "1",
                "a cluster spans, vertically or horizontally",
                symmetry="invariant",
            ),
            Column("spanning_vertical", "bool", (), "1", "a cluster touches top and bottom"),
            Column("spanning_horizontal", "bool", (), "1", "a cluster touches left and right"),
            Column(
                "largest_cluster",
                "int32",
                (),
                "sites",
                "size of the largest cluster",
                symmetry="invariant",
            ),
            Column("n_clusters", "int32", (), "1", "number of clusters", symmetry="invariant"),
        )

    def parameters(self, config: str) -> PercolationConfig:
        """Return a configuration with its physical parameters."""
        declared = self.config(config)
        assert isinstance(declared, PercolationConfig)
        return declared

    def draw(self, config: str, stream: Stream, indices: NDArray[np.int64]) -> Batch:
        """Draw the occupied sites."""
        parameters, index = self.parameters(config), np.asarray(indices)
        sites = _balanced if parameters.balanced else _occupied
        occupied = sites(parameters, stream, index)
        counts, turn = _counts(parameters), _turn(parameters, stream, index)
        classes = [DENSITIES.index(p) for p in parameters.densities]
        return {
            "index": index,
            "occupied": occupied,
            # the exact number of sites over all: the density of the class up to rounding to a site
            "density": counts[turn] / parameters.length**2,
            "density_class": np.array(classes)[turn],
        }

    def solve(
        self, config: str, drawn: Batch, *, device: str = "cpu", solver: str | None = None
    ) -> Batch:
        """Find the clusters; on any device it is the CPU that does it."""
        self.config(config)
        del device
        if solver not in {None, *self.solvers}:
            raise unknown_name("solver", str(solver), self.solvers)
        clusters = find_clusters(drawn["occupied"])
        return drawn | {
            "spanning": clusters.vertical | clusters.horizontal,
            "spanning_vertical": clusters.vertical,
            "spanning_horizontal": clusters.horizontal,
            "largest_cluster": clusters.largest,
            "n_clusters": clusters.number,
        }

    def figure(self, config: str, batch: Batch, row: int = 0) -> Figure:
        """Draw clusters in colours, those that span in black; a balanced sample with the next."""
        rows = [row]
        if self.parameters(config).balanced and row + 1 < len(batch["index"]):
            rows.append(row + 1)
        return pictures.clusters_figure(
            [cluster_labels(batch["occupied"][i]) for i in rows],
            [self._title(batch, i) for i in rows],
        )

    @staticmethod
    def _title(batch: Batch, row: int) -> str:
        ways = [d for d in ("vertical", "horizontal") if batch[f"spanning_{d}"][row]]
        spans = f"spans {'ly and '.join(ways)}ly" if ways else "nothing spans"
        return (
            f"p = {batch['density'][row]:g}: {spans}, "
            f"{batch['n_clusters'][row]} clusters, largest {batch['largest_cluster'][row]} sites"
        )

    def images(self, config: str, batch: Batch) -> dict[str, list[bytes]]:
        """Render occupied sites as PNG files, black on white, four pixels a site or two."""
        scale = 4 if batch["occupied"].shape[1] <= 100 else 2
        enlarged = batch["occupied"].repeat(scale, axis=1).repeat(scale, axis=2)
        return {
            "image": [
                # axis 0 goes down in the picture, as top and bottom have it
                pictures.map_png(pictures.Map(sites[::-1].T, "occupied", "1", "Greys"))
                for sites in enlarged
            ]
        }


def _turn(
    parameters: PercolationConfig, stream: Stream, indices: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return which of the configuration's densities a sample has."""
    step = indices // 2 if parameters.balanced else indices
    return stream.turns(step, len(parameters.densities))


def _counts(parameters: PercolationConfig) -> NDArray[np.int64]:
    """Return the occupied sites of each of the densities."""
    counts = [occupied_sites(p, parameters.length) for p in parameters.densities]
    return np.array(counts, dtype=np.int64)


def _occupied(
    parameters: PercolationConfig, stream: Stream, indices: NDArray[np.int64], channel: int = 0
) -> NDArray[np.uint8]:
    sites = parameters.length**2
    counts = _counts(parameters)
    words = max(words_needed(int(count), sites) for count in counts)
    lattices = occupy(
        stream.words(indices, words, channel), counts[_turn(parameters, stream, indices)], sites
    )
    return lattices.reshape(len(indices), parameters.length, parameters.length)


def _balanced(
    parameters: PercolationConfig, stream: Stream, indices: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Draw every sample again, from its next channel, until it spans or not as is its turn."""
    spans = stream.turns(indices, 2) == 1
    out = np.empty((len(indices), parameters.length, parameters.length), dtype=np.uint8)
    left = np.arange(len(indices))
    for channel in range(_MOST_DRAWS):
        drawn = _occupied(parameters, stream, indices[left], channel)
        clusters = find_clusters(drawn)
        good = (clusters.vertical | clusters.horizontal) == spans[left]
        out[left[good]] = drawn[good]
        left = left[~good]
        if not len(left):
            return out
    raise ArithmeticError(f"{len(left)} samples were not as wanted after {_MOST_DRAWS} draws")


DATASET = Percolation()
