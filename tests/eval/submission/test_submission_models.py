"""Submitted models: what a hostile configuration or weight file tries, which costs nothing."""

import json
import resource
import struct
import sys
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch
from committed_models import committed_models
from submission_helpers import TASK, spoil, spoil_transforms, toy_model, toy_task, with_model

from mesoinv.eval.submission import bounds, building, check_submission
from mesoinv.eval.submission.problems import RefusedError
from mesoinv.eval.submission.weights import read_shapes
from mesoinv.eval.tasks import get_task
from mesoinv.generators.common.errors import UsageError
from mesoinv.zoo.architectures import is_computed
from mesoinv.zoo.declared.config import Quantity, read_config
from mesoinv.zoo.declared.models import LOCAL_WEIGHTS
from mesoinv.zoo.declared.transforms import Affine, Pool

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def tasks(tmp_path_factory):
    return {TASK: toy_task(tmp_path_factory.mktemp("tasks"))}


@pytest.fixture
def folder(tmp_path):
    return with_model(tmp_path / "mine")


@pytest.fixture(scope="module", autouse=True)
def timm_is_imported():
    """Import what is slow before times are taken."""
    import timm  # noqa: F401
    from torch.utils import flop_counter  # noqa: F401


def said(folder, tasks):
    return "\n".join(map(str, check_submission(folder, tasks=tasks)))


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


CNN = "conv_regressor"
HOSTILE = {
    "channels": (CNN, {"filters": [10**9]}, "not within -1 and 65536"),
    "channels within bounds": (
        CNN,
        {"filters": [65536, 65536]},
        "numbers; allowed are 500 000 000",
    ),
    "dense": (CNN, {"dense": [65536] * 256}, "numbers; allowed are 500 000 000"),
    "kernel": (CNN, {"first_kernel": 65535}, "numbers; allowed are 500 000 000"),
    "negative": (CNN, {"filters": [-1]}, "cannot be built"),
    "nothing": (CNN, {"filters": []}, "cannot be built"),
    "word for a number": (CNN, {"filters": "abc"}, "cannot be built"),
    "long list": (CNN, {"filters": [1] * 257}, "more than 256 entries"),
    "deep list": (CNN, {"filters": nested(5)}, "nested more than 4"),
    "infinity": (CNN, {"filters": [float("inf")]}, "not within ±1e+06"),
    "not a number": (CNN, {"filters": [float("nan")]}, "not within ±1e+06"),
    "many values": (CNN, {"filters": [[1] * 200] * 20}, "more than 2000 values"),
    "unknown": (CNN, {"filters": [2], "code": "x"}, "Unknown hyperparameter"),
    "strange key": (CNN, {"__class__/x": 1}, "no plain key"),
    "layers": ("unet", {"blocks": 10**9}, "not within"),
    "timm: Hub": ("timm", {"model": "hf-hub:someone/resnet"}, "is not a plain word"),
    "timm: folder": ("timm", {"model": "local-dir:/tmp"}, "is not a plain word"),
    "timm: unknown": ("timm", {"model": "no_such_net"}, "timm has no network"),
    "timm: checkpoint": ("timm", {"arguments": {"checkpoint_path": "x.pth"}}, "may set"),
    "timm: configuration": ("timm", {"arguments": {"pretrained_cfg": {"url": "x"}}}, "may set"),
    "timm: pretrained inside": ("timm", {"arguments": {"pretrained": True}}, "may set"),
    "timm: device": ("timm", {"arguments": {"device": "cpu"}}, "may set"),
    "timm: sizes": ("timm", {"arguments": {"embed_dim": 65536}}, "beyond 4096"),
    "timm: no keys": ("timm", {"arguments": [1]}, "is not keys and values"),
    "timm: width": (
        "timm",
        {
            "model": "vit_tiny_patch16_224",
            "arguments": {"embed_dim": 4096, "num_heads": 64, "img_size": 32},
        },
        "more than 500 000 000 parameters",
    ),
    "timm: depth": (
        "timm",
        {"model": "vit_tiny_patch16_224", "arguments": {"depth": 4096, "img_size": 32}},
        "more than 5000 modules",
    ),
    "observer: fine grid": ("landscape_observer", {"s": [11.0, 70.0]}, "not two numbers within"),
    "observer: endless": ("landscape_observer", {"s": [0.0, 1e6]}, "not two numbers within"),
    "observer: inside": ("landscape_observer", {"landscape": {"blocks": 10**9}}, "not within"),
    "observer: other": ("landscape_observer", {"landscape": [1]}, "is not keys and values"),
    "no such architecture": ("os.system", {}, "is unknown"),
    "module of another package": ("../../evil", {}, "is unknown"),
}


