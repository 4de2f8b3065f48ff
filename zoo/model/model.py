"""A model: a network between physical arrays, with everything it needs to be used and judged."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from safetensors.torch import save, save_file
from torch import Tensor, nn

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.files import given_path, replacing
from mesoinv.zoo.declared.config import (
    ANY,
    WEIGHTS,
    ModelConfig,
    read_config,
    weights_digest,
    write_config,
)
from mesoinv.zoo.declared.models import model_folder
from mesoinv.zoo.model import networks, transforms
from mesoinv.zoo.model.inputs import checked_inputs
from mesoinv.zoo.model.states import as_by_default, evaluating

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from mesoinv.generators.hub.push import PushReport
    from mesoinv.zoo.declared.config import Quantity

    Values = Tensor | dict[str, Tensor]

_log = logging.getLogger(__name__)
#: Written into the file of weights: safetensors' own readers ask for it.
_METADATA = {"format": "pt"}


class Model(nn.Module):
    """A network with its normalisation; see `predict` for use on physical arrays.

    Parameters
    ----------
    config : ModelConfig
        Architecture, columns, units and transforms.
    pretrained : bool
        Whether a network may start with weights that its library downloads, to be trained further.

    Attributes
    ----------
    config : ModelConfig
    network : torch.nn.Module
        Works on normalised tensors.
    """

    def __init__(self, config: ModelConfig, *, pretrained: bool = False) -> None:
        super().__init__()
        self.config = config
        self._file_digest: str | None = None
        self.network = networks.build(config, pretrained=pretrained)

    def forward(self, *inputs: Tensor) -> Values:
        """Map normalised inputs (B, …) to normalised outputs.

        Outputs are one tensor, (B, …) of a single output or (B, outputs) of several numbers, or a
        dictionary of them by name; a network may give a tuple, in the order of the outputs.
        """
        y: Any = self.network(*inputs)
        if isinstance(y, tuple):
            return {q.name: v for q, v in zip(self.config.outputs, y, strict=True)}
        values: Values = y
        return values

    def normalised_inputs(self, batch: Mapping[str, Tensor]) -> list[Tensor]:
        """Turn physical inputs (B, …) by name into the network's, in its order."""
        return [transforms.apply(q.transforms, batch[q.name]) for q in self.config.inputs]

    def normalised_outputs(self, batch: Mapping[str, Tensor]) -> Values:
        """Turn physical outputs (B, …) by name into the network's, laid out as `forward` does."""
        outputs = self.config.outputs
        if not networks.are_packed(outputs):
            return {q.name: transforms.apply(q.transforms, batch[q.name]) for q in outputs}
        return transforms.apply_each([q.transforms for q in outputs], packed(outputs, batch))

    def physical_outputs(self, y: Values) -> dict[str, Tensor]:
        """Turn what `forward` gives into physical outputs (B, *shape) by name."""
        outputs = self.config.outputs
        if isinstance(y, Mapping):
            values = [transforms.invert(q.transforms, y[q.name]) for q in outputs]
        else:
            together = transforms.invert_each([q.transforms for q in outputs], y)
            values = [together] if len(outputs) == 1 else list(together.unbind(-1))
        return {q.name: v.reshape(len(v), *_sides(q, v))
                for q, v in zip(outputs, values, strict=True)}  # fmt: skip

    @torch.inference_mode()
    def predict(
        self,
        inputs: ArrayLike | Mapping[str, ArrayLike],
        *,
        batch_size: int = 32,
        check_range: bool = True,
    ) -> NDArray[np.float32] | dict[str, NDArray[np.float32]]:
        """Predict physical quantities from physical quantities.

        Parameters
        ----------
        inputs : array_like or mapping
            The input column (B, *shape) in its unit, or a mapping of columns that holds all inputs.
        batch_size : int
            Samples at a time.
        check_range : bool
            Refuse samples whose mean is far from that of every training sample: usually another
            unit, geometry or quantity.

        Returns
        -------
        array (B, *shape), or dict of column to array where the model has several outputs
            In the units of ``config.outputs``.

        Raises
        ------
        UsageError
            If the shape is wrong, a value is not finite, or a sample is out of range.
        """
        arrays = checked_inputs(inputs, self.config.inputs, check_range=check_range)
        with as_by_default(), evaluating(self):
            parts = [self._predict_batch(part) for part in _batches(arrays, batch_size)]
        values = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return values if len(values) > 1 else next(iter(values.values()))

    def _predict_batch(self, part: dict[str, NDArray[np.float32]]) -> Any:
        weight = next((p for p in self.parameters() if p.is_floating_point()), torch.empty(0))
        try:
            batch = {name: torch.from_numpy(x).to(weight.device) for name, x in part.items()}
            y = self(*(x.to(weight.dtype) for x in self.normalised_inputs(batch)))
            y = {n: v.float() for n, v in y.items()} if isinstance(y, Mapping) else y.float()
            values = self.physical_outputs(y)
        except torch.OutOfMemoryError as error:
            raise MesoinvError(
                f"Out of memory with {len(next(iter(part.values())))} samples at a time: use a "
                "smaller batch_size."
            ) from error
        return {name: value.cpu().numpy() for name, value in values.items()}

    def save_pretrained(self, folder: str | Path, *, dtype: torch.dtype = torch.float32) -> Path:
        """Write ``config.json`` and ``model.safetensors`` into a folder.

        Raises
        ------
        MesoinvError
            If a weight is not finite, or too large for `dtype`; nothing is written then.
        """
        self.config.parameters = sum(p.numel() for p in self.network.parameters())
        tensors = self._tensors(dtype)
        # some may be used by inputs of another size only: predictions do not show them
        if bad := [name for name, tensor in tensors.items() if not tensor.isfinite().all()]:
            raise MesoinvError(f"Weights are not finite as {dtype}: {', '.join(bad)}.")
        target = given_path(folder)
        target.mkdir(parents=True, exist_ok=True)
        with replacing(target / WEIGHTS) as temporary:
            save_file(tensors, temporary, metadata=_METADATA)
        write_config(target, self.config)
        return target

    def _tensors(self, dtype: torch.dtype) -> dict[str, Tensor]:
        return {
            name: tensor.detach()
            .cpu()
            .contiguous()
            .to(dtype if tensor.is_floating_point() else None)
            for name, tensor in self.network.state_dict().items()
        }

    @property
    def digest(self) -> str:
        """SHA-256 of the file of weights: the one they came from, or else would be saved to."""
        if self._file_digest is not None:
            return self._file_digest
        content = save(self._tensors(torch.float32), metadata=_METADATA)
        return hashlib.sha256(content).hexdigest()

    def train(self, mode: bool = True) -> Self:
        """Switch between training and evaluation; training makes other weights than the file's."""
        if mode:
            self._file_digest = None
        return super().train(mode)

    @classmethod
    def from_folder(cls, folder: str | Path) -> Model:
        """Load from a folder, strictly.

        Raises
        ------
        MesoinvError
            If a file is missing or damaged, a tensor is missing, unknown or of another shape, or
            there is only a pickle.
        """
        source = given_path(folder)
        with as_by_default():
            networks.check_weights(source)
            model = cls(read_config(source))
            networks.load(model.network, source)
        model.eval()
        model._file_digest = weights_digest(source)
        _log.info("%s: loaded from %s", model.config.name, source)
        return model

    @classmethod
    def from_pretrained(
        cls, name_or_path_or_hub_id: str | Path, revision: str | None = None
    ) -> Model:
        """Load by a name of the zoo, from a folder, or from the Hub: `load_model`."""
        return cls.from_folder(model_folder(name_or_path_or_hub_id, revision))

    def push_to_hub(
        self, repo: str, *, tag: str | None = None, private: bool = False, dry_run: bool = False
    ) -> PushReport:
        """Publish the model with its card: `mesoinv.zoo.publish.push` of a folder."""
        from mesoinv.zoo.publish.push import push  # noqa: PLC0415  (a client that few need)

        with tempfile.TemporaryDirectory() as folder:
            self.save_pretrained(folder)
            return push(folder, repo, tag, private=private, dry_run=dry_run)


def packed(outputs: Sequence[Quantity], batch: Mapping[str, Tensor]) -> Tensor:
    """Return one output as (B, …), a single number as (B, 1), several numbers as (B, outputs)."""
    if len(outputs) > 1:
        return torch.stack([batch[q.name] for q in outputs], dim=-1)
    (output,) = outputs
    values = batch[output.name]
    return values[:, None] if values.ndim == 1 else values


def _sides(quantity: Quantity, values: Tensor) -> list[int]:
    """Return the shape of a sample; where any length will do, that of the values."""
    return list(values.shape[1:]) if ANY in quantity.shape else quantity.shape


def _batches(
    arrays: dict[str, NDArray[np.float32]], size: int
) -> list[dict[str, NDArray[np.float32]]]:
    if size < 1:
        raise UsageError(f"batch_size must be 1 or more; got {size}.")
    count = len(next(iter(arrays.values())))
    return [{n: x[i : i + size] for n, x in arrays.items()} for i in range(0, count, size)]
