"""What the paper reached on its test samples, and where it says so; what we aim at.

G. J. Percebois and D. Weinmann, Phys. Rev. B 104, 075422 (2021), arXiv:2106.11623.
"""

from __future__ import annotations

from dataclasses import dataclass

from mesoinv.eval.tasks import get_task
from mesoinv.generators.solvers.pldos import coulomb


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


def _of_task(task: str, metric: str) -> float:
    return get_task(task).published[0].scores[metric].value


def _texts(task: str) -> tuple[str, ...]:
    quoted = get_task(task).published[0].scores
    return tuple(quoted[f"pearson r {name}"].text or "–" for name in ("median", "worst"))


#: Section III; the columns of `global`. The values are those that the tasks quote.
NUMBERS = {
    "s": Quoted(_of_task("pldos-donors", "s error std"), 50.0, "s", "nm"),
    "n_d": Quoted(_of_task("pldos-donors", "n_d error std"), 1.0, "N_d", "10¹² cm⁻²"),
    "potential_rms": Quoted(
        _of_task("pldos-statistics", "potential_rms error std"), 0.25, "rms", "t"
    ),
    "correlation_length": Quoted(
        10 * _of_task("pldos-statistics", "correlation_length error std relative"), 10.0, "ξ", "nm"
    ),
}
#: Half of the paper's error, and 1 %.
AIMS = {
    "s": "1.15 nm",
    "n_d": "0.09·10¹² cm⁻²",
    "potential_rms": "1 %",
    "correlation_length": "1 %",
}
#: Pearson's r: median, worst; section IV C and figure 8.
LANDSCAPES = {kind: _texts(f"pldos-{kind}") for kind in ("fourier", "landscape")}
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
