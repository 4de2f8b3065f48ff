"""An evaluation with the errors of each sample, and the folder that keeps both."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.common.errors import MesoinvError
from mesoinv.generators.common.files import replace_text, replacing
from mesoinv.generators.common.numbers import with_interval
from mesoinv.generators.common.records import to_json
from mesoinv.zoo.declared.evaluation import RESULT, Evaluation, read_evaluation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesoinv.zoo.declared.evaluation import Score
    from mesoinv.zoo.metrics import Table

    Rows = dict[str, NDArray[Any]]

TABLE = "samples.parquet"


@dataclass(frozen=True)
class Result:
    """What an evaluation gives.

    Attributes
    ----------
    evaluation : Evaluation
        Scores with intervals, and everything needed to get them again.
    table : dict of str to (N,) array
        ``index`` and the errors of each sample.
    """

    evaluation: Evaluation
    table: Table

    def __repr__(self) -> str:
        done = self.evaluation
        return f"<{done.subject.name} on {done.task}, {done.samples} samples: {self._line()}>"

    def _line(self) -> str:
        score = self.headline
        text = with_interval(score.value, score.low, score.high, ".5g")
        return f"{self.evaluation.headline} {text}"

    def _repr_html_(self) -> str:
        """Return a table of the scores, for notebooks."""
        done = self.evaluation
        rows = "".join(
            f"<tr><td>{escape(name)}</td>"
            f"<td>{escape(with_interval(score.value, score.low, score.high, '.5g'))}</td></tr>"
            for name, score in done.scores.items()
        )
        title = escape(f"{done.subject.name} on {done.task}, {done.samples} samples")
        return f"<table><caption>{title}</caption>{rows}</table>"

    @property
    def headline(self) -> Score:
        """The score that ranks."""
        return self.evaluation.scores[self.evaluation.headline]

    def save(self, folder: str | Path) -> Path:
        """Write ``evaluation.json`` and ``samples.parquet`` (in single precision) into a folder."""
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415

        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        rounded = {
            name: values.astype(np.float32) if values.dtype.kind == "f" else values
            for name, values in self.table.items()
        }
        encodings = {
            name: "BYTE_STREAM_SPLIT" if values.dtype.kind == "f" else "DELTA_BINARY_PACKED"
            for name, values in rounded.items()
        }
        with replacing(target / TABLE) as temporary:
            pq.write_table(
                pa.table(rounded), temporary, compression="zstd", use_dictionary=False,
                column_encoding=encodings,
            )  # fmt: skip
        # last: where it is, the table is too
        replace_text(target / RESULT, to_json(self.evaluation))
        return target


def read_result(folder: str | Path) -> Result:
    """Read what `Result.save` wrote.

    Raises
    ------
    MesoinvError
        If it is missing, damaged or of another format.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    source = Path(folder)
    evaluation = read_evaluation(source)
    try:
        table = pq.ParquetFile(source / TABLE).read().combine_chunks()
    except FileNotFoundError:
        raise MesoinvError(f"{source} holds no evaluation: run `mesoinv evaluate`.") from None
    except (ValueError, pa.ArrowException, OSError) as error:
        raise MesoinvError(f"The evaluation in {source} is damaged: {error}") from None
    if len(table) != evaluation.samples:
        raise MesoinvError(
            f"The evaluation in {source} is damaged: {TABLE} has {len(table)} samples, {RESULT} "
            f"says {evaluation.samples}."
        )
    # pyarrow's own conversion imports pandas, where it is installed
    columns: Rows = {name: np.from_dlpack(table[name].chunk(0)) for name in table.column_names}
    return Result(evaluation, columns)
