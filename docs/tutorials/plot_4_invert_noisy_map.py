"""
From a noisy map to the landscape
=================================

A map of the electron density has noise of 1 %. Which landscape is behind it, and how well is it
known where? Four steps: measure the noise on the map, begin with what a network says, fit through
the exact solver, and look at what can be trusted.
"""

# %%
# A map
# -----
# Sample 3 of the test split, as it is stored, and noise of 1 % of its mean at every site. Readings
# below zero are recorded as zero.

import matplotlib.pyplot as plt
import numpy as np

import mesoinv

sample = mesoinv.generate("pldos", "landscape", "test", [3])
truth = sample["potential"][0]
exact = sample["pldos"].astype(np.float16).astype(float)
rng = np.random.default_rng(0)
noisy = np.maximum(exact + 0.01 * exact.mean() * rng.normal(size=exact.shape), 0)

# %%
# A network says where to begin
# -----------------------------
# The fit finds the right landscape from within about a tenth of it. Networks of the zoo are that
# good on maps that are not too noisy.

network = mesoinv.load_model("pldos-landscape-unet.16k")
start = network.predict(noisy, check_range=False).astype(float)


def error(potential):
    """Relative error of a landscape."""
    return np.linalg.norm(potential - truth) / np.linalg.norm(truth)


print(f"the network is {error(start[0]):.1%} off")

# %%
# The fit
# -------
# ``noise="estimate"`` measures the noise on the map itself: noise has waves that are shorter than
# any of the electrons'.

made = mesoinv.invert("pldos", noisy, start=start, noise="estimate")
print(f"fits: {made.fits[0]}, after {made.steps[0]} steps")
print(f"misfit {made.misfit[0]:.3f}, where 1 is right")
print(f"the landscape is {error(made.potential[0]):.2%} off")

# %%
# ``fits`` is the verdict. Where it is false, the landscape is no answer: another start may help.
#
# What can be trusted
# -------------------
# ``deviation`` is the standard deviation of V at every site. It is small where many electrons pass,
# and large where few do. A true error should be less than 1.96 deviations at 95 % of the sites.

difference = made.potential[0] - truth
covered = np.abs(difference) < 1.96 * made.deviation[0]
print(f"{covered.mean():.1%} of the sites are within their 95 % interval")

figure, axes = plt.subplots(2, 2, figsize=(9, 6.5), layout="constrained")
limit = np.abs(truth).max()
panels = [
    ("measured density ρ [1/t]", noisy[0], {"cmap": "inferno", "vmax": np.quantile(noisy, 0.995)}),
    ("landscape V [t]", made.potential[0], {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}),
    ("its standard deviation [t]", made.deviation[0], {"cmap": "viridis"}),
    ("its true error [t]", difference, {"cmap": "RdBu_r"}),
]
for axis, (title, values, style) in zip(axes.flat, panels, strict=True):
    image = axis.imshow(values.T, origin="lower", extent=(0, 1.28, 0, 0.96), **style)
    axis.set(title=title, xlabel="x [µm]", ylabel="y [µm]")
    figure.colorbar(image, ax=axis)

# %%
# Donors that nobody knows
# ------------------------
# Here the distance of the donors, 50 nm, and their density were known. In the configuration
# ``global`` they are not, and are estimated with the landscape.

unknown = mesoinv.generate("pldos", "global", "test", [0])
estimate = mesoinv.invert("pldos", unknown["pldos"].astype(np.float16), config="global")
print(f"s = {estimate.s[0]:.2f} ± {estimate.s_deviation[0]:.2f} nm, true {unknown['s'][0]:.2f} nm")
print(
    f"N_d = {estimate.n_d[0]:.2f} ± {estimate.n_d_deviation[0]:.2f}, true {unknown['n_d'][0]:.2f}"
)
