"""Canonical JSON: a digest depends on what a record says, on nothing of how it is written down."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Literal

import pytest

from mesoinv.generators.common.records import canonical, digest_of


@dataclass(frozen=True)
class Noise:
    level: float
    seed: int = 0
    kind: Literal["noise"] = "noise"


@dataclass
class Study:
    title: str
    variants: dict[str, Noise] = field(default_factory=dict)
    columns: tuple[str, ...] = ("s",)
    note: str | None = None


STUDY = Study("dots", {"weak": Noise(0.01), "strong": Noise(0.1, 7)})
TEXT = (
    '{"title":"dots","variants":{'
    '"strong":{"kind":"noise","level":0.1,"seed":7},"weak":{"kind":"noise","level":0.01}}}'
)


def test_the_digest_is_of_this_text():
    """It is stored: another way of writing would make everything stored stale."""
    assert digest_of(STUDY) == hashlib.sha256(TEXT.encode()).hexdigest()


def test_letters_are_escaped_and_numbers_are_as_python_writes_them():
    text = r'["\u00b5m",1e-07,0.1,3,3.0,true,null]'
    values = ["µm", 1e-7, 0.1, 3, 3.0, True, None]
    assert digest_of(values) == hashlib.sha256(text.encode()).hexdigest()


def test_the_order_of_keys_does_not_matter_that_of_lists_does():
    swapped = Study("dots", dict(reversed(STUDY.variants.items())))
    assert list(swapped.variants) != list(STUDY.variants)
    assert digest_of(swapped) == digest_of(STUDY)
    assert digest_of({"b": 1, "a": {"d": 2, "c": 3}}) == digest_of({"a": {"c": 3, "d": 2}, "b": 1})
    assert digest_of(["a", "b"]) != digest_of(["b", "a"])


def test_the_order_of_fields_does_not_matter():
    other = dataclasses.make_dataclass("Study", [("variants", dict), ("title", str)])
    assert digest_of(other(STUDY.variants, STUDY.title)) == digest_of(STUDY)


def test_fields_that_have_their_default_are_left_out():
    assert canonical(Study("dots")) == {"title": "dots"}
    assert canonical(Study("dots", {}, ("s",), None)) == {"title": "dots"}
    assert canonical(Study("dots", note="")) == {"title": "dots", "note": ""}
    assert canonical(Study("dots", columns=())) == {"title": "dots", "columns": []}


def test_a_new_field_with_a_default_changes_nothing():
    more = dataclasses.make_dataclass("More", [("unit", str, field(default="t"))], bases=(Study,))
    assert digest_of(more(STUDY.title, STUDY.variants)) == digest_of(STUDY)
    assert digest_of(more(STUDY.title, STUDY.variants, unit="eV")) != digest_of(STUDY)


def test_the_name_of_a_class_does_not_matter():
    renamed = dataclasses.make_dataclass("Renamed", [], bases=(Study,))
    variants = dict(STUDY.variants)
    assert digest_of(renamed("dots", variants)) == digest_of(STUDY)
    variants["weak"] = dataclasses.make_dataclass("Other", [], bases=(Noise,), frozen=True)(0.01)
    assert digest_of(renamed("dots", variants)) == digest_of(STUDY)


def test_the_kind_stays_although_it_is_a_default():
    assert canonical(Noise(0.01)) == {"level": 0.01, "kind": "noise"}
    louder = dataclasses.make_dataclass(
        "Louder", [("level", float), ("kind", str, field(default="louder"))]
    )
    assert digest_of(louder(0.01)) != digest_of(Noise(0.01))


def test_tuples_are_lists_and_records_are_their_fields():
    assert digest_of(("a", (1, 2))) == digest_of(["a", [1, 2]])
    assert digest_of(Study("dots", columns=("s", "n_d"))) == digest_of(
        {"title": "dots", "columns": ["s", "n_d"]}
    )
    assert canonical((Noise(0.5), {1: (2,)})) == [{"level": 0.5, "kind": "noise"}, {"1": [2]}]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_does_not_know_are_refused(number):
    for record in (number, [number], Noise(number), {"weak": {"level": number}}):
        with pytest.raises(ValueError, match="not JSON compliant"):
            digest_of(record)


def test_what_is_no_plain_data_is_refused():
    for value in (object(), {1, 2}, b"bytes", [1j]):
        with pytest.raises(TypeError):
            digest_of(value)


def test_other_processes_compute_the_same():
    code = "from mesoinv.generators.common.records import digest_of; print(digest_of({1: 'a'}))"
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, check=True, text=True,
            capture_output=True,
        )  # fmt: skip
        assert done.stdout.strip() == digest_of({1: "a"})
