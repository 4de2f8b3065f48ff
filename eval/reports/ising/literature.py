"""Transition temperatures that others found."""

from __future__ import annotations

from mesoinv.generators.solvers.ising.phase_boundary import EXACT

#: J2 -> T_c [J1], its error (0 if exact), and the source.
VALUES = {
    0.0: (EXACT[0.0], 0.0, "exact: L. Onsager, Phys. Rev. 65, 117 (1944)"),
    0.5: (0.0, 0.0, "A. Kalz et al., Eur. Phys. J. B 65, 533 (2008), arXiv:0805.0983"),
    1.0: (2.0823, 0.0017, "A. Malakis et al., Eur. Phys. J. B 50, 63 (2006)"),
}