@pytest.mark.parametrize(("architecture", "values", "part"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_hyperparameters(folder, tasks, monkeypatch, architecture, values, part):
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", None)
    spoil(folder, architecture=architecture, hyperparameters=values)
    with cheaply():
        message = said(folder, tasks)
    assert part in message


@contextmanager
def cheaply():
    """Two seconds of this process and 100 MB more than it ever had, torch's included."""
    start, most = time.process_time(), peak()
    yield
    assert time.process_time() - start < 2
    assert peak() - most < 100e6


def peak():
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes * (1 if sys.platform == "darwin" else 1024)


def test_pretrained_is_never_used(folder, tasks, monkeypatch):
    def refuse(*_args, **_options):
        raise AssertionError("a download")

    monkeypatch.setattr("timm.models._builder.load_pretrained", refuse)
    values = {"model": "resnet10t", "pretrained": True}
    spoil(folder, architecture="timm", hyperparameters=values)
    assert "model.safetensors: lacks backbone" in said(folder, tasks)


def test_real_memory_is_not_taken(monkeypatch):
    """65 536 channels twice would be 155 GB; 500 million parameters are counted before."""
    config = toy_model().config
    config.hyperparameters = {"filters": [1000, 1000], "dense": [60_000, 4000]}
    with pytest.raises(RefusedError, match="lacks"):
        building.check_network(config, {})
    monkeypatch.setattr(building, "MAX_PARAMETERS", 1e7)
    with pytest.raises(RefusedError, match="parameters"):
        building.check_network(config, {})


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ({"blocks": 65536, "channels": [8]}, "more than 5000 modules"),
        ({"channels": [8] * 256}, "divisible"),
        ({"patch": 0}, "modulo by zero"),
        ({"channels": []}, "refuses its hyperparameters|out of range"),
        ({"channels": [7]}, "divisible by num_groups"),
    ],
    ids=["layers", "recursion", "no patch", "no channels", "odd channels"],
)
def test_hostile_maps(values, part):
    config = read_config(LOCAL_WEIGHTS / "pldos-landscape-unet.16k")
    config.hyperparameters = values
    with cheaply(), pytest.raises(RefusedError, match=part):
        building.check_network(config, {})


def test_work_is_bounded():
    # small to store, and hours to run; the zoo's are far below
    config = read_config(LOCAL_WEIGHTS / "pldos-landscape-unet.16k")
    config.hyperparameters = {"channels": [2048], "blocks": 1, "patch": 1}
    words = "an array of 201 326 592 numbers; allowed are 33 554 432"
    with pytest.raises(RefusedError, match=words):
        _check_with_own_shapes(config)
    config.hyperparameters = {"channels": [256], "blocks": 8, "patch": 1}
    with pytest.raises(RefusedError, match="multiplications a sample"):
        _check_with_own_shapes(config)


def _check_with_own_shapes(config):
    network, _, _ = building._build(config)
    shapes = {name: tuple(t.shape) for name, t in network.state_dict().items()}
    building.check_network(config, shapes)


@pytest.mark.parametrize("folder", committed_models(weights=True), ids=lambda folder: folder.name)
def test_models_of_the_zoo_are_within_bounds(folder):
    config = read_config(folder)
    if is_computed(config.architecture):  # nobody else may have a solver run on a board's machine
        assert bounds.check_config(config, get_task(config.task))
        return
    assert bounds.check_config(config, get_task(config.task)) == []
    building.check_network(config, read_shapes(folder / "model.safetensors"))


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"dataset": "pldos"}, "does not fit toy-strength"),
        ({"dataset": "os:system"}, "does not fit toy-strength"),
        ({"dataset_version": "2.0.0"}, "trained on"),
        ({"inputs": []}, "has 0 quantities"),
        ({"outputs": []}, "outputs: has none"),
        ({"name": "a\u202eb"}, "U+202E"),
        ({"name": "x" * 200}, "is too long"),
        ({"more": 1}, "Unknown key"),
        ({"parameters": "many"}, "must be"),
    ],
    ids=range(9),
)
def test_configurations(folder, tasks, changes, part):
    message = said(spoil(folder, **changes), tasks)
    assert part in message
    assert "\u202e" not in message


