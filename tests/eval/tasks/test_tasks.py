"""Tasks: what they declare is true, and a wrong declaration is refused with the reason."""

from __future__ import annotations

import hashlib
from dataclasses import FrozenInstanceError, fields, make_dataclass, replace

import numpy as np
import pytest
import yaml

import mesoinv
from mesoinv.eval import tasks
from mesoinv.eval.tasks import FOLDER, get_task, held_out_columns, list_tasks, tasks_of
from mesoinv.eval.tasks.task import Noise, OtherConfig, Task
from mesoinv.generators import get_dataset
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.pldos import coulomb
from mesoinv.zoo.metrics import FAMILIES, Target

ALL = list_tasks()
DONORS = yaml.safe_load((FOLDER / "pldos-donors.yaml").read_text(encoding="utf-8"))


@pytest.fixture(params=ALL)
def task(request):
    return get_task(request.param)


def write(folder, name="mine", **changes):
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(DONORS | changes, allow_unicode=True), encoding="utf-8")
    return path


def test_names():
    assert {"pldos-donors", "pldos-statistics", "pldos-fourier", "pldos-landscape"} <= set(ALL)
    assert mesoinv.list_tasks() == ALL
    assert [task.id for task in tasks_of("pldos")] == [n for n in ALL if n.startswith("pldos-")]
    assert tasks_of("nothing") == []


def test_a_task_is_on_the_data_that_is_installed(task):
    dataset = get_dataset(task.dataset)
    assert task.id.startswith(f"{task.dataset}-")
    assert task.dataset_version == dataset.version
    assert task.samples == dataset.num_samples(task.config, "full", task.split)
    for variant in task.variants.values():
        assert variant.description
        if isinstance(variant, OtherConfig):
            assert variant.config != task.config
            assert 2 <= variant.samples <= dataset.num_samples(
                variant.config, "full", variant.split
            )  # fmt: skip
        else:
            assert 2 <= variant.samples <= task.samples
            assert variant.level > 0


def test_inputs_and_targets_are_columns_in_the_same_units(task):
    columns = task.columns()
    assert set(columns) == {*task.inputs, *(t.column for t in task.targets)}
    for target in task.targets:
        assert target.unit == columns[target.column].unit
    assert not set(task.inputs) & {t.column for t in task.targets}
    declared = {c.name for c in get_dataset(task.dataset).columns(task.config)}
    assert set(task.truth) <= declared


def test_the_headline_is_the_first_score_and_higher_is_better(task):
    statistics = task.statistics()
    assert next(iter(statistics)) == task.headline == task.metrics[0]
    assert list(statistics)[: len(task.metrics)] == list(task.metrics)
    assert statistics[task.headline].better == "high"
    assert task.why


def test_the_papers_numbers_are_metrics_with_a_place(task):
    for paper in task.published:
        assert paper.link.startswith("https://")
        assert set(paper.scores) <= set(task.metrics)
        assert all(quoted.where for quoted in paper.scores.values())


def test_references_are_the_means_of_the_ensemble():
    """Gauss-Legendre over s uniform in 40 … 70 nm and N_d in 0.6 … 1.5."""
    nodes, weights = np.polynomial.legendre.leggauss(24)
    ranges = get_dataset("pldos").config("global")
    s, n_d = (np.mean(r) + np.ptp(r) / 2 * nodes for r in (ranges.s, ranges.n_d))
    assert (ranges.s, ranges.n_d) == ((40.0, 70.0), (0.6, 1.5))
    # the rms is a product of functions of s and N_d
    rms = np.array([coulomb.ensemble_rms(x, 1.0) for x in s])
    expected = {
        "s": s @ weights / 2,
        "n_d": n_d @ weights / 2,
        "potential_rms": (rms @ weights / 2) * (np.sqrt(n_d) @ weights / 2),
        "correlation_length": np.array([coulomb.correlation_length(x) for x in s]) @ weights / 2,
    }
    assert coulomb.ensemble_rms(50.0, 0.7) == pytest.approx(
        np.sqrt(0.7) * coulomb.ensemble_rms(50.0, 1.0)
    )
    for name in ("pldos-donors", "pldos-statistics"):
        for target in get_task(name).targets:
            assert target.reference == pytest.approx(expected[target.column], rel=2e-4)


