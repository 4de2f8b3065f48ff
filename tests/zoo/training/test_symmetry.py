"""Symmetries of samples: what datasets declare, and random elements on batches of any axes."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
import torch
from toy_dataset import Toy

from mesoinv.generators import get_dataset, list_datasets
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.base import SYMMETRIES, Column, Config
from mesoinv.generators.pipeline.generate import generate
from mesoinv.generators.solvers.pldos import coulomb
from mesoinv.zoo.training.symmetry import Augmentation, columns_needed


class Symmetric(Config):
    """A configuration that has them all."""

    @property
    def symmetries(self):
        return tuple(SYMMETRIES)


class Fields(Toy):
    """Columns of two and three axes."""

    configs: ClassVar = {"all": Symmetric("d", {"full": {"test": 1}})}

    def columns(self, config):
        return (
            Column("flat", "float32", (3, 3), "1", "d", symmetry="field"),
            Column("solid", "float32", (3, 3, 3), "1", "d", symmetry="field"),
            Column("number", "float32", (), "1", "d", symmetry="invariant"),
            Column("arrow", "float32", (), "1", "d", symmetry="own"),
            Column("unknown", "float32", (), "1", "d"),
            Column("total", "float32", (3,), "1", "d", symmetry="drawn", source="flat"),
        )

    def drawn(self, config, column, values):
        return values.sum(axis=2)

    def transformed(self, config, column, group, values):
        return -values


FIELDS = Fields()


def augmentation(groups, *columns):
    return Augmentation("test_symmetry:FIELDS", "all", groups, columns)


def numbered(count, *shape):
    return torch.arange(count * int(np.prod(shape)), dtype=torch.float32).reshape(count, *shape)


@pytest.mark.parametrize(
    ("group", "column", "shape", "elements"),
    [
        ("mirror", "flat", (3, 3), 2),
        ("reversal", "solid", (3, 3, 3), 2),
        ("square", "flat", (3, 3), 8),
        ("cube", "solid", (3, 3, 3), 48),
        ("translations", "flat", (3, 3), 9),
        ("translations", "solid", (3, 3, 3), 27),
    ],
)
def test_every_element_of_a_group_is_drawn(group, column, shape, elements):
    torch.manual_seed(0)
    augmented, seen = augmentation([group], column, "number"), set()
    batch = {column: numbered(4, *shape), "number": torch.arange(4.0)}
    for _ in range(500):
        after = augmented(batch)
        assert torch.equal(after["number"], batch["number"])
        seen |= {tuple((x - x.min()).flatten().tolist()) for x in after[column]}
    assert len(seen) == elements


def test_columns_of_a_sample_are_transformed_together():
    torch.manual_seed(0)
    batch = {"flat": numbered(64, 3, 3), "arrow": torch.ones(64), "number": torch.ones(64)}
    after = augmentation(["mirror"], *batch)(batch)
    mirrored = (after["flat"] == batch["flat"].flip(-1)).flatten(1).all(1)
    assert torch.equal(mirrored, after["arrow"] == -1)
    assert torch.equal(~mirrored, (after["flat"] == batch["flat"]).flatten(1).all(1))
    assert 16 < int(mirrored.sum()) < 48
    reversed_ = augmentation(["reversal"], "flat")({"flat": batch["flat"]})["flat"]
    changed = (reversed_ != batch["flat"]).flatten(1).any(1)
    assert torch.equal(reversed_[changed], batch["flat"][changed].flip(1))


@pytest.mark.parametrize(
    ("groups", "columns", "message"),
    [
        (["mirror"], ["unknown"], "what mirror does to unknown is not declared"),
        (["square"], ["arrow"], "what square does to arrow is not declared"),
    ],
)
def test_what_is_not_declared_is_refused(groups, columns, message):
    with pytest.raises(UsageError, match=message):
        augmentation(groups, *columns)


def test_a_symmetry_of_another_configuration_is_refused():
    Augmentation("wavefunctions", "ando", ["translations"], ["label", "density"])
    for dataset, config in (("wavefunctions", "chern"), ("percolation", "L10")):
        with pytest.raises(UsageError, match="translations is no symmetry of"):
            Augmentation(dataset, config, ["translations"], [])
    with pytest.raises(UsageError, match="it has mirror"):
        Augmentation("pldos", "landscape", ["reversal"], ["pldos"])


def test_datasets_name_symmetries_that_exist():
    for name in list_datasets():
        dataset = get_dataset(name)
        for config, declared in dataset.configs.items():
            assert set(declared.symmetries) <= set(SYMMETRIES)
            fields = [c for c in dataset.columns(config) if c.symmetry == "field"]
            assert bool(fields) == bool(declared.symmetries)
            # a mirror does the same to any number of sites; the others act on those of one shape
            assert len({c.shape for c in fields}) <= 1 or set(declared.symmetries) == {"mirror"}


@pytest.mark.parametrize("config", ["landscape", "global"])
def test_mirrored_coefficients_are_those_of_the_mirrored_landscape(config):
    dataset, batch = get_dataset("pldos"), generate("pldos", config, "test", range(2))
    mirrored = dataset.transformed(config, "fourier", "mirror", batch["fourier"])
    values = mirrored[..., 0] + 1j * mirrored[..., 1]
    potential = coulomb.landscape(values, batch["s"], dataset.parameters(config).strip)
    np.testing.assert_allclose(potential, batch["potential"][:, :, ::-1], rtol=0, atol=1e-12)
    again = dataset.transformed(config, "fourier", "mirror", mirrored)
    np.testing.assert_allclose(again, batch["fourier"], rtol=0, atol=1e-12)
    assert not np.allclose(mirrored, batch["fourier"])


def test_pictures_are_drawn_again_from_what_was_turned():
    torch.manual_seed(0)
    batch = {"total": torch.zeros(5, 3), "flat": numbered(5, 3, 3)}
    assert columns_needed("test_symmetry:FIELDS", "all", ["total", "number"]) == (
        "total", "number", "flat",
    )  # fmt: skip
    made = augmentation(["square", "translations"], "total")(batch)
    torch.testing.assert_close(made["total"], made["flat"].sum(dim=2))
    assert not torch.equal(made["flat"], batch["flat"])
    same = augmentation([], "total")(batch)
    assert (same["total"] == 0).all()
