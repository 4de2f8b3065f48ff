"""Couplings and temperatures of the paper."""

from __future__ import annotations

#: J2, in units of J1.
COUPLINGS = (
    0.0, 0.1, 0.2, 0.3, 0.4, 0.45, 0.48, 0.49, 0.495, 0.5, 0.505, 0.51, 0.52, 0.55, 0.6, 0.65, 0.7,
    0.8, 0.9, 1.0, 1.2, 1.5,
)  # fmt: skip
#: T in units of J1, falling: 4 to 0.1 in steps of 0.025.
TEMPERATURES = tuple((160 - k) / 40 for k in range(157))
