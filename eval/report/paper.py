"""What the paper reached on its test samples, and where it says so; what we aim at.

G. J. Percebois and D. Weinmann, Phys. Rev. B 104, 075422 (2021), arXiv:2106.11623.
"""

from __future__ import annotations

from dataclasses import dataclass

from mesoinv.generators.solvers import coulomb


@dataclass(frozen=True)
class Quoted:
    """A standard deviation of errors that the paper gives.

    Attributes
    ----------
    value : float
        As given, in the column's unit.
    typical : float
        The value that the paper calls typical.
    symbol, unit : str
        Of the column.
    """

    value: float
    typical: float
    symbol: str
    unit: str

    @property
    def relative(self) -> float:
        """Error over the paper's typical value."""
        return self.value / self.typical


#: Section III; the columns of `global`.
NUMBERS = {
    "s": Quoted(2.3, 50.0, "s", "nm"),
    "n_d": Quoted(0.18, 1.0, "N_d", "10¹² cm⁻²"),
    "potential_rms": Quoted(7.3e-3, 0.25, "rms", "t"),
    "correlation_length": Quoted(0.36, 10.0, "ξ", "nm"),
}
#: Half of the paper's error, and 1 %.
AIMS = {
    "s": "1.15 nm",
    "n_d": "0.09·10¹² cm⁻²",
    "potential_rms": "1 %",
    "correlation_length": "1 %",
}
#: Pearson's r: median, worst; section IV C and figure 8.
LANDSCAPES = {"fourier": ("≈ 0.95", "rarely < 0.9"), "landscape": ("> 0.99", "> 0.99")}
LANDSCAPE_AIMS = {"fourier": ("0.99", "–"), "landscape": ("0.999", "> 0.99")}


def with_unit(value: str, unit: str) -> str:
    """Return value and unit, with a dot before a power of ten."""
    return f"{value}{'·' if unit.startswith('10') else ' '}{unit}"


def comparable(column: str) -> float:
    """Return the paper's relative error that can be compared: of the rms, the one over ours."""
    quoted = NUMBERS[column]
    return quoted.value / typical_here()[column] if column == "potential_rms" else quoted.relative


def typical_here() -> dict[str, float]:
    """Return what equations (4) and (5) give for the paper's typical s and N_d, in our units."""
    s, n_d = NUMBERS["s"].typical, NUMBERS["n_d"].typical
    return {
        "s": s,
        "n_d": n_d,
        "potential_rms": coulomb.ensemble_rms(s, n_d),
        "correlation_length": coulomb.correlation_length(s),
    }
