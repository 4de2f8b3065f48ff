"""What a model makes of one sample, as a picture beside the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesoinv.generators.common import pictures
from mesoinv.generators.pipeline.generate import generate
from mesoinv.generators.pipeline.resolve import resolve_dataset

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mesoinv.zoo.model.model import Model


def prediction_figure(model: Model, split: str, index: int, config: str | None = None) -> Figure:
    """Generate one sample and draw what the model makes of it beside the truth.

    Parameters
    ----------
    model : Model
        Any of the zoo.
    split : str
        Of the configuration.
    index : int
        Which sample.
    config : str, optional
        Configuration of the sample; the one that it was trained on by default.

    Returns
    -------
    matplotlib.figure.Figure
        Maps of inputs, truth, prediction and error; numbers are compared in the title.
    """
    trained = model.config
    dataset, config = resolve_dataset(trained.dataset), config or trained.config
    truth = generate(dataset, config, split, [index])
    values: Any = model.predict({q.name: truth[q.name] for q in trained.inputs}, check_range=False)
    predicted = values if isinstance(values, dict) else {trained.outputs[0].name: values}
    maps = [
        pictures.Map(pictures.slice_of(truth[q.name][0]), q.name, q.unit, "inferno", high=0.995)
        for q in trained.inputs
        if truth[q.name].ndim > 2
    ]
    more, words = dataset.prediction_maps(config, truth, predicted)
    maps += more
    title = f"{trained.name}, {dataset.name}/{config}/{split} sample {index}{words}"
    # a raster that is coarser than the sites lies over the same sample
    extent = max(tuple(float(n) for n in one.values.shape) for one in maps)
    return pictures.side_by_side(maps, extent=extent, unit="sites", title=title)
