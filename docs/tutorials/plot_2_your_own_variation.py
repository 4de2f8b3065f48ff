"""
Your own variation
==================

The solvers behind the datasets are functions. Here a sheet of your own size, with a potential of
your own: its density, its conductance against the energy, and the same number from another program.
"""

# %%
# A sheet and a potential
# -----------------------
# A potential is an array of on-site energies in units of the hopping t; ``strip.hopping`` is t in
# meV. A hill stands in the middle.

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from mesoinv.generators.pldos import Strip, partial_ldos, transport

strip = Strip(length=100, width=80, source_width=14)
print(f"t = {strip.hopping:.1f} meV, the electrons have E = {strip.energy:.3f} t")
x, y = np.meshgrid(np.arange(strip.length), np.arange(strip.width), indexing="ij")
potential = 0.12 * np.exp(-((x - 50) ** 2 + (y - 35) ** 2) / 150)[None]  # (1, L, W) [t]

# %%
# Where the electrons are
# -----------------------

density = partial_ldos(potential, strip=strip)[0]
figure, axis = plt.subplots(figsize=(5.5, 3.8), layout="constrained")
extent = (0, strip.length * 5e-3, 0, strip.width * 5e-3)
image = axis.imshow(density.T, origin="lower", extent=extent, cmap="inferno")
axis.contour(x[:, 0] * 5e-3, y[0] * 5e-3, potential[0].T, colors="white", linewidths=0.8)
axis.set(title="density behind a hill (white lines)", xlabel="x [µm]", ylabel="y [µm]")
figure.colorbar(image, ax=axis, label="ρ [1/t]")

# %%
# Conductance against energy
# --------------------------
# Without the hill the conductance rises in steps, one for each mode of the source.

energies = np.linspace(3, 9, 21)  # [meV]
curves = {
    label: [
        float(transport(values, strip=replace(strip, fermi_energy=e)).transmission[0])
        for e in energies
    ]
    for label, values in {"with the hill": potential, "without": 0 * potential}.items()
}
figure, axis = plt.subplots(figsize=(5.5, 3.4), layout="constrained")
for label, values in curves.items():
    axis.plot(energies, values, ".-", label=label)
axis.set(xlabel="Fermi energy [meV]", ylabel="G [2e²/h]")
axis.legend()

# %%
# Another program
# ---------------
# `kwant <https://kwant-project.org>`_ solves the same system without any of this code. Where it is
# installed (``make kwant``), one argument asks it.

ours = transport(potential, strip=strip, tolerance=0).transmission[0]
try:
    theirs = transport(potential, strip=strip, solver="kwant").transmission[0]
    print(f"mesoinv {ours:.9f}, kwant {theirs:.9f}")
except ImportError:
    print(f"mesoinv {ours:.9f}; kwant is not installed")

# %%
# The other systems have solvers too: wires (``mesoinv.generators.conductance``), clusters
# (``percolation``), eigenstates of any sparse Hermitian matrix (``wavefunctions``), electron
# diffraction (``lacbed``), spins (``ising``) and Anderson's model (``anderson3d``).
