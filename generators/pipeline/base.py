"""What a dataset declares; everything else (seeds, shards, cards, verification) is derived from it.

A dataset is one module directly inside ``mesoinv.generators`` with a module-level ``DATASET``,
an instance of a subclass of `Dataset`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from mesoinv.generators.common import pictures
from mesoinv.generators.common.errors import UsageError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from mesoinv.generators.common.pictures import Map
    from mesoinv.generators.pipeline.seeding import Stream

#: A batch of samples: column name -> array whose first axis is the sample.
Batch = dict[str, NDArray[Any]]

SPLITS = ("train", "validation", "test")
SIZES = ("mini", "small", "full")

#: Groups of symmetries -> what they do to the sites.
SYMMETRIES = {
    "mirror": "the last axis is mirrored",
    "reversal": "the first axis is mirrored",
    "square": "the two axes are exchanged and mirrored, in all eight ways",
    "cube": "the three axes are exchanged and mirrored, in all 48 ways",
    "translations": "every axis is shifted by any number of sites, periodically",
}


@dataclass(frozen=True)
class Column:
    """One stored column of a dataset.

    Attributes
    ----------
    name : str
        Column name, the field's own term.
    dtype : str
        Storage type, a numpy name (``"float16"``, ``"float64"``, ``"int64"`` …); ``"<U24"`` for
        words of at most 24 letters.
    shape : tuple of int
        Shape of one sample's value; ``()`` for a scalar.
    unit : str
        Physical unit as printed in cards; ``"1"`` for a pure number.
    description : str
        One line for the card.
    rtol : float
        Largest relative L2 difference per sample between a stored value and a regenerated one.
        0 means bit-exact on every machine, which disorder inputs and integers are.
    floor : float
        A value whose L2 norm is smaller is compared as if it were this large, for quantities that
        may be near zero and have an absolute error.
    symmetry : str
        What the symmetries of the configuration (`Config.symmetries`) do to it: ``"invariant"``,
        nothing; ``"field"``, its values move with the sites; ``"own"``, what `Dataset.transformed`
        does; ``"drawn"``, `Dataset.drawn` makes it again from the `source`. Empty: it is not known,
        and nobody may transform samples with it.
    source : str
        Of a column that is drawn: the column it is a picture of, a field.
    encoding : str
        ``"png"`` stores uint8 pictures, of shape (H, W) or (H, W, 3), as PNG files, which
        `datasets` shows as images; they are arrays everywhere else.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    unit: str
    description: str
    rtol: float = 0.0
    floor: float = 0.0
    symmetry: Literal["", "invariant", "field", "own", "drawn"] = ""
    encoding: Literal["", "png"] = ""
    source: str = ""

    @property
    def num_bytes(self) -> int:
        """Bytes of one sample's value before it is compressed."""
        return np.dtype(self.dtype).itemsize * math.prod(self.shape)

    def __post_init__(self) -> None:
        picture = len(self.shape) == 2 or (len(self.shape) == 3 and self.shape[2] == 3)
        if self.encoding and not (self.dtype == "uint8" and picture):
            raise UsageError(
                f"Column {self.name}: a picture is uint8 of shape (H, W) or (H, W, 3); it is "
                f"{self.dtype} of shape {self.shape}."
            )


@dataclass(frozen=True)
class Paper:
    """The publication that defined a system."""

    authors: str
    title: str
    reference: str
    year: int
    arxiv: str
    doi: str
    bibtex: str


@dataclass(frozen=True)
class Config:
    """One configuration of a dataset; a dataset derives its own with its physical parameters.

    Attributes
    ----------
    description : str
        One line for the card.
    sizes : mapping
        ``{"mini": {"train": 64, "validation": 16, "test": 16}, "small": …, "full": …}``,
        samples per size and split; a smaller size is a prefix of a larger one.
    """

    description: str
    sizes: Mapping[str, Mapping[str, int]]

    @property
    def symmetries(self) -> tuple[str, ...]:
        """Groups that turn samples into others of the same distribution, names of `SYMMETRIES`."""
        return ()


