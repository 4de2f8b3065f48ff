"""No network but the exact solver: the dataset's inversion, begun with what a network says.

It takes the noise from each observation. The network to begin with is another model of the zoo,
named in the hyperparameters; the digest of its weights is stored, so that nothing else is begun
with. What the fit does not explain is given all the same: scores count it as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from mesoinv.generators.common.errors import MesoinvError, UsageError, unknown_name
from mesoinv.generators.pipeline.resolve import check_named_in_file, resolve_dataset
from mesoinv.zoo.architectures import Refusal
from mesoinv.zoo.declared.models import list_models

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mesoinv.zoo.model.model import Model

    Array = NDArray[Any]

#: It gives several outputs of any shape.
SEVERAL = True
#: It learns nothing: boards show it without a rank.
COMPUTED = True


def refusals(hyperparameters: Mapping[str, Any]) -> Iterator[Refusal]:
    """Yield that nobody is to have the solver run on a board's machine."""
    if hyperparameters:
        yield Refusal(
            next(iter(hyperparameters)),
            "asks for a fit through the solver, which takes seconds a sample.",
            "Submit a file of predictions.",
        )


class SolverInversion(nn.Module):
    """Observations (B, …) to columns of the dataset, and their standard deviations.

    Parameters
    ----------
    dataset, config : str
        What the observations are of.
    columns : sequence of str
        The outputs, names of `Dataset.inverted_columns`.
    shapes : sequence of tuple of int
        Of one sample of each.
    start : str
        Model of the zoo that says what to begin with.
    wider : str, optional
        A configuration whose parameters lie in ranges: what nothing of `config` explains is fitted
        once more with those.

    Attributes
    ----------
    configs : tuple of str
        `config`, and `wider` where it is given: of other samples it knows nothing.
    """

    digest: Tensor

    def __init__(
        self,
        dataset: str,
        config: str,
        columns: Sequence[str],
        shapes: Sequence[tuple[int, ...]],
        start: str,
        wider: str | None = None,
    ) -> None:
        super().__init__()
        self.dataset, self.start = dataset, start
        self.configs = (config,) if wider is None else (config, wider)
        self.columns, self.shapes = tuple(columns), tuple(shapes)
        self.register_buffer("digest", torch.zeros(32, dtype=torch.uint8))
        self._begin: Model | None = None

    def init_from(self, start: Model) -> None:
        """Note which weights to begin with."""
        if start.config.name != self.start:
            raise UsageError(f"start is {start.config.name}, the hyperparameter is {self.start}.")
        self.digest.copy_(_digest(start))

    def _starting(self) -> Model:
        from mesoinv.zoo.model.loading import load_model  # noqa: PLC0415  (this is a part of it)

        if self._begin is None:
            start = load_model(self.start)
            if not torch.equal(_digest(start), self.digest.cpu()):
                raise MesoinvError(f"The weights of {self.start} are not those that were meant.")
            self._begin = start
        return self._begin

    def forward(self, observed: Tensor) -> Tensor | dict[str, Tensor]:
        """Return the columns; several numbers alone are one tensor (B, columns)."""
        values = observed.detach().cpu().double().numpy()
        begin: Any = self._starting().predict(values, check_range=False)
        fitted = self._fitted(values, begin, self.configs)
        outputs = {name: torch.from_numpy(fitted[name]).to(observed) for name in self.columns}
        if len(self.shapes) == 1:
            return torch.stack(list(outputs.values()), -1).reshape(-1, *self.shapes[0])
        return outputs

    def _fitted(self, values: Array, begin: Array, configs: Sequence[str]) -> dict[str, Array]:
        """Return the columns of the first configuration that explains a map, row by row."""
        from mesoinv.zoo.inversion import invert  # noqa: PLC0415  (it knows of models)

        config, *others = configs
        made = invert(self.dataset, values, config=config, start=begin, noise="estimate")
        named = resolve_dataset(self.dataset).inverted_columns(config, made)
        for name in self.columns:
            if name not in named:
                raise unknown_name(f"column of the inversion of {self.dataset}", name, named)
        if others and not made.fits.all():
            rest = ~made.fits
            again = self._fitted(values[rest], begin[rest], others)
            for name in self.columns:
                named[name][rest] = again[name]
        return {name: named[name] for name in self.columns}


def _digest(model: Model) -> Tensor:
    return torch.frombuffer(bytearray.fromhex(model.digest), dtype=torch.uint8)


def build(
    inputs: Sequence[tuple[int, ...]],
    outputs: Sequence[tuple[int, ...]],
    dataset: str,
    config: str,
    columns: Sequence[str],
    start: str,
    wider: str | None = None,
) -> nn.Module:
    """Build it; `columns` are the outputs in their order."""
    check_named_in_file(dataset, "an inversion")
    if len(inputs) != 1:
        raise ValueError(f"an inversion has one input; got {len(inputs)}")
    if start not in list_models():
        raise ValueError(f"{start} is no model of the zoo")
    if wider is not None:
        there, others = (
            {c.name: c.shape for c in resolve_dataset(dataset).columns(name)}
            for name in (config, wider)
        )
        for name in columns:
            if there.get(name) != others.get(name):
                raise ValueError(f"{name} has another shape in {wider} than in {config}")
    packed = len(outputs) == 1
    if not (packed or len(columns) == len(outputs)):
        raise ValueError(f"columns {columns} must be as many as the outputs, {len(outputs)}")
    return SolverInversion(dataset, config, columns, outputs, start, wider)
