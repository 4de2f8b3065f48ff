"""Recipes are complete and strict; committed weights belong to them."""

import re

import pytest
import yaml
from committed_models import committed_models
from safetensors.torch import load_file
from zoo_helpers import recipe_data, write_recipe

import mesoinv
from mesoinv.eval.tasks import get_task
from mesoinv.generators import get_dataset
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.common.records import from_dict
from mesoinv.zoo.architectures import build_network, is_computed, list_architectures
from mesoinv.zoo.declared.config import ANY, CONFIG, WEIGHTS, Quantity, read_config
from mesoinv.zoo.declared.models import LOCAL_WEIGHTS
from mesoinv.zoo.declared.recipe import RECIPES, Recipe, list_recipes, read_recipe
from mesoinv.zoo.model.networks import network_shape
from mesoinv.zoo.training.symmetry import Augmentation

#: The limits of the project's design ("Quality bars", weights in the repository), in bytes: of each
#: file, of all weights together, of all evaluation tables together.
EACH_FILE, ALL_WEIGHTS, ALL_TABLES = 25_000_000, 250_000_000, 30_000_000
TABLES = {"samples.parquet", "evaluation.json"}
#: those in sub-folders too, such as recipes for larger machines
FILES = {path.stem: path for path in sorted(RECIPES.rglob("*.yaml"))}
FOLDERS = committed_models(weights=True)
#: those whose weights are elsewhere too
RECORDED = sorted(path.parent for path in LOCAL_WEIGHTS.glob(f"*/{CONFIG}"))
#: What the paper trained on, where that is not as much as the full size of the split ``train``: it
#: reconstructs landscapes of one s and N_d only, has no lattices of 10 × 10, fewer states, and no
#: validation samples beside the crystals that it trains on
PAPER = {
    ("pldos-landscape", "global"): {None},
    ("pldos-measured", "measured"): {None},
    ("percolation-spanning", "L10"): {None},
    ("wavefunctions-su2", "su2"): {2000},
    ("wavefunctions-chern", "chern"): {2000, 54_000},
    ("lacbed-pattern", "cubic"): {9963},
    ("lacbed-pattern-normalised", "normalised"): {9963},
    ("lacbed-potential", "cubic"): {9963},
    # the paper asks for no couplings, and has no classifier
    ("ising-couplings", "L30"): {None},
    ("ising-phase", "deep_ferromagnet"): {None},
    ("ising-phase-stripes", "deep_stripes"): {None},
    # the paper has another geometry
    ("sgm-landscape", "point"): {None},
    ("sgm-pldos", "point"): {None},
    ("sgm-measured", "measured"): {None},
}
FITTED = {"standardise": "affine", "min-max": "affine"}


def test_there_are_recipes_of_every_task():
    names = list_recipes()
    assert len(names) >= 10
    tasks = {read_recipe(name).task for name in names}
    assert {f"pldos-{x}" for x in ("donors", "statistics", "fourier", "landscape")} <= tasks
    assert sum("constant" in name for name in names) >= 3


@pytest.mark.parametrize("name", FILES)
def test_every_recipe_is_valid(name):
    recipe = read_recipe(FILES[name])
    assert recipe.name == name
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+){2,}\.[a-z0-9-]+", name)
    assert name.startswith(f"{recipe.task}-")
    assert get_task(recipe.task).dataset == recipe.dataset
    dataset = get_dataset(recipe.dataset)
    columns = {c.name: c for c in dataset.columns(recipe.config)}
    outputs = [q.name for q in recipe.outputs if not q.derived]
    assert set(recipe.columns) <= set(columns)
    assert recipe.columns == tuple(dict.fromkeys([*(q.name for q in recipe.inputs), *outputs]))
    full = dataset.config(recipe.config).sizes["full"]
    assert recipe.samples <= full["train"]
    assert recipe.validation <= full["validation"]
    learnt = PAPER.get((recipe.task, recipe.config), {full["train"]})
    assert recipe.paper_samples in ({None} if is_computed(recipe.architecture) else learnt)
    augmentation = getattr(recipe.objective, "augmentation", [])
    Augmentation(recipe.dataset, recipe.config, augmentation, recipe.columns)
    if recipe.start is not None:
        assert recipe.start in FILES


