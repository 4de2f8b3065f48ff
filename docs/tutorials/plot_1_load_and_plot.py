"""
Load and plot a dataset
=======================

A dataset is a folder of parquet files, on the Hub or on your disk. Here a small one is built, read
with the `datasets` library, and drawn.
"""

# %%
# Build a small one
# -----------------
# ``size="mini"`` has a few samples of each split. The same call on another machine gives the same
# samples. ``pldos`` is a disordered sheet of electrons: a potential, and the density of the
# electrons that enter it through a narrow source at the left.

import matplotlib.pyplot as plt
import numpy as np
from datasets import disable_progress_bars, load_dataset

import mesoinv

disable_progress_bars()
folder = mesoinv.build("pldos", ["landscape"], "mini", out="data/pldos")

# %%
# Read it
# -------
# mesoinv is not needed for that. Once the dataset is published, its name on the Hub takes the
# folder's place.

test = load_dataset(str(folder), "landscape", split="test").with_format("numpy")
print(test.features)
sample = test[3]
print(f"conductance {sample['conductance']:.3f} · 2e²/h")

# %%
# Draw it
# -------
# Axis 0 goes from the source to the drain. Sites are 5 nm apart, and energies are in units of the
# hopping t.

figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
panels = [
    ("potential V [t]", sample["potential"], "RdBu_r"),
    ("partial local density of states ρ [1/t]", sample["pldos"], "inferno"),
]
for axis, (title, values, colours) in zip(axes, panels, strict=True):
    image = axis.imshow(values.T, origin="lower", extent=(0, 1.28, 0, 0.96), cmap=colours)
    axis.set(title=title, xlabel="x [µm]", ylabel="y [µm]")
    figure.colorbar(image, ax=axis)

# %%
# Single samples
# --------------
# Any sample can be computed on its own, without the folder.

alone = mesoinv.generate("pldos", "landscape", "test", [3])
print(np.abs(alone["potential"][0] - sample["potential"]).max())
