"""
From a scanning-gate map to the landscape
=========================================

A laboratory has recorded the conductance of a sample while a sharp tip moved over it: a text file,
a matrix in microsiemens with its axes in micrometres. Which landscape of disorder is below, and how
well is it known where? The file of this tutorial is made up, so that the answer can be checked.
"""

# %%
# A file as a laboratory has it
# -----------------------------
# The sample is 480 nm long and 360 nm wide, its donors are few. The tip is a hard wall on one site
# of the lattice; each reading has noise of 0.5 % of 2e²/h, which is 77.48 µS.

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from mesoinv.generators.pldos import Strip
from mesoinv.generators.sgm import conductance_map, invert_map
from mesoinv.generators.solvers.pldos.inversion.waves import Waves

QUANTUM = 77.48  # 2e²/h [µS]
strip = Strip(length=96, width=72, source_width=20)
donors = {"s": 50.0, "n_d": 0.15}  # their distance [nm], their density [1e12 cm⁻²]

rng = np.random.default_rng(4)
waves = Waves(strip, **donors)
truth = waves.potential(rng.normal(size=waves.count))
exact = conductance_map(truth[None], tip_strength=np.inf, strip=strip)[0]
recorded = QUANTUM * (exact + 0.005 * rng.normal(size=exact.shape))
x, y = (strip.lattice_constant / 1e3 * np.arange(n) for n in exact.shape)
header = (
    "x [µm]: " + " ".join(f"{v:.4f}" for v in x) + "\ny [µm]: " + " ".join(f"{v:.4f}" for v in y)
)
np.savetxt("map.txt", recorded, fmt="%.4f", header=header, encoding="utf-8")

# %%
# Read it
# -------
# Axes from the header, then from microsiemens to 2e²/h. A map on another raster would be
# interpolated to the sites here, for example by ``scipy.interpolate.RectBivariateSpline``.

lines = Path("map.txt").read_text(encoding="utf-8").splitlines()
along, across = (np.array(line.split(": ")[1].split(), float) for line in lines[:2])
seen = np.loadtxt("map.txt") / QUANTUM
assert seen.shape == (along.size, across.size)
print(f"{seen.shape[0]} × {seen.shape[1]} places, steps of {1e3 * (along[1] - along[0]):.0f} nm")
print(f"conductances from {seen.min():.2f} to {seen.max():.2f} × 2e²/h")

# %%
# How large is the noise?
# -----------------------
# The conductance changes smoothly from site to site, noise does not: fourth differences along both
# axes hold little else.

differences = np.diff(np.diff(seen, 4, axis=0), 4, axis=1) / 70
noise = float(np.median(np.abs(differences)) / 0.6745)
print(f"noise of {noise:.4f} × 2e²/h in each reading")

# %%
# The fit
# -------
# In a sample with so few donors the fit may begin with no disorder at all. With more of them it has
# to begin near the answer; a network that was trained on maps gives such a start
# (``mesoinv.load_model("sgm-landscape-unet.8k")``, for samples of its size).

made = invert_map(
    seen[None], np.zeros((1, *seen.shape)), tip_strength=np.inf, noise=noise, strip=strip, **donors
)
error = np.linalg.norm(made.potential[0] - truth) / np.linalg.norm(truth)
print(f"fits: {made.fits[0]}, misfit {made.misfit[0]:.3f} after {made.steps[0]} steps")
print(f"the landscape is {error:.1%} off")

# %%
# ``fits`` is the verdict. Where it is false, the landscape is no answer.
#
# What can be trusted
# -------------------
# ``deviation`` is the standard deviation of V at every site.

difference = made.potential[0] - truth
covered = np.abs(difference) < 1.96 * made.deviation[0]
print(f"{covered.mean():.1%} of the sites are within their 95 % interval")

figure, axes = plt.subplots(2, 2, figsize=(9, 6.5), layout="constrained")
limit = np.abs(truth).max()
panels = [
    ("recorded conductance [2e²/h]", seen, {"cmap": "viridis"}),
    ("landscape V [t]", made.potential[0], {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}),
    ("its standard deviation [t]", made.deviation[0], {"cmap": "viridis"}),
    ("its true error [t]", difference, {"cmap": "RdBu_r"}),
]
for axis, (title, values, style) in zip(axes.flat, panels, strict=True):
    extent = (along[0], along[-1], across[0], across[-1])
    image = axis.imshow(values.T, origin="lower", extent=extent, **style)
    axis.set(title=title, xlabel="x [µm]", ylabel="y [µm]")
    figure.colorbar(image, ax=axis)