class Dataset(ABC):
    """A dataset: declarations and two pure, batched steps, `draw` and `solve`.

    Attributes
    ----------
    name, pretty_name : str
        Repository name (``"pldos"``) and title for people.
    version : str
        Semantic version of the data; any change of any sample raises the major number.
    paper : Paper
        Where the system comes from.
    configs : mapping of str to Config
        Configurations; `default_config` is the one ``load_dataset`` gives without a name.
    solvers : tuple of str
        Names accepted by `solve`; the first is the default.
    rows_per_part : int
        Samples that are computed and saved together: what a kill can lose, and a row group.
    rows_per_shard : int
        Samples in a file; a multiple of `rows_per_part`, for files of 200 to 500 MB.
    inverse : (str, str) or None
        What `invert` takes and what it gives, as columns; None where there is no inversion.
    """

    name: ClassVar[str]
    pretty_name: ClassVar[str]
    version: ClassVar[str]
    paper: ClassVar[Paper]
    default_config: ClassVar[str]
    configs: ClassVar[Mapping[str, Config]]
    solvers: ClassVar[tuple[str, ...]] = ("default",)
    rows_per_part: ClassVar[int] = 64
    rows_per_shard: ClassVar[int] = 4096
    inverse: ClassVar[tuple[str, str] | None] = None

    @abstractmethod
    def columns(self, config: str) -> tuple[Column, ...]:
        """Return the columns of a configuration, in the order they are stored."""

    @abstractmethod
    def draw(self, config: str, stream: Stream, indices: NDArray[np.int64]) -> Batch:
        """Draw the disorder of the given samples, a function of (stream, index) alone."""

    @abstractmethod
    def solve(
        self, config: str, drawn: Batch, *, device: str = "cpu", solver: str | None = None
    ) -> Batch:
        """Compute every column of `columns` from what `draw` gave (float64, not yet rounded)."""

    def images(self, config: str, batch: Batch) -> dict[str, list[bytes]]:
        """Render PNG images of samples for the preview configuration and ``mesoinv show``.

        Parameters
        ----------
        config : str
            Configuration of the samples.
        batch : Batch
            Samples, as `solve` returns them.

        Returns
        -------
        dict of str to list of bytes
            Image column name -> one PNG file a sample.
        """
        return {}

    def figure(self, config: str, batch: Batch, row: int = 0) -> Figure:
        """Draw one sample with axes, units and colour bars, for ``mesoinv show`` and the card.

        Parameters
        ----------
        config : str
            Configuration of the samples.
        batch : Batch
            Samples, as `solve` returns them.
        row : int
            Which of them.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        NotImplementedError
            If the dataset has no picture.
        """
        raise NotImplementedError(f"{self.name} has no picture of a sample")

    def prediction_maps(self, config: str, truth: Batch, predicted: Batch) -> tuple[list[Map], str]:
        """Return what shows a prediction of one sample beside the truth.

        Parameters
        ----------
        config : str
            Configuration of the sample.
        truth : Batch
            All columns, (1, …) each.
        predicted : Batch
            Columns or other outputs of a model, (1, …) each.

        Returns
        -------
        list of Map, str
            Maps to be drawn in a row, and words for the title.
        """
        maps: list[Map] = []
        words = ""
        for column in self.columns(config):
            if column.name not in predicted:
                continue
            made, true = predicted[column.name][0], truth[column.name][0]
            if made.ndim > 1:
                true, made = (pictures.slice_of(v.astype(float)) for v in (true, made))
                maps += pictures.compared(true, made, column.name, column.unit)
            elif not made.ndim:
                words += f"\n{column.name} = {made:.4g} (true {true:.4g}) {column.unit}"
        return maps, words

    def config(self, name: str) -> Config:
        """Return a configuration by name, or raise an error that lists the valid names."""
        if name not in self.configs:
            raise unknown_name(f"config of {self.name}", name, self.configs)
        return self.configs[name]

    def invert(
        self,
        config: str,
        observed: ArrayLike,
        start: ArrayLike,
        *,
        noise: float | Literal["estimate"] | None = None,
        **options: Any,
    ) -> Any:
        """Find what is behind observations, by a fit through the solver, begun at `start`.

        Raises
        ------
        UsageError
            If the dataset has no inversion.
        """
        raise UsageError(f"There is no inversion of {self.name}.")

    def inverted_columns(self, config: str, inversion: Any) -> Batch:
        """Return a result of `invert` by column, (B, …) each; ``NAME_std`` is a deviation."""
        raise NotImplementedError(f"{self.name} has no inversion")

    def inversion_figure(
        self,
        config: str,
        inversion: Any,
        observed: NDArray[Any],
        *,
        row: int = 0,
        truth: NDArray[Any] | None = None,
    ) -> Figure:
        """Draw one result of `invert`, beside the truth where it is known."""
        raise NotImplementedError(f"{self.name} has no picture of an inversion")

    def transformed(self, config: str, column: str, group: str, values: NDArray[Any]) -> Any:
        """Return values (B, *shape) of a column of symmetry ``"own"``, transformed.

        Only groups of two, ``"mirror"`` and ``"reversal"``, ask for it.

        Raises
        ------
        UsageError
            If the dataset does not know how.
        """
        raise UsageError(f"{self.name}/{config}: what {group} does to {column} is not known.")

    def drawn(self, config: str, column: str, values: NDArray[Any]) -> NDArray[Any]:
        """Return a column of symmetry ``"drawn"``, (B, *shape), from values of its source.

        Raises
        ------
        UsageError
            If the dataset does not know how.
        """
        raise UsageError(f"{self.name}/{config}: how {column} is drawn is not known.")

    def part_rows(self, config: str) -> int:
        """Return how many samples of a configuration are computed together: two minutes at most."""
        return self.rows_per_part

    def num_bytes(self, config: str, size: str) -> int:
        """Return how many bytes a configuration has before it is compressed."""
        row = sum(column.num_bytes for column in self.columns(config))
        return row * sum(self.config(config).sizes[size].values())

    def num_samples(self, config: str, size: str, split: str) -> int:
        """Return how many samples a split has at a size, refusing unknown names."""
        sizes = self.config(config).sizes
        if size not in sizes:
            raise unknown_name("size", size, sizes)
        if split not in sizes[size]:
            raise unknown_name(f"split of {self.name}/{config}", split, sizes[size])
        return sizes[size][split]
