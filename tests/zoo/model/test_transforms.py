"""Normalisation: exact inverses, fits, the Fourier series and its mirror."""

from typing import get_args

import numpy as np
import pytest
import torch

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.pldos import coulomb
from mesoinv.generators.solvers.pldos.strip import Strip
from mesoinv.zoo.declared.pldos_transforms import FourierSeries
from mesoinv.zoo.declared.transforms import (
    Affine,
    Log,
    MinMax,
    Pool,
    Standardise,
    Step,
    Transform,
)
from mesoinv.zoo.model import transforms
from mesoinv.zoo.model.transforms import forward, inverse

S = 50.0


def values(*shape):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(*shape, generator=generator, dtype=torch.float64)


@pytest.fixture(scope="module")
def fourier():
    """Coefficients (3, n, 2) as the generator draws them."""
    count = len(coulomb.wave_vectors(S, Strip()).length)
    sigma = float(coulomb.standard_deviation(1.0, Strip()))
    generator = torch.Generator().manual_seed(0)
    return sigma * torch.randn(3, count, 2, generator=generator, dtype=torch.float64)


def as_complex(coefficients):
    return torch.view_as_complex(coefficients.contiguous()).numpy()


@pytest.mark.parametrize(
    "transform", [Affine(0.3, 2.0), Affine([0.3, 1.0, 2.0], [1.0, 2.0, 5.0]), Log(0.01), Log(1.0)]
)
def test_forward_then_inverse(transform):
    x = values(5, 4, 3)
    back = inverse(transform, forward(transform, x))
    torch.testing.assert_close(back, x, rtol=1e-12, atol=1e-12)


def test_every_declared_transform_is_computed():
    declared = get_args(Transform)
    assert len(declared) >= 9
    for kind in declared:
        computed = forward.dispatch(kind) is not forward.dispatch(Step)
        assert computed != kind.FITTED
        assert (kind in {Standardise, MinMax}) == kind.FITTED


def test_log_takes_small_negative_values():
    assert torch.isfinite(forward(Log(0.01), torch.tensor([-1e-3, 0.0]))).all()


def test_pool_is_the_mean_of_squares_and_keeps_smooth_maps():
    x = values(2, 8, 12)
    pooled = forward(Pool(4), x)
    assert pooled.shape == (2, 2, 3)
    torch.testing.assert_close(pooled[1, 1, 2], x[1, 4:8, 8:12].mean())
    phase = torch.arange(64, dtype=torch.float64) / 64
    smooth = torch.sin(2 * np.pi * phase)[None, :, None].expand(1, 64, 32)
    back = inverse(Pool(2), forward(Pool(2), smooth))
    assert back.shape == smooth.shape
    assert float((back - smooth)[:, 4:-4].abs().max()) < 1e-2


def test_pool_takes_multiples_of_its_factor_only():
    with pytest.raises(UsageError, match="multiples of 5"):
        forward(Pool(5), values(1, 40, 42))


def test_fits():
    x = values(100, 2) * torch.tensor([1.0, 50.0]) + 3
    (step,) = transforms.fit([Standardise()], x)
    z = forward(step, x)
    torch.testing.assert_close(z.mean(0), torch.zeros(2, dtype=torch.float64), atol=1e-12, rtol=0)
    torch.testing.assert_close(z.std(0), torch.ones(2, dtype=torch.float64))
    log, scaled = transforms.fit([Log(0.1), MinMax()], values(10, 4, 4))
    z = transforms.apply([log, scaled], values(10, 4, 4))
    assert (float(z.min()), float(z.max())) == pytest.approx((0.0, 1.0))
    torch.testing.assert_close(transforms.invert([log, scaled], z), values(10, 4, 4))


def test_a_fit_asks_for_a_fit_first():
    with pytest.raises(NotImplementedError):
        inverse(Standardise(), values(2, 2))


def test_the_series_is_that_of_the_generator(fourier):
    series = FourierSeries(S)
    landscape = coulomb.landscape(as_complex(fourier), S)
    np.testing.assert_allclose(forward(series, fourier).numpy(), landscape, rtol=0, atol=1e-13)
    back = inverse(series, forward(series, fourier))
    torch.testing.assert_close(back, fourier, rtol=1e-9, atol=0)
    found = coulomb.fourier_coefficients(landscape, S)
    np.testing.assert_allclose(
        as_complex(inverse(series, torch.from_numpy(landscape))), found, rtol=1e-12
    )
    assert forward(series, fourier.float()).dtype == torch.float32
