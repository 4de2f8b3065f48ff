"""Inverse problems solved through the solver itself, begun with what a model of the zoo says."""

from __future__ import annotations

import inspect
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mesoinv.generators import list_datasets
from mesoinv.generators.common.errors import MesoinvError, UsageError, unknown_name
from mesoinv.generators.pipeline.resolve import resolve_dataset
from mesoinv.zoo.declared.config import CONFIG, WEIGHTS, read_config
from mesoinv.zoo.declared.evaluation import stored_evaluations
from mesoinv.zoo.declared.models import list_models, local_folder

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from mesoinv.generators.pipeline.base import Dataset
    from mesoinv.zoo.declared.evaluation import Evaluation

_log = logging.getLogger(__name__)


def invert(
    dataset: str,
    observed: ArrayLike,
    *,
    config: str | None = None,
    noise: float | Literal["estimate"] | None = None,
    start: ArrayLike | str | Path | None = None,
    **options: Any,
) -> Any:
    """Find what is behind observations, by a fit through the exact solver.

    Parameters
    ----------
    dataset : str
        ``"pldos"``: `observed` are densities of states (B, 256, 192) [1/t], and the landscapes
        behind them are wanted.
    observed : array_like
        Observations, with a batch axis.
    config : str, optional
        Configuration of the dataset, whose parameters hold for the observations; its default one.
    noise : float, "estimate" or None
        Standard deviation of the noise of every site over the mean of an observation; by default
        none but the rounding that the dataset's storage has. ``"estimate"`` measures it on each.
    start : array_like, str or path, optional
        What to begin with, an array with a batch axis, or a model that predicts it: a name of the
        zoo or a folder. By default the best model that is here; where there is noise, the one that
        bears it best.
    **options
        The dataset's own, see its ``invert``: of ``pldos``, ``s`` [nm], ``n_d`` [1e12 cm⁻²],
        ``strip`` and ``tolerance``. Where s and N_d lie in a range, as in ``global``, they are
        estimated with the landscape.

    Returns
    -------
    Inversion
        The dataset's own: what was found, with its errors, and the verdict ``fits`` for each
        observation. Where that is false, the rest is no answer.

    Raises
    ------
    UsageError
        If the dataset has no inversion, an observation or the start is not one, or an option is
        unknown.
    MesoinvError
        If no model is here to begin with.

    Examples
    --------
    >>> import mesoinv
    >>> sample = mesoinv.generate("pldos", "landscape", "test", [0])
    >>> made = mesoinv.invert("pldos", sample["pldos"])  # doctest: +SKIP
    >>> made.fits, abs(made.potential - sample["potential"]).max()  # doctest: +SKIP
    """
    declared = invertible(dataset)
    config = config or declared.default_config
    declared.config(config)
    allowed = [n for n, p in inspect.signature(declared.invert).parameters.items()
               if p.kind is p.KEYWORD_ONLY and n != "noise"]  # fmt: skip
    for name in options:
        if name not in allowed:
            raise unknown_name(f"option of the inversion of {dataset}", name, allowed)
    begin = starting_point(declared, config, start, observed, noisy=noise is not None)
    return declared.invert(config, observed, begin, noise=noise, **options)


def starting_point(
    declared: Dataset,
    config: str,
    start: ArrayLike | str | Path | None,
    observed: ArrayLike,
    *,
    noisy: bool,
) -> ArrayLike:
    """Return what an inversion begins with: an array, or what a model predicts."""
    if start is None:
        start = best_start(declared, config, noisy=noisy)
        _log.info("%s/%s: the inversion begins with %s", declared.name, config, start.name)
    return _predicted(start, observed) if isinstance(start, str | Path) else start


def with_inversion() -> list[str]:
    """Return the names of the datasets that have an inversion."""
    return [name for name in list_datasets() if resolve_dataset(name).inverse is not None]


def invertible(name: str) -> Dataset:
    """Return a dataset that has an inversion, refusing others."""
    declared = resolve_dataset(name)
    if declared.inverse is None:
        raise UsageError(
            f"There is no inversion of {name}; there is one of {', '.join(with_inversion())}."
        )
    return declared


def best_start(declared: Dataset, config: str, *, noisy: bool = False) -> Path:
    """Return the folder of the model that knows best what an inversion wants.

    Parameters
    ----------
    declared : Dataset
    config : str
        What the model was trained on.
    noisy : bool
        Rank by the worst of the scores with noise, not by those on clean samples.

    Raises
    ------
    MesoinvError
        If there is none in this checkout.
    """
    assert declared.inverse is not None
    observed, wanted = declared.inverse
    scored: list[tuple[float, Path]] = []
    for name in list_models(f"{declared.name}-*"):
        folder = local_folder(name)
        if not ((folder / CONFIG).exists() and (folder / WEIGHTS).exists()):
            continue
        model = read_config(folder)
        names = [q.name for q in model.inputs], [q.name for q in model.outputs]
        if names != ([observed], [wanted]) or model.config != config:
            continue
        scores = [_score(e, noisy=noisy) for e in stored_evaluations(folder) if e.split == "test"]
        scored.append((max(scores, default=-np.inf), folder))
    if not scored:
        raise MesoinvError(
            f"No model is here that gives a {wanted} of {declared.name}/{config} to begin with. "
            "Give one: start=array, or the name or folder of a model."
        )
    return max(scored)[1]


def _score(evaluation: Evaluation, *, noisy: bool) -> float:
    """Return the headline; with noise, the worst of the task's variants that have it."""
    scores = [evaluation.scores]
    if noisy:
        scores += [v.scores for name, v in evaluation.variants.items() if name.startswith("noise")]
    return min(s[evaluation.headline].value for s in scores)


def _predicted(model: str | Path, observed: ArrayLike) -> NDArray[np.float64]:
    from mesoinv.zoo.model.loading import load_model  # noqa: PLC0415  (torch is slow to import)

    made = load_model(model).predict(observed, check_range=False)
    if isinstance(made, dict):
        raise UsageError(f"The model {model} gives several outputs; a start is one.")
    return np.asarray(made, dtype=np.float64)
