"""Measurement noise for the robustness scores: the same for everybody, a function of the index."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mesoinv.generators.pipeline.seeding import Stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesoinv.eval.tasks.task import Task

#: Own channel of a sample's stream, far from those that draw samples.
_CHANNEL = 1 << 32


def add_noise(
    values: NDArray[Any], level: float, task: Task, column: str, indices: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Add Gaussian noise of `level` times each sample's mean; nothing falls below zero.

    Parameters
    ----------
    values : (B, *shape) array
        Not negative.
    level : float
        Standard deviation over the sample's mean.
    task : Task
        Names the stream, with the column.
    column : str
        Different inputs have different noise.
    indices : (B,) array of int
        Samples.

    Returns
    -------
    (B, *shape) array of float32
    """
    stream = noise_stream(task.dataset, task.dataset_version, task.config, task.split, column)
    return with_noise(values, level, stream, indices)


def noise_stream(dataset: str, version: str, config: str, split: str, column: str) -> Stream:
    """Return the random numbers of the noise of one column."""
    return Stream(dataset, version, config, f"{split}/noise/{column}")


def with_noise(
    values: NDArray[Any], level: float, stream: Stream, indices: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Do what `add_noise` does, where there is no task."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    noise = stream.normal(indices, math.prod(values.shape[1:]), channel=_CHANNEL)
    noisy = flat + level * flat.mean(axis=1, keepdims=True) * noise
    return np.maximum(noisy, 0.0).reshape(values.shape).astype(np.float32)
