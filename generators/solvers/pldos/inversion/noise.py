"""What a measured density is worth: its noise, and how far to trust a fit that is not yet right."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mesoinv.generators.solvers.pldos.strip import Strip

RealArray = NDArray[np.float64]

#: Sites across one shell around the source.
SHELL = 12
#: Sites across the window of a local mean of the density.
WINDOW = 15
#: Norm of fourth differences of both axes, and the median of the square of a normal number.
_NORM, _MEDIAN_SQUARE = 70.0, 0.454936
#: Noise below this, over the map's mean, is not told from the density's own short waves.
QUIET = 2e-3
#: Probability that noise alone makes some shell look wrong.
CHANCE = 1e-3
#: The variance of noise that was estimated is right within this, relative: four deviations of what
#: `estimated_noise` says of maps.
SLACK = 0.14


@dataclass(frozen=True)
class Measured:
    """A density of states with its noise.

    Attributes
    ----------
    density : (L, W) array
        ρ [1/t].
    variance : (L, W) array
        Of the noise of each site [1/t²].
    slack : float
        How much larger the variance may be, relative: noise that was estimated is known roughly.
    """

    density: RealArray
    variance: RealArray
    slack: float = 0.0

    @functools.cached_property
    def local_square(self) -> RealArray:
        """The local mean of ρ², (L, W)."""
        from scipy.ndimage import uniform_filter  # noqa: PLC0415  (slow to import)

        smooth: RealArray = uniform_filter(self.density**2, WINDOW)
        return smooth

    def chi_square(self, error: RealArray) -> float:
        """Return the mean over sites of (error/noise)²: about 1 where the fit is right."""
        return float((error**2 / self.variance).mean())


def storage_variance(density: RealArray) -> RealArray:
    """Return the variance of rounding to float16, as the dataset stores densities."""
    spacing = np.spacing(density.astype(np.float16)).astype(np.float64)
    return spacing**2 / 12


def estimated_noise(density: RealArray) -> float:
    """Return the standard deviation of the noise of a map (L, W) [1/t], 0 where it has none.

    A density has no waves shorter than half a wavelength of the electrons, noise has them all; so
    it is measured on the fourth differences along both axes. Sites where readings below zero were
    recorded as zero are left out: the bright half of what there is.
    """
    from scipy.ndimage import uniform_filter  # noqa: PLC0415  (slow to import)

    differences = np.diff(np.diff(density, 4, axis=0), 4, axis=1) / _NORM
    brightness = uniform_filter(density, WINDOW)[2:-2, 2:-2]
    bright = brightness >= np.median(brightness)
    # near the source and the walls the density has short waves of its own
    noise = float(np.sqrt(np.median(differences[bright] ** 2) / _MEDIAN_SQUARE))
    return noise if noise > QUIET * density.mean() else 0.0


@functools.lru_cache(maxsize=4)
def shells(strip: Strip) -> NDArray[np.int64]:
    """Return the number of each site's shell around the source, (L, W)."""
    x = np.arange(strip.length)[:, None]
    y = np.arange(strip.width) - (strip.source_start + (strip.source_width - 1) / 2)
    return (np.hypot(x, y) / SHELL).astype(np.int64)


def misfit_outwards(error: RealArray, measured: Measured, strip: Strip) -> RealArray:
    """Return the relative misfit up to each site's shell, beyond what noise explains.

    What is wrong near the source makes everything behind it wrong; so the largest misfit between
    the source and a site tells how far the site may be used.

    Returns
    -------
    (L, W) array
        0 where the fit is right.
    """
    shell = shells(strip).ravel()
    noise = np.bincount(shell, measured.variance.ravel())
    left = np.bincount(shell, (error**2).ravel())
    larger = np.clip(np.median(left / noise), 1, 1 + measured.slack)
    wrong = np.maximum(left - noise * larger * _chance(strip), 0)
    size = np.bincount(shell, (measured.density**2).ravel())
    relative = np.sqrt(wrong / np.maximum(size, np.finfo(float).tiny))
    outwards: RealArray = np.maximum.accumulate(relative)[shells(strip)]
    return outwards


@functools.lru_cache(maxsize=4)
def _chance(strip: Strip) -> RealArray:
    """Return how much larger than expected noise may be in each shell, by chance."""
    from scipy.stats import chi2  # noqa: PLC0415  (slow to import)

    sites = np.bincount(shells(strip).ravel())
    most: RealArray = chi2.isf(CHANCE / len(sites), sites) / sites
    return most


def cautious_variance(misfit: RealArray, measured: Measured, caution: float) -> RealArray:
    """Return a variance that grows with the misfit, so that far sites wait for near ones.

    Parameters
    ----------
    misfit : (L, W) array
        Of `misfit_outwards`.
    measured : Measured
    caution : float
        Of the square of the misfit: how strongly it lowers the weight of sites.

    Returns
    -------
    (L, W) array
        [1/t²]
    """
    return measured.variance + caution * misfit**2 * measured.local_square
