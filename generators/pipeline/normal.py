"""Normal quantile in correctly rounded operations only, so that it is bit-exact on every machine.

Algorithm AS 241 (PPND16) [1]_ with its own logarithm; relative error about 1e-15.

References
----------
.. [1] M. J. Wichura, "Algorithm AS 241: The percentage points of the normal distribution",
   Applied Statistics 37, 477 (1988).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rational = tuple[tuple[float, ...], tuple[float, ...]]

# fmt: off
_CENTRE: Rational = (
    (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
     1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
     3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
     5.2264952788528545610e3),
)
_MIDDLE: Rational = (
    (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
     3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
     2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
     1.05075007164441684324e-9),
)
_TAIL: Rational = (
    (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
     2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
     2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
     2.04426310338993978564e-15),
)
# fmt: on
_LN2 = 0.693147180559945309417
_SQRT_HALF = 0.70710678118654752440


def _horner(coefficients: tuple[float, ...], x: Array) -> Array:
    value = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value = value * x + coefficient
    return value


def _ratio(rational: Rational, x: Array) -> Array:
    return _horner(rational[0], x) / _horner(rational[1], x)


def exact_log(x: Array) -> Array:
    """Return the natural logarithm of positive numbers, the same bits on every machine.

    Parameters
    ----------
    x : array
        Positive, finite.

    Returns
    -------
    array
        Same shape; relative error below 1e-15 away from x = 1.
    """
    mantissa, exponent = np.frexp(x)
    low = mantissa < _SQRT_HALF
    mantissa = np.where(low, 2.0 * mantissa, mantissa)
    z = (mantissa - 1.0) / (mantissa + 1.0)
    series = tuple(2.0 / (2 * k + 1) for k in range(12))  # 2 artanh(z)/z, |z| < 0.172
    return (exponent - low) * _LN2 + z * _horner(series, z * z)


def normal_quantile(probability: Array) -> Array:
    """Return the standard normal quantile.

    Parameters
    ----------
    probability : array
        In the open interval (0, 1).

    Returns
    -------
    array
        Same shape.
    """
    p = np.asarray(probability, dtype=np.float64)
    q = p - 0.5
    tail = np.minimum(p, 1.0 - p)
    r = np.sqrt(-exact_log(tail))
    outer = np.where(r <= 5.0, _ratio(_MIDDLE, r - 1.6), _ratio(_TAIL, r - 5.0))
    centre = q * _ratio(_CENTRE, 0.180625 - q * q)
    return np.where(np.abs(q) <= 0.425, centre, np.copysign(outer, q))