@pytest.mark.parametrize("name", FILES)
def test_every_recipe_builds_its_network(name):
    recipe = read_recipe(FILES[name])
    columns = {c.name: c for c in get_dataset(recipe.dataset).columns(recipe.config)}

    def quantity(asked):
        if getattr(asked, "like", None) is not None:
            asked = next(q for q in recipe.inputs if q.name == asked.like)
        shape = getattr(asked, "shape", None)
        shape = list(columns[asked.name].shape) if shape is None else shape
        return Quantity(asked.name, "1", shape, 0, 0, asked.transforms)

    inputs, outputs = ([quantity(q) for q in side] for side in (recipe.inputs, recipe.outputs))
    output = (len(outputs),)
    if len(outputs) == 1:
        output = network_shape(outputs[0])
    network = build_network(
        recipe.architecture, [network_shape(q) for q in inputs], [output], recipe.hyperparameters
    )
    assert sum(tensor.numel() for tensor in network.state_dict().values()) > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sampels": 1}, "Unknown key in .*sampels.*Did you mean 'samples'"),
        (
            {"objective": {"kind": "supervised", "epochs": 1, "learning_rat": 1}},
            r"key in .*\.objective 'learning_rat'.*Did you mean 'learning_rate'",
        ),
        ({"epochs": "many"}, "epochs must be a value of type int"),
        ({"epochs": True}, "epochs must be a value of type int"),
        ({"loss": "mae"}, "Unknown .*loss 'mae'.*Allowed: mse, l1, huber"),
        ({"inputs": "pldos"}, "inputs must be a list"),
        ({"batch_size": 0}, "batch_size of 1 or more"),
        ({"epochs": 0}, r"objective: A training needs 1 epoch"),
        ({"objective": {"kind": "supervised"}}, r"objective lacks epochs"),
        ({"objective": {"epochs": 2}}, "Unknown kind of .*objective 'None'.*supervised"),
        ({"objective": {"kind": "closed form"}}, "Did you mean 'closed_form'"),
        ({"objective": {"kind": "closed_form"}, "epochs": 2}, r"objective 'epochs'.*Allowed: kind"),
        ({"objective": {"kind": "reuse"}}, "reuse needs start: the model whose weights are kept"),
        ({"samples": 0}, "samples and validation must be 1 or more"),
        ({"validation": 0}, "samples and validation must be 1 or more"),
        ({"outputs": []}, "must be one or more"),
        ({"inputs": [{"name": "pldos", "any-size": True}]}, "Did you mean 'any_size'"),
        ({"input_transforms": [{"kind": "lag"}]}, "Did you mean 'log'"),
        ({"input_transforms": [{"kind": "log", "flor": 1}]}, "Did you mean 'floor'"),
        ({"augmentation": ["rotate"]}, "Unknown augmentation 'rotate'.*Allowed: mirror"),
    ],
)
def test_wrong_recipes(tmp_path, changes, message):
    with pytest.raises(UsageError, match=message):
        read_recipe(write_recipe(tmp_path, **changes))


def test_missing_keys_and_files(tmp_path):
    data = recipe_data()
    del data["objective"], data["task"]
    with pytest.raises(UsageError, match=r"lacks task, objective|lacks objective, task"):
        from_dict(Recipe, data, "tiny.yaml")
    data = recipe_data()
    del data["objective"]["epochs"]
    with pytest.raises(UsageError, match=r"tiny\.yaml\.objective lacks epochs"):
        from_dict(Recipe, data, "tiny.yaml")
    with pytest.raises(UsageError, match=r"There is no recipe .*nothing\.yaml"):
        read_recipe(tmp_path / "nothing.yaml")
    (tmp_path / "broken.yaml").write_text("a: [1")
    with pytest.raises(UsageError, match="is not YAML"):
        read_recipe(tmp_path / "broken.yaml")
    (tmp_path / "list.yaml").write_text(yaml.safe_dump([1, 2]))
    with pytest.raises(UsageError, match="keys and values"):
        read_recipe(tmp_path / "list.yaml")
    with pytest.raises(UsageError, match="Unknown recipe"):
        read_recipe("pldos-donors-cnn.nothing")


