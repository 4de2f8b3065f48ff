"""From what a user names to a dataset: one of ours, or anybody's ``package.module:OBJECT``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from mesoinv.generators import get_dataset
from mesoinv.generators.common.errors import UsageError

if TYPE_CHECKING:
    from mesoinv.generators.pipeline.base import Dataset


def resolve_dataset(dataset: str | Dataset) -> Dataset:
    """Return a dataset's declaration.

    Parameters
    ----------
    dataset : str or Dataset
        A name of `list_datasets`; ``"package.module:OBJECT"`` for a dataset declared outside this
        package; or the declaration itself.

    Returns
    -------
    Dataset

    Raises
    ------
    UsageError
        If there is no such dataset.
    """
    if not isinstance(dataset, str):
        return dataset
    if ":" not in dataset:
        return get_dataset(dataset)
    module_name, _, attribute = dataset.partition(":")
    try:
        declared: Dataset = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(
            f"Cannot load the dataset {dataset!r}: {error}. Expected 'package.module:OBJECT', "
            "importable from here."
        ) from error
    return declared