def affine(shift, scale):
    return {"kind": "affine", "shift": shift, "scale": scale}


IN, OUT = "config.json, transforms of density: ", "config.json, transforms of strength: "


@pytest.mark.parametrize(
    ("side", "steps", "part"),
    [
        ("inputs", [{"kind": "pool", "factor": 10**9}], f"{IN}pool has its factor"),
        ("inputs", [{"kind": "pool", "factor": 8}], "cannot be built"),
        ("inputs", [{"kind": []}], "damaged or of another format"),
        ("outputs", [{"kind": "pool", "factor": 64}], "cannot be built"),
        ("outputs", [{"kind": "standardise"}], f"{OUT}standardise belongs to a recipe"),
        ("outputs", [{"kind": "fourier-series", "s": 1e-9}], f"{OUT}fourier-series has its s bey"),
        ("outputs", [affine(0, 0)], f"{OUT}affine has an infinite number, or a scale of 0"),
        ("outputs", [affine([0] * 600, 1)], f"{OUT}affine has more than"),
        ("outputs", [affine(1e999, 1)], f"{OUT}affine has an infinite number"),
        ("outputs", [{"kind": "log", "floor": 0.0}] * 17, f"{OUT}has 17 steps"),
        ("outputs", [affine([0, 0], 1)], "the transforms turn"),
        ("outputs", {"kind": "log", "floor": 0.0}, "damaged or of another format"),
    ],
    ids=range(12),
)
def test_transforms(folder, tasks, side, steps, part):
    assert part in said(spoil_transforms(folder, side, steps), tasks)


@pytest.mark.parametrize(
    ("steps", "part"),
    [
        ([], ""),
        ([affine(0.5, 0.1)], ""),
        ([{"kind": "min-max"}], "config.json, transforms of spectrum: min-max belongs"),
        ([affine([0.0, 0.5], [1.0, 0.1])], "the transforms turn"),
        ([{"kind": "classes", "count": 3}], "cannot be built"),
    ],
    ids=["none", "one number", "fitted", "a list", "classes"],
)
def test_transforms_of_one_of_several_outputs(folder, tasks, steps, part):
    outputs = [
        Quantity("strength", "t", [], 0.0, 1.0, [Affine(0.5, 0.3)]),
        Quantity("spectrum", "t", [], 0.0, 1.0),
    ]
    toy_model(outputs=outputs).save_pretrained(folder / "model")
    config = json.loads((folder / "model" / "config.json").read_bytes())
    config["outputs"][1]["transforms"] = steps
    message = said(spoil(folder, **config), tasks)
    assert part in message if part else message == ""


def test_former_formats_are_refused(folder, tasks):
    for changes in ({"format": 1}, {"input_transforms": []}, {"scores": []}):
        assert "damaged or of another format" in said(spoil(folder, **changes), tasks)


@pytest.mark.parametrize(
    "data", [b"", b"[" * 100_000, b"{" * 9, b"\xff", b'{"parameters": ' + b"9" * 5000 + b"}"]
)
def test_json_that_is_none(folder, tasks, data):
    (folder / "model" / "config.json").write_bytes(data)
    assert "config.json: is damaged or of another format" in said(folder, tasks)


@pytest.mark.parametrize(
    "changes",
    [
        {"inputs": [Quantity("density", "1/t", [6, 4], 0.2, 0.9)]},
        {"inputs": [Quantity("density", "1/nm", [4, 6], 0.2, 0.9)]},
        {"inputs": [Quantity("potential", "t", [4, 6], 0.2, 0.9)]},
        {"outputs": [Quantity("occupied", "1", [], 0.0, 1.0)]},
    ],
    ids=["shape", "unit", "column", "target"],
)
def test_models_of_something_else(folder, tasks, changes):
    toy_model(**changes).save_pretrained(folder / "model")
    assert "does not fit toy-strength" in said(folder, tasks)