def test_keys_of_earlier_formats_are_refused():
    for key, value in (("epochs", 2), ("input_transforms", []), ("any_size", True)):
        with pytest.raises(UsageError, match=f"Unknown key in tiny.yaml '{key}'"):
            from_dict(Recipe, recipe_data() | {key: value}, "tiny.yaml")
    with pytest.raises(UsageError, match=r"inputs\[0\] must be keys and values of Input"):
        from_dict(Recipe, recipe_data() | {"inputs": ["pldos"]}, "tiny.yaml")


def test_unknown_architectures_and_hyperparameters():
    assert {"constant", "linear", "timm", "unet"} <= set(list_architectures())
    with pytest.raises(UsageError, match="Did you mean 'unet'"):
        build_network("unett", [(16, 24)], [(16, 24)], {})
    with pytest.raises(UsageError, match="Did you mean 'patch'"):
        build_network("unet", [(16, 24)], [(16, 24)], {"pach": 4})
    with pytest.raises(UsageError, match="refuses its hyperparameters"):
        build_network("encoder_decoder", [(17, 24)], [(17, 24)], {})


def test_weights_are_small():
    assert len(RECORDED) >= len(FOLDERS) > 0
    sizes = {path: path.stat().st_size for path in LOCAL_WEIGHTS.rglob("*") if path.is_file()}
    assert max(sizes.values()) <= EACH_FILE
    assert sum(n for path, n in sizes.items() if path.suffix == ".safetensors") <= ALL_WEIGHTS
    assert sum(n for path, n in sizes.items() if path.name in TABLES) <= ALL_TABLES
    allowed = {".safetensors", ".json", ".csv", ".md", ".png", ".parquet"}
    assert {path.suffix for path in sizes} <= allowed


@pytest.mark.parametrize("folder", RECORDED, ids=lambda folder: folder.name)
def test_committed_models_belong_to_their_recipe(folder):
    config, recipe = read_config(folder), read_recipe(FILES[folder.name])
    assert config.name == folder.name == recipe.name
    for key in ("architecture", "hyperparameters", "dataset", "config", "task"):
        assert getattr(config, key) == getattr(recipe, key), key
    assert config.dataset_version.split(".")[0] == get_dataset(config.dataset).version.split(".")[0]
    columns = {c.name: c for c in get_dataset(config.dataset).columns(config.config)}
    for side in ("inputs", "outputs"):
        quantities = getattr(config, side)
        asked = getattr(recipe, side)
        assert [q.name for q in quantities] == [q.name for q in asked]
        for q, wanted in zip(quantities, asked, strict=True):
            if getattr(wanted, "derived", False):
                assert q.low is q.high is None
                continue
            column = columns[q.name]
            free = side == "inputs" and wanted.any_size
            shape = [ANY] * len(column.shape) if free else list(column.shape)
            assert (q.unit, q.shape) == (column.unit, shape)
            # lattices of integers of both signs have no range of means
            unchecked = column.shape and column.dtype.startswith("int")
            assert q.low is q.high is None if unchecked else q.low <= q.high
            kinds = [FITTED.get(t.kind, t.kind) for t in wanted.transforms]
            assert [t.kind for t in q.transforms] == kinds
    record = config.training
    assert record is not None
    for key in ("samples", "paper_samples", "seed"):
        assert getattr(record, key) == getattr(recipe, key), key
    assert record.objective == recipe.objective.kind
    assert record.epochs == getattr(recipe.objective, "epochs", 0)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_committed_weights_load(folder):
    assert {CONFIG, WEIGHTS} <= {path.name for path in folder.iterdir()}
    model = mesoinv.load_model(folder.name)
    expected = read_recipe(FILES[folder.name]).store
    kinds = {str(t.dtype) for t in load_file(folder / WEIGHTS).values() if t.is_floating_point()}
    # one that computes its answers has no numbers, only the digest of what it begins with
    computed = is_computed(model.config.architecture)
    assert kinds == (set() if computed else {f"torch.{expected}"})
    assert model.config.parameters == sum(p.numel() for p in model.parameters())
