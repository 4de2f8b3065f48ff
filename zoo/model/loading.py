"""Load a model by its name in the zoo, from a folder, or from the Hub; never any code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesoinv.generators.common.extras import require
from mesoinv.zoo.declared.models import model_folder

if TYPE_CHECKING:
    from pathlib import Path

    from mesoinv.zoo.model.model import Model


def load_model(name_or_path_or_hub_id: str | Path, revision: str | None = None) -> Model:
    """Load a model in evaluation mode.

    Parameters
    ----------
    name_or_path_or_hub_id : str or Path
        A name of `list_models`, a folder, or a Hub id such as ``someone/my-model``.
    revision : str, optional
        Tag, branch or commit on the Hub.

    Returns
    -------
    Model
        A `torch.nn.Module`; `Model.predict` takes and gives physical arrays.

    Raises
    ------
    UsageError
        If there is no such model; the nearest names are suggested.
    MesoinvError
        If the files are damaged, do not fit each other, or cannot be downloaded, or torch, timm or
        safetensors is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> import mesoinv
    >>> batch = mesoinv.generate("pldos", "landscape", split="test", indices=[3])
    >>> model = mesoinv.load_model("pldos-landscape-unet.16k")
    >>> made = model.predict(batch["pldos"])  # [1/t] -> [t]
    >>> made.shape, float(np.corrcoef(made.ravel(), batch["potential"].ravel())[0, 1]) > 0.99
    ((1, 256, 192), True)
    """
    require("Loading a model", "models")
    from mesoinv.zoo.model.model import Model  # noqa: PLC0415  (torch is slow to import)

    return Model.from_folder(model_folder(name_or_path_or_hub_id, revision))