def test_transforms_keep_the_shape():
    steps = [Affine([0.0] * 6, [1.0] * 6), Pool(2)]
    even, odd = (Quantity("density", "1/t", [n, 6], 0.2, 0.9) for n in (4, 5))
    assert building._through(replace(even, transforms=steps), back=False) == (2, 3)
    with pytest.raises(UsageError, match="multiples of 2"):
        building._through(replace(odd, transforms=[Pool(2)]), back=True)


def test_tensors_must_be_those_of_the_network(folder, tasks):
    weights = folder / "model" / "model.safetensors"
    original = weights.read_bytes()
    spoil(folder, hyperparameters={"filters": [3], "dense": [3]})
    assert "model.safetensors: has in another shape" in said(folder, tasks)
    spoil(folder, hyperparameters={"filters": [2], "dense": []})
    assert "model.safetensors: " in said(folder, tasks)
    spoil(folder, hyperparameters={"filters": [2], "dense": [3]})
    assert said(folder, tasks) == ""
    weights.write_bytes(original[:-4])
    assert "should have" in said(folder, tasks)


def head(**tensors):
    text = json.dumps(tensors).encode()
    return struct.pack("<Q", len(text)) + text


def tensor(shape, start, end, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


WRONG_HEADS = {
    "empty": b"",
    "short": b"\0\0\0",
    "claims 10 GB": struct.pack("<Q", 10**10) + b"{}",
    "not JSON": struct.pack("<Q", 3) + b"abc",
    "deep": struct.pack("<Q", 100_000) + b"[" * 100_000,
    "a list": struct.pack("<Q", 2) + b"[]",
    "size of another shape": head(a=tensor([10**6], 0, 4)) + b"abcd",
    "no numbers": head(a=tensor([2], 0, 8)),
    "too many numbers": head(a=tensor([1], 0, 4)) + b"abcdefgh",
    "gap": head(a=tensor([1], 4, 8)) + b"abcdefgh",
    "overlap": head(a=tensor([1], 0, 4), b=tensor([1], 0, 4)) + b"abcd",
    "negative": head(a=tensor([-1], 0, -4)),
    "huge": head(a=tensor([2**62, 2**62], 0, 2**62)),
    "bool": head(a=tensor([True], 0, 4)) + b"abcd",
    "unknown type": head(a=tensor([1], 0, 4, "OBJECT")) + b"abcd",
    "type of a type": head(a=tensor([1], 0, 4, ["F32"])) + b"abcd",
    "other keys": head(a={"dtype": "F32"}),
    "number": head(a=3),
    "twice": struct.pack("<Q", 12) + b'{"a":1,"a":1}'[:12],
    "many": head(**{f"t{i}": tensor([0], 0, 0) for i in range(20_000)}),
    "zip": b"PK\x03\x04" + bytes(100),
}


@pytest.mark.parametrize("data", WRONG_HEADS.values(), ids=WRONG_HEADS)
def test_heads_of_weights(tmp_path, data):
    path = tmp_path / "model.safetensors"
    path.write_bytes(data)
    with cheaply(), pytest.raises(RefusedError, match="safetensors"):
        read_shapes(path)


def test_a_network_of_several_outputs_must_give_all_of_them():
    """An autoencoder may be submitted with what it reconstructs; not with what it does not give."""
    folder = LOCAL_WEIGHTS / "ising-phase-vae.paper"
    config = read_config(folder)
    shapes = read_shapes(folder / "model.safetensors")
    building.check_network(config, shapes)
    first, *others = config.outputs
    renamed = replace(config, outputs=[replace(first, name="nothing"), *others])
    with pytest.raises(RefusedError, match="gives no nothing"):
        building.check_network(renamed, shapes)
    larger = replace(config, outputs=[replace(first, shape=[2]), *others])
    with pytest.raises(RefusedError, match=r"gives \[\], and \[2\] are wanted"):
        building.check_network(larger, shapes)
