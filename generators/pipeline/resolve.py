"""From what a user names to a dataset: one of ours, or anybody's ``package.module:OBJECT``.

To import a module runs its code. So a name of that kind is imported if the user gave it, as an
argument or in the environment variable ``MESOINV_DATASETS``, and refused in a file: files come from
others.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

from mesoinv.generators import get_dataset
from mesoinv.generators.common.errors import UsageError

if TYPE_CHECKING:
    from mesoinv.generators.pipeline.base import Dataset


#: Environment variable: names that files may have too, with commas in between.
ALLOWED = "MESOINV_DATASETS"
_given: set[str] = set()


def dataset_of_file(name: str, file: str) -> Dataset:
    """Return the dataset that a file names; `check_named_in_file` says which ones it may name."""
    check_named_in_file(name, file)
    return resolve_dataset(name)


def check_named_in_file(name: str, file: str) -> None:
    """Refuse a name in a file that would import code, unless the user gave the same name.

    Parameters
    ----------
    name : str
        Of a dataset.
    file : str
        Where it stands, for the message.

    Raises
    ------
    UsageError
        If it is ``package.module:OBJECT``, and this process was not given that name.
    """
    allowed = _given | set(os.environ.get(ALLOWED, "").split(","))
    if ":" in name and name not in allowed:
        raise UsageError(
            f"{file} names the dataset {name!r}, which is code outside mesoinv. Files may name the "
            f"datasets of `mesoinv list`. If you trust it: {ALLOWED}={name}"
        )


def resolve_dataset(dataset: str | Dataset) -> Dataset:
    """Return a dataset's declaration.

    Parameters
    ----------
    dataset : str or Dataset
        A name of `list_datasets`; ``"package.module:OBJECT"`` for a dataset declared outside this
        package; or the declaration itself.

        Names that stand in files go to `dataset_of_file` first.

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
    _given.add(dataset)
    return declared
