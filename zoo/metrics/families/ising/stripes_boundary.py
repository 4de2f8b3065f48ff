"""As `ferromagnet_boundary`, for the phase of stripes."""

from __future__ import annotations

from mesoinv.zoo.metrics.families.ising.ferromagnet_boundary import PhaseBoundary

FAMILY = PhaseBoundary("stripes")
