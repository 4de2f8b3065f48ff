"""Seeded generators: every module directly in this package is one dataset (its ``DATASET``)."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING

from mesoinv.generators.common.errors import unknown_name

if TYPE_CHECKING:
    from mesoinv.generators.pipeline.base import Dataset


def list_datasets() -> list[str]:
    """Return the names of all datasets, found by looking at the modules of this package.

    Examples
    --------
    >>> import mesoinv
    >>> "pldos" in mesoinv.list_datasets()
    True
    """
    modules = (m.name for m in pkgutil.iter_modules(__path__) if not m.ispkg)
    return sorted(name.replace("_", "-") for name in modules)


@functools.cache
def get_dataset(name: str) -> Dataset:
    """Return a dataset's declaration.

    Parameters
    ----------
    name : str
        One of `list_datasets`.

    Returns
    -------
    Dataset
        The module's ``DATASET``.

    Raises
    ------
    UsageError
        If there is no such dataset; the message lists those that exist.
    """
    if name not in list_datasets():
        raise unknown_name("dataset", name, list_datasets())
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    dataset: Dataset = module.DATASET
    return dataset


def list_configs(dataset: str) -> list[str]:
    """Return the names of a dataset's configurations, the default one first.

    Examples
    --------
    >>> import mesoinv
    >>> mesoinv.list_configs("conductance")[:3]
    ['model2', 'model3', 'model4']
    """
    declared = get_dataset(dataset)
    rest = [name for name in declared.configs if name != declared.default_config]
    return [declared.default_config, *rest]
