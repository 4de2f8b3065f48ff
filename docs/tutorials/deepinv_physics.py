"""
The solver in a library for inverse problems
============================================

`deepinv <https://deepinv.github.io>`_ has many ways to solve y = A(x) + noise for any operator A
that is one of its ``Physics``. This is A for ``pldos``: a landscape in, the density of states out,
with the exact product of the Jacobian that optimisation needs. ``pip install deepinv``.
"""

# %%
# The operator
# ------------
# deepinv's images have a channel: (B, 1, L, W).

import numpy as np
import torch
from deepinv.optim.data_fidelity import L2
from deepinv.physics import Physics

import mesoinv
from mesoinv.generators.pldos import linearise, partial_ldos


class Scattering(Physics):
    """V [t] to ρ [1/t], through the exact solver."""

    def A(self, x, **_):
        """Return the density of states of landscapes (B, 1, L, W)."""
        return partial_ldos(x[:, 0])[:, None]

    def A_vjp(self, x, v):
        """Return Jᵀ v at landscapes x."""
        with torch.enable_grad():
            point = x.detach().requires_grad_()
            return torch.autograd.grad(self.A(point), point, v)[0]


# %%
# A few steps downhill
# --------------------
# Begun with what a network says, along the gradient of deepinv's own data term, each step with the
# length that makes the linearised misfit smallest. Plain descent is slow here: `mesoinv.invert`
# takes Gauss-Newton steps instead and ends at the landscape itself.

sample = mesoinv.generate("pldos", "landscape", "test", [0])
y = torch.from_numpy(sample["pldos"])[:, None]
network = mesoinv.load_model("pldos-landscape-unet.16k")
x = torch.from_numpy(network.predict(sample["pldos"]).astype(np.float64))[:, None]

physics, fidelity = Scattering(), L2()
misfits = []
for _ in range(4):
    gradient = fidelity.grad(x, y, physics)
    here = linearise(x[:, 0].numpy())
    change = here.product(gradient[:, 0].numpy())
    misfits.append(np.linalg.norm(here.value - sample["pldos"]) / np.linalg.norm(sample["pldos"]))
    x = x - float((gradient**2).sum() / (change**2).sum()) * gradient
print("relative misfit of the density:", ", ".join(f"{m:.3f}" for m in misfits))