def test_frozen(task):
    with pytest.raises(FrozenInstanceError):
        task.split = "train"


def test_digest_ignores_words():
    task = get_task("pldos-donors")
    noise = replace(task.variants["noise-1"], description="other words")
    told = replace(
        task, title="x", description="x", why="x", licence="x", citation="x", published=(),
        superseded_by="x", variants=task.variants | {"noise-1": noise},
    )  # fmt: skip
    assert told.digest == task.digest
    assert len({get_task(name).digest for name in ALL}) == len(ALL)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"dataset_version": "2.0.0"},
        {"config": "landscape"},
        {"split": "validation"},
        {"inputs": ("pldos", "potential")},
        {"targets": (Target("s", "nm", 55.0), Target("n_d", "1e12 cm⁻²", 1.0))},
        {"variants": {}},
        {"variants": {"noise-1": Noise(0.02, "", 1000)}},
        {"variants": {"noise-1": Noise(0.01, "", 500)}},
        {"variants": {"weaker": OtherConfig("weaker", "", 1000)}},
        {"variants": {"weaker": OtherConfig("stronger", "", 1000)}},
        {"variants": {"weaker": OtherConfig("weaker", "", 1000, "validation")}},
        {"dataset": "conductance"},
        {"family": "landscape", "metrics": ("pearson r mean",), "published": (), "shown": ""},
    ],
    ids=lambda change: next(iter(change)),
)
def test_digest_changes_with_what_scores_depend_on(change):
    task = get_task("pldos-donors")
    assert replace(task, **change).digest != task.digest


def test_all_changes_are_told_apart():
    task = get_task("pldos-donors")
    first, second = task.targets
    others = [
        replace(task, targets=(second, first)), replace(task, variants={}),
        *(replace(task, variants={name: v}) for name, v in task.variants.items()),
        *(replace(task, variants={"x": v}) for v in task.variants.values()),
        replace(task, variants={"x": Noise(0.01, "", 1)}),
        replace(task, variants={"x": OtherConfig("weaker", "", 1)}),
    ]  # fmt: skip
    assert len({task.digest, *(other.digest for other in others)}) == 1 + len(others)


def test_which_scores_of_a_variant_are_shown_are_words():
    task = get_task("pldos-donors")
    weaker = replace(task.variants["weaker"], metrics=("s skill",))
    assert replace(task, variants=task.variants | {"weaker": weaker}).digest == task.digest
    assert replace(task, metrics=("s skill",)).digest == task.digest


def test_the_order_of_variants_does_not_matter():
    task = get_task("pldos-donors")
    assert replace(task, variants=dict(reversed(task.variants.items()))).digest == task.digest


def test_digest_does_not_know_names_of_classes(task):
    """Renaming a class must not make every stored evaluation stale."""

    def renamed(record):
        values = {f.name: getattr(record, f.name) for f in fields(record)}
        return make_dataclass("Renamed", [], bases=(type(record),), frozen=True)(**values)

    targets = tuple(map(renamed, task.targets))
    variants = {name: renamed(variant) for name, variant in task.variants.items()}
    assert renamed(replace(task, targets=targets, variants=variants)).digest == task.digest


def test_digest_is_of_this_text():
    task = replace(
        get_task("pldos-donors"), id="mine", targets=(Target("s", "nm", 55.0),),
        metrics=("s skill",), published=(),
        variants={
            "noisy": Noise(0.01, "words", 1000),
            "weaker": OtherConfig("weaker", "words", 500, metrics=("s skill",)),
        },
    )  # fmt: skip
    text = (
        '[["mine","pldos","1.0.0","global","test"],["pldos"],'
        '[{"column":"s","reference":55.0,"unit":"nm"}],"numbers",'
        '{"noisy":{"description":"","kind":"noise","level":0.01,"samples":1000},'
        '"weaker":{"config":"weaker","description":"","kind":"config","samples":500}}]'
    )
    assert task.digest == hashlib.sha256(text.encode()).hexdigest()


