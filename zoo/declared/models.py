"""The models of the zoo: their names, and the folders of their files."""

from __future__ import annotations

import fnmatch
from pathlib import Path

from mesoinv.generators.common import links
from mesoinv.generators.common.errors import MesoinvError, UsageError, unknown_name
from mesoinv.generators.common.files import given_path, is_folder
from mesoinv.generators.hub.download import download
from mesoinv.zoo.declared.config import CONFIG, WEIGHTS
from mesoinv.zoo.declared.recipe import list_recipes

#: Weights of a checkout; an installed package has none and takes them from the Hub.
LOCAL_WEIGHTS = Path(__file__).parents[1] / "weights"
HUB_NAMESPACE = links.ORGANISATION


def list_models(pattern: str = "*") -> list[str]:
    """Return the names of the models of the zoo: one for each recipe.

    Parameters
    ----------
    pattern : str
        Only names like this one, such as ``"pldos-*"``.

    Examples
    --------
    >>> import mesoinv
    >>> mesoinv.list_models("pldos-landscape-unet.1*")
    ['pldos-landscape-unet.16k']
    """
    return fnmatch.filter(list_recipes(), pattern)


def local_folder(name: str) -> Path:
    """Return where a checkout keeps a model of the zoo; it need not be there."""
    return LOCAL_WEIGHTS / name


def training_folder(recipe: str, name: str) -> Path:
    """Return where the trained model of a recipe goes by default.

    Parameters
    ----------
    recipe : str
        A name of the zoo, or a ``.yaml`` file: the models of one's own stay out of the zoo.
    name : str
        Of the model.

    Returns
    -------
    Path
        ``zoo/weights/<name>`` in a checkout, else ``models/<name>``.
    """
    checkout = (LOCAL_WEIGHTS.parents[1] / "pyproject.toml").exists()
    ours = Path(recipe).suffix != ".yaml"
    return local_folder(name) if checkout and ours else Path("models") / name


def model_folder(name_or_path_or_hub_id: str | Path, revision: str | None = None) -> Path:
    """Return a local folder with the model's files, downloading them if they are not here."""
    text = str(name_or_path_or_hub_id)
    if is_folder(folder := given_path(text)):
        if revision is not None:
            raise UsageError("A revision belongs to a model on the Hub, not to a folder.")
        return folder
    if text in list_models():
        local = local_folder(text)
        if revision is None and (local / WEIGHTS).exists():
            return local
        return _download(f"{HUB_NAMESPACE}/{text}", revision)
    if text.count("/") == 1 and not text.startswith((".", "/", "~")):
        return _download(text, revision)
    raise unknown_name("model", text, list_models())


def _download(repo: str, revision: str | None) -> Path:
    try:
        return download(repo, revision, [CONFIG, WEIGHTS, "README.md"], kind="model")
    except MesoinvError as error:
        raise MesoinvError(f"The model is not here. {error}") from error
