"""
Load a model and look at its errors
===================================

A network of the zoo finds the landscape behind a density. How good is it on average, and where does
it fail?
"""

# %%
# Load and predict
# ----------------

import matplotlib.pyplot as plt
import numpy as np

import mesoinv

model = mesoinv.load_model("pldos-landscape-unet.16k")
samples = mesoinv.generate("pldos", "landscape", "test", range(48))
predicted = model.predict(samples["pldos"])  # [1/t] -> [t]
print(predicted.shape)

# %%
# Score
# -----
# Every score has a 95 % interval. Here it is wide, since 48 samples are few; the stored scores are
# of all 4000 samples of the split.

result = mesoinv.evaluate(model, "pldos-landscape", samples=48, variants=False)
for name, score in result.evaluation.scores.items():
    print(f"{name}: {score.value:.4g} [{score.low:.4g}, {score.high:.4g}]")

# %%
# Which samples are hard
# ----------------------
# ``result.table`` has the errors of each sample.

errors = 1 - result.table["pearson r"]
order = np.argsort(errors)
figure, axis = plt.subplots(figsize=(5.5, 3.2), layout="constrained")
axis.plot(errors[order], ".")
axis.set(xlabel="samples, from the best to the worst", ylabel="1 − r", yscale="log")

# %%
# The worst one, beside the truth. Where few electrons come, nothing is known of the landscape.

worst = order[-1]
truth = samples["potential"][worst]
limit = np.abs(truth).max()
figure, axes = plt.subplots(1, 3, figsize=(11, 2.9), layout="constrained")
panels = [
    ("density [1/t]", samples["pldos"][worst], {"cmap": "inferno"}),
    ("true landscape [t]", truth, {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}),
    ("predicted [t]", predicted[worst], {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}),
]
for axis, (title, values, style) in zip(axes, panels, strict=True):
    image = axis.imshow(values.T, origin="lower", extent=(0, 1.28, 0, 0.96), **style)
    axis.set(title=title, xlabel="x [µm]", ylabel="y [µm]")
    figure.colorbar(image, ax=axis)
