"""Audit a built folder: its manifest, its files, and a seeded choice of samples made anew."""

from __future__ import annotations

import secrets
import shlex
from typing import TYPE_CHECKING

from mesoinv.generators.common.devices import check_device
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.files import given_path, is_folder
from mesoinv.generators.pipeline.audit.copies import check_copies
from mesoinv.generators.pipeline.audit.files import check_files, check_manifest
from mesoinv.generators.pipeline.audit.keys import Key, check_promises
from mesoinv.generators.pipeline.audit.report import Report
from mesoinv.generators.pipeline.audit.samples import check_samples
from mesoinv.generators.pipeline.built_folder import BuiltFolder
from mesoinv.generators.pipeline.held_out.secret import read_key
from mesoinv.generators.pipeline.manifest import MANIFEST, read_manifest
from mesoinv.generators.pipeline.readme import README, declares_files, read_readme
from mesoinv.generators.pipeline.resolve import dataset_of_file, resolve_dataset

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from mesoinv.generators.pipeline.base import Dataset
    from mesoinv.generators.pipeline.manifest import Manifest


def verify(
    folder: str | os.PathLike[str],
    samples: int = 16,
    seed: int | None = None,
    *,
    device: str = "cpu",
    dataset: str | Dataset | None = None,
    progress: Callable[[int, int], object] | None = None,
    key_file: str | os.PathLike[str] | None = None,
) -> Report:
    """Check a built dataset against its manifest and against its own seeds.

    Every file is checked for presence, length, SHA-256, rows and schema; ``mini`` and ``preview``
    are compared with what they are copies of; other files and links are noted. Some samples are
    computed again, each from its index, and compared with what is stored; those of held-out
    configurations only with their key.

    Parameters
    ----------
    folder : path
        What `build` returned, or a download of a published dataset.
    samples : int
        How many samples to compute again, spread over all splits.
    seed : int, optional
        Which samples; by default others each time, so that nobody knows which will be looked at.
        The report has it.
    device : str
        ``"cpu"`` or ``"cuda"``.
    dataset : str or Dataset, optional
        Needed for a dataset declared outside mesoinv: ``"package.module:OBJECT"``.
    progress : callable, optional
        Called with (steps done, steps in total): a step is a file or a sample.
    key_file : path, optional
        Key of held-out configurations, once it was revealed: it is compared with the commitment
        that was published with them.

    Returns
    -------
    Report
        All problems that were found; ``report.ok`` if there are none.

    Raises
    ------
    UsageError
        If there is no such folder, the key file is not one, or nothing is held out here.

    Examples
    --------
    >>> import tempfile
    >>> import mesoinv
    >>> folder = mesoinv.build("percolation", ["L10"], out=tempfile.mkdtemp())
    >>> mesoinv.verify(folder).ok
    True
    """
    path = given_path(folder)
    if not is_folder(path):
        raise UsageError(f"{path} is not a folder. Give the one that `mesoinv generate` named.")
    if samples < 0:
        raise UsageError(f"samples must be 0 or more, not {samples}.")
    device, report = check_device(device), Report(folder=str(path))
    report.seed = secrets.randbelow(2**32) if seed is None else seed
    key = Key() if key_file is None else Key(read_key(key_file, revealed=True))
    try:
        manifest = read_manifest(path)
    except MesoinvError as error:
        report.add("manifest", str(error))
        return report
    report.dataset, report.version = manifest.dataset, manifest.version
    check_promises(manifest, key, report)
    declared = _declared(manifest, dataset, report)
    steps = _Steps(manifest, key, samples if declared else 0, progress)
    if declared:
        check_manifest(manifest, declared, report)
    readable = check_files(path, manifest, declared, report, steps.step)
    if declared:
        check_copies(readable, declared, report)
        check_samples(readable, declared, report, (samples, report.seed, device), key, steps.step)
        if manifest.complete:
            _check_readme(BuiltFolder(path, manifest, declared), report)
    steps.finish()
    return report


def _check_readme(built: BuiltFolder, report: Report) -> None:
    """Report a card that does not name what is here: ``load_dataset`` reads what it says alone."""
    if not declares_files(read_readme(built.folder), built):
        report.add(
            "card",
            f"its head does not describe the configurations {', '.join(built.configs)} as they are "
            "here, so load_dataset does not find all of them, or mixes them. "
            f"`mesoinv card {shlex.quote(str(built.folder))}` writes it again",
            README,
        )


def _declared(manifest: Manifest, given: str | Dataset | None, report: Report) -> Dataset | None:
    """Return the installed dataset if these files are of its version."""
    try:
        declared = (
            dataset_of_file(manifest.dataset, MANIFEST) if given is None else resolve_dataset(given)
        )
    except MesoinvError as error:
        report.add("dataset", f"{error} Give one declared elsewhere as package.module:OBJECT.")
        return None
    here = f"{manifest.dataset} {manifest.version}"
    installed = f"{declared.name} {declared.version}"
    if here != installed:
        report.add(
            "version",
            f"wrong version: the folder holds {here}, installed is {installed}; its samples "
            "can only be checked with the mesoinv that makes that version "
            f"(it was made by mesoinv {manifest.mesoinv})",
        )
        return None
    return declared


class _Steps:
    """Counts files and samples for the progress callback."""

    def __init__(
        self,
        manifest: Manifest,
        key: Key,
        samples: int,
        progress: Callable[[int, int], object] | None,
    ) -> None:
        splits = [
            (record, s) for record in manifest.configs.values() for s in record.splits.values()
        ]
        rows = sum(split.num_rows for record, split in splits if key.opens(record))
        self._total = sum(len(split.shards) for _, split in splits) + min(samples, rows)
        self._done = 0
        self._progress = progress or (lambda _done, _total: None)
        self._progress(0, self._total)

    def step(self) -> None:
        self._done = min(self._done + 1, self._total)
        self._progress(self._done, self._total)

    def finish(self) -> None:
        self._progress(self._total, self._total)
