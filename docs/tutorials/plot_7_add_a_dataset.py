"""
Add a dataset
=============

A dataset is a class with two steps: draw the disorder, solve it. Building, checking, reading and
publishing then work as for the others. Here: a chain of sites with random energies, and its levels.
"""

# %%
# Declare it
# ----------
# A sample is a function of its index alone. `draw` gets a stream of random numbers that knows that;
# `solve` is any computation on a batch.

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np

import mesoinv
from mesoinv.generators.pipeline.base import Column, Config, Dataset, Paper

SITES = 32
SIZES = {
    "mini": {"train": 64, "test": 16},
    "small": {"train": 256, "test": 64},
    "full": {"train": 1024, "test": 256},
}


@dataclass(frozen=True)
class ChainConfig(Config):
    """``strength``: on-site energies are uniform between plus and minus half of it [hopping]."""

    strength: float = 4.0


class Chain(Dataset):
    """Levels of a disordered chain."""

    name, pretty_name, version = "chain", "Disordered chain", "1.0.0"
    paper = Paper(
        "P. W. Anderson", "Absence of diffusion in certain random lattices", "Phys. Rev. 109, 1492",
        1958, "", "10.1103/PhysRev.109.1492", "@article{anderson1958absence}",
    )  # fmt: skip
    default_config = "open"
    configs = {"open": ChainConfig("Open ends.", SIZES)}  # noqa: RUF012

    def columns(self, config):
        return (
            Column("index", "int64", (), "1", "Index of the sample."),
            Column("onsite_energy", "float64", (SITES,), "hopping", "On-site energies."),
            Column("levels", "float32", (SITES,), "hopping", "Energies, rising.", rtol=1e-5),
        )

    def draw(self, config, stream, indices):
        half = self.configs[config].strength / 2
        uniform = stream.uniform(indices, SITES)  # in [0, 1)
        return {"index": np.asarray(indices), "onsite_energy": half * (2 * uniform - 1)}

    def solve(self, config, drawn, *, device="cpu", solver=None):
        hopping = -np.eye(SITES, k=1) - np.eye(SITES, k=-1)
        matrices = hopping + drawn["onsite_energy"][:, :, None] * np.eye(SITES)
        return drawn | {"levels": np.linalg.eigvalsh(matrices).astype(np.float32)}


# %%
# Use it
# ------
# Python takes the object. The command line takes its place in a module of yours:
# ``mesoinv generate my_module:DATASET``.

dataset = Chain()
folder = mesoinv.build(dataset, size="mini", out="data/chain")
print(mesoinv.verify(folder, dataset=dataset).ok)
samples = mesoinv.generate(dataset, "open", "test", range(16))

figure, axis = plt.subplots(figsize=(5.5, 3.2), layout="constrained")
axis.plot(samples["levels"].T, color="C0", alpha=0.4)
axis.set(xlabel="level", ylabel="energy [hopping]", title="16 chains")

# %%
# In mesoinv itself a dataset is three files, a generator, a card and a test, and nothing to
# register: see CONTRIBUTING.md.
