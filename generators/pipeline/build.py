"""Build a dataset into a folder: parts in parallel, shards in order, resumable at any moment.

What is on disk is always one of: a finished shard that the manifest lists, a whole part, or a
temporary file that the next build overwrites. So a build that was killed continues from its parts.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mesoinv.generators.common.devices import check_device
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.common.extras import require
from mesoinv.generators.common.files import given_path
from mesoinv.generators.pipeline.build_state import BuildState
from mesoinv.generators.pipeline.built_folder import BuiltFolder
from mesoinv.generators.pipeline.compute import compute_part
from mesoinv.generators.pipeline.derived import build_mini, build_preview
from mesoinv.generators.pipeline.folder import check_folder, locked, open_manifest
from mesoinv.generators.pipeline.job import DeclaredJob
from mesoinv.generators.pipeline.plan import (
    Part,
    check_configs,
    check_solver,
    check_splits,
)
from mesoinv.generators.pipeline.readme import update_readme
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.generators.pipeline.workers import completed, open_pool

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence

    from mesoinv.generators.pipeline.base import Dataset
    from mesoinv.generators.pipeline.compute import PartJob
    from mesoinv.generators.pipeline.job import BuildJob, Progress


def build(  # noqa: PLR0913 - the public call of the whole pipeline
    dataset: str | Dataset,
    configs: Sequence[str] | None = None,
    size: str = "mini",
    splits: Sequence[str] | None = None,
    *,
    out: str | os.PathLike[str] | None = None,
    workers: int = 1,
    device: str = "cpu",
    solver: str | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Build configurations of a dataset into a folder that ``load_dataset`` reads.

    Stopped at any moment, the same call continues and ends in the same content. With the default
    configuration come ``mini`` (its first samples) and ``preview`` (a few, with images). At the end
    a short ``README.md`` names the configurations to ``load_dataset``, see `update_readme`.

    Parameters
    ----------
    dataset : str or Dataset
        A name of `list_datasets`, ``"package.module:OBJECT"``, or a declaration.
    configs : sequence of str, optional
        Names of configurations; all of them by default. A folder can be extended later by others.
    size : {"mini", "small", "full"}
        How many samples; a smaller size is a prefix of a larger one.
    splits : sequence of str, optional
        Only these splits; nothing comes with the default configuration then.
    out : path, optional
        Output folder; ``data/<dataset>`` by default.
    workers : int
        Processes of one thread each. 1 computes in this process.
    device : str
        ``"cpu"`` or ``"cuda"``; a GPU takes ``workers=1``.
    solver : str, optional
        One of the dataset's solvers, the first by default.
    scheduler : str, optional
        Address of a dask scheduler whose workers compute instead of local processes.
    progress : callable, optional
        Called with (samples done, samples in total), first with what was there already.

    Returns
    -------
    Path
        The output folder.

    Raises
    ------
    UsageError
        If a name is unknown, or the folder holds something else.
    MesoinvError
        If the disk is full, a worker died, another build writes to the folder, or a scheduler is
        named and ``distributed`` is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import mesoinv
    >>> folder = mesoinv.build("percolation", ["L10"], out=tempfile.mkdtemp())
    >>> sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    ['L10', 'README.md', 'manifest.json']
    """
    declared = resolve_dataset(dataset)
    if scheduler is not None:
        require("A scheduler", "cluster")
    chosen = check_configs(declared, configs, size)
    job = DeclaredJob(
        dataset=declared,
        configs=chosen,
        size=size,
        splits=check_splits(declared, chosen, size, splits),
        folder=output_folder(declared, out),
        solver=check_solver(declared, solver),
        device=check_device(device),
        workers=check_workers(workers, device, scheduler),
        scheduler=scheduler,
    )

    def derive(state: BuildState) -> None:
        if job.derives:
            build_mini(state)
            build_preview(state, job.preview_rows)

    return run_job(job, progress, derive)


def output_folder(dataset: Dataset, out: str | os.PathLike[str] | None) -> Path:
    """Return the folder that was asked for, ``data/<dataset>`` by default."""
    return Path("data") / dataset.name if out is None else given_path(out)


def check_workers(workers: int, device: str, scheduler: str | None = None) -> int:
    """Return the number of processes if the device can be driven by them.

    Raises
    ------
    UsageError
        If it is not positive, or there are several for a GPU.
    """
    if workers < 1:
        raise UsageError(f"workers must be 1 or more, not {workers}.")
    if device != "cpu" and (workers > 1 or scheduler is not None):
        raise UsageError("One process drives the GPU: use --workers 1 and no --scheduler with it.")
    return workers


def run_job(
    job: BuildJob,
    progress: Progress | None = None,
    derive: Callable[[BuildState], None] | None = None,
) -> Path:
    """Do what a job asks: compute what is missing, write shards, README, and clean up.

    Parameters
    ----------
    job : BuildJob
        What was asked, already checked.
    progress : callable, optional
        Called with (samples done, samples in total).
    derive : callable, optional
        Makes other configurations from the finished ones.

    Returns
    -------
    Path
        The output folder.

    Raises
    ------
    UsageError
        If the folder holds something else.
    MesoinvError
        If the disk is full, a worker died, or another build writes to the folder.
    """
    check_folder(job.folder)
    with locked(job.folder):
        manifest = open_manifest(job.folder, job.dataset, job.planned_records())
        state = BuildState(job, manifest, progress or (lambda _done, _total: None))
        with state.explained():
            compute_shards(state)
            if derive is not None:
                derive(state)
            update_readme(BuiltFolder(job.folder, manifest, job.dataset))
            state.clean_up()
    return job.folder


def compute_shards(state: BuildState) -> None:
    """Compute what is missing and write the shards in order, while later parts are computed."""
    job, shards = state.job, state.begin()
    if not shards:
        return
    missing = [p for shard in shards for p in shard.parts if p not in state.saved]
    with open_pool(job.workers, job.scheduler) as (executor, window):
        results = completed(executor, compute_part, map(job.task, missing), window)
        for shard in shards:
            state.write_shard(shard, _saved_parts(shard.parts, results, state))


def _saved_parts(
    parts: Sequence[Part], results: Iterator[tuple[PartJob, bytes]], state: BuildState
) -> Iterator[Part]:
    """Yield parts in order, saving whatever finishes until the next one is there."""
    for part in parts:
        while part not in state.saved:
            task, packed = next(results)
            state.save_part(task.part, packed)
        yield part