def test_a_task_of_ones_own(tmp_path):
    task = get_task(str(write(tmp_path, title="My own", metrics=["s skill", "s bias"])))
    assert (task.id, task.title, task.headline) == ("mine", "My own", "s skill")
    assert get_task(task) is task
    assert list(task.statistics()) == ["s skill", "s bias"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"headlin": "skill"}, "Unknown key in mine.yaml 'headlin'"),
        ({"family": "number"}, "Unknown family of mine 'number'. Did you mean 'numbers'"),
        ({"metrics": ["skil"]}, "Unknown metric of mine 'skil'. Did you mean 'skill'"),
        ({"metrics": ["s rmse", "skill"]}, "higher must be better"),
        ({"metrics": ["s bias"]}, "higher must be better"),
        ({"metrics": []}, "higher must be better"),
        ({"inputs": "pldos"}, "mine.yaml.inputs must be a list"),
        ({"targets": [{"column": "s"}]}, r"mine.yaml.targets\[0\] lacks unit"),
        ({"variants": {"x": {"kind": "nois"}}}, "Unknown kind of mine.yaml.variants.x 'nois'"),
        ({"variants": {"x": {"kind": "noise", "level": 0.1}}}, "lacks description, samples"),
        ({"published": [{"name": "P"}]}, "lacks reference, link, scores"),
        ({"id": "other"}, "the id is the name of the file"),
    ],
)
def test_a_wrong_declaration_is_refused(change, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        get_task(str(write(tmp_path, **change)))


def test_the_papers_numbers_must_be_metrics(tmp_path):
    paper = DONORS["published"][0] | {"scores": {"s eror std": {"value": 1, "where": "p. 1"}}}
    with pytest.raises(UsageError, match="Did you mean 's error std'"):
        get_task(str(write(tmp_path, published=[paper])))


#: Keys that have no default.
NEEDED = [f.name for f in fields(Task)[1:] if f.default is f.default_factory]


@pytest.mark.parametrize("key", NEEDED)
def test_every_key_is_needed(key, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in DONORS.items() if k != key}))
    with pytest.raises(UsageError, match=f"mine.yaml lacks {key}"):
        get_task(str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"a: [", "is not YAML"),
        (b"\xff\xfe\xfd", "is not YAML"),
        (b"!!python/object/apply:os.system [true]", "is not YAML"),
        (b"- a\n- b", "must hold keys and values"),
        (b"", "must hold keys and values"),
    ],
)
def test_only_plain_yaml_is_read(text, message, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_bytes(text)
    with pytest.raises(UsageError, match=message):
        get_task(str(path))


def test_unknown_tasks():
    with pytest.raises(UsageError, match="Did you mean 'pldos-donors'"):
        get_task("pldos-donor")
    with pytest.raises(UsageError, match=r"There is no task nowhere\.yaml\. Known: .*pldos-donors"):
        get_task("nowhere.yaml")


def test_columns_must_exist(tmp_path):
    targets = [{"column": "S", "unit": "nm", "reference": 55.0}]
    changes = {"targets": targets, "metrics": ["skill"], "published": [], "variants": {}}
    changes["shown"] = ""
    with pytest.raises(UsageError, match="Unknown column of pldos/global 'S'"):
        get_task(str(write(tmp_path, **changes))).columns()


def test_references_of_a_variant_are_of_targets(tmp_path):
    targets = [{"column": "s", "unit": "nm", "reference": 55.0}]
    changes = {"targets": targets, "metrics": ["skill"], "published": []}
    with pytest.raises(UsageError, match=r"Unknown target of mine 'n_d'\. Allowed: s"):
        get_task(str(write(tmp_path, **changes)))


@pytest.mark.parametrize("config", ["global", "landscape"])
def test_held_out_columns_are_the_inputs_alone(config):
    assert held_out_columns("pldos", config) == ("index", "pldos")


def test_held_out_needs_a_task_and_keeps_answers(monkeypatch):
    with pytest.raises(UsageError, match=r"No task uses pldos/weaker.*: global, landscape"):
        held_out_columns("pldos", "weaker")
    donors = get_task("pldos-donors")
    telling = replace(donors, inputs=("pldos", "potential_rms"))
    monkeypatch.setattr(tasks, "tasks_of", lambda _: [telling, get_task("pldos-statistics")])
    with pytest.raises(UsageError, match="potential_rms is an input of one task and the answer"):
        held_out_columns("pldos", "global")


def test_families_are_what_tasks_name():
    assert {get_task(name).family for name in ALL} <= set(FAMILIES)
