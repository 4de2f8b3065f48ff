"""Samples straight into memory, by random access: nothing is stored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.common.devices import check_device
from mesoinv.generators.common.errors import UsageError, unknown_name
from mesoinv.generators.pipeline.compute import compute_rows
from mesoinv.generators.pipeline.plan import check_solver
from mesoinv.generators.pipeline.resolve import resolve_dataset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mesoinv.generators.pipeline.base import Batch, Dataset


def generate(
    dataset: str | Dataset,
    config: str | None = None,
    split: str = "test",
    indices: Iterable[int] = range(8),
    *,
    device: str = "cpu",
    solver: str | None = None,
) -> Batch:
    r"""Generate some samples of a dataset, the same as in the published files but not rounded.

    Parameters
    ----------
    dataset : str or Dataset
        A name of `list_datasets`, ``"package.module:OBJECT"``, or a declaration.
    config : str, optional
        One of `list_configs`; the dataset's default one by default.
    split : str
        ``"train"``, ``"validation"`` or ``"test"``.
    indices : iterable of int
        Samples, in any order. A split does not end: indices beyond the published ones give more
        samples of the same distribution.
    device : str
        ``"cpu"`` or ``"cuda"``.
    solver : str, optional
        One of the dataset's solvers, the first by default.

    Returns
    -------
    dict of str to array
        Column -> array of shape (number of indices, \\*shape of the column).

    Raises
    ------
    UsageError
        If a name is unknown, or an index negative or not an integer.

    Examples
    --------
    >>> import mesoinv
    >>> batch = mesoinv.generate("pldos", "landscape", split="test", indices=[3, 3999])
    >>> batch["potential"].shape, batch["conductance"].round(3).tolist()
    ((2, 256, 192), [2.508, 2.389])
    """
    declared = resolve_dataset(dataset)
    config = config or declared.default_config
    splits = {name: None for size in declared.config(config).sizes.values() for name in size}
    if split not in splits:
        raise unknown_name(f"split of {declared.name}/{config}", split, splits)
    return compute_samples(declared, config, split, indices, device=device, solver=solver)


def _rows(indices: Any) -> NDArray[np.int64]:
    """Return the asked samples as an array, or say how to write what was meant."""
    allowed = "indices must be one or more integers of 0 or more, such as [3] or range(8)."
    if isinstance(indices, slice):
        raise UsageError(f"{allowed} A split does not end: write range(start, stop), not a slice.")
    if isinstance(indices, int | np.integer) and not isinstance(indices, bool):
        raise UsageError(f"{allowed} For one sample, write [{indices}].")
    if not isinstance(indices, Iterable) or isinstance(indices, str):
        raise UsageError(f"{allowed} Got {indices!r:.80}.")
    rows = np.asarray(list(indices))
    if rows.ndim != 1 or rows.size == 0 or rows.dtype.kind not in "iu" or rows.min() < 0:
        raise UsageError(allowed)
    return rows.astype(np.int64)


def compute_samples(
    dataset: Dataset,
    config: str,
    split: str,
    indices: Iterable[int],
    *,
    device: str = "cpu",
    solver: str | None = None,
    salt: bytes = b"",
    columns: Sequence[str] | None = None,
) -> Batch:
    """Compute samples of any stream, a batch after the other.

    Parameters
    ----------
    dataset : Dataset
        A declaration.
    config, split : str
        Name of the stream.
    indices, device, solver
        As for `generate`.
    salt : bytes
        Key of a held-out split; empty for public ones.
    columns : sequence of str, optional
        Which columns to keep; all of them by default.

    Returns
    -------
    dict of str to array
        As of `generate`.

    Raises
    ------
    UsageError
        If an index is negative or not an integer.
    """
    rows = _rows(indices)
    solver, device = check_solver(dataset, solver), check_device(device)
    size = dataset.part_rows(config)
    chunks = np.split(rows, range(size, len(rows), size))
    names = columns or [column.name for column in dataset.columns(config)]
    batches = []
    for chunk in chunks:
        batch = compute_rows(dataset, config, split, chunk, solver=solver, device=device, salt=salt)
        batches.append({name: batch[name] for name in names})
    return {name: np.concatenate([batch[name] for batch in batches]) for name in names}
