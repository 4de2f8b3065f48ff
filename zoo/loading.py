"""Load a model by its name in the zoo, from a folder, or from the Hub; never any code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mesoinv.generators.pipeline.errors import MesoinvError, UsageError, unknown_name
from mesoinv.generators.pipeline.extras import require
from mesoinv.zoo.config import CONFIG, WEIGHTS
from mesoinv.zoo.recipe import list_recipes

if TYPE_CHECKING:
    from mesoinv.zoo.model import Model

#: Weights of a checkout; an installed package has none and takes them from the Hub.
LOCAL_WEIGHTS = Path(__file__).parent / "weights"
HUB_NAMESPACE = "mesoinv"


def list_models() -> list[str]:
    """Return the names of all models of the zoo: one for each recipe."""
    return list_recipes()


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
    """
    require("Loading a model", "models")
    from mesoinv.zoo.model import Model  # noqa: PLC0415  (torch is slow to import)

    return Model.from_folder(model_folder(name_or_path_or_hub_id, revision))


def model_folder(name_or_path_or_hub_id: str | Path, revision: str | None = None) -> Path:
    """Return a local folder with the model's files, downloading them if they are not here."""
    text = str(name_or_path_or_hub_id)
    if Path(text).is_dir():
        if revision is not None:
            raise UsageError("A revision belongs to a model on the Hub, not to a folder.")
        return Path(text)
    if text in list_models():
        local = LOCAL_WEIGHTS / text
        if revision is None and (local / WEIGHTS).exists():
            return local
        return _download(f"{HUB_NAMESPACE}/{text}", revision)
    if text.count("/") == 1 and not text.startswith((".", "/", "~")):
        return _download(text, revision)
    raise unknown_name("model", text, list_models())


def _download(repo: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download  # noqa: PLC0415
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError  # noqa: PLC0415

    try:
        return Path(
            snapshot_download(
                repo, revision=revision, allow_patterns=[CONFIG, WEIGHTS, "README.md"]
            )
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise MesoinvError(
            f"The model {repo} is not here and could not be downloaded from the Hub: {error}"
        ) from error
