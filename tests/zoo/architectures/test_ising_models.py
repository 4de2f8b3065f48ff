"""Models of the Ising model: what is computed without a network, and networks of any size."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.ising.observables import observables
from mesoinv.generators.solvers.ising.simulate import simulate
from mesoinv.generators.solvers.ising.tempering import Ladder
from mesoinv.zoo.architectures import build_network
from mesoinv.zoo.architectures.periodic_vae import _windows

UP = torch.ones(1, 30, 30)


def stripes(size=30):
    x = torch.ones(1, size, size)
    x[:, 1::2] = -1
    return x


def single(name, **hyperparameters):
    return build_network(name, [(30, 30)], [(1,)], hyperparameters).eval()


@pytest.mark.parametrize("size", [30, 60])
def test_order_parameters_are_those_of_the_dataset(size):
    spins = simulate(0.7, [3.0, 1.0, 0.4], length=size, sweeps=20, replicas=4, seed=2)[:, -1]
    measured = observables(spins, 0.7)
    x = torch.from_numpy(spins).float()
    plain = single("order_parameter")(x)[:, 0].numpy()
    np.testing.assert_allclose(plain, 1 - np.abs(measured.magnetisation), atol=1e-6)
    of_stripes = single("order_parameter", stripes=True)(x)[:, 0].numpy()
    wanted = 1 - np.hypot(measured.rows, measured.columns)
    np.testing.assert_allclose(of_stripes, wanted, atol=1e-6)


def test_comparison_is_with_the_nearest_lattice():
    network = single("configuration_comparison", count=2)
    network.fit(torch.cat([UP, -UP]), torch.zeros(2, 1))
    x = UP.clone()
    x[:, :3] = -1
    assert network(x)[0, 0] == pytest.approx(0.1)
    assert network(-x)[0, 0] == pytest.approx(0.1)
    assert network(stripes())[0, 0] == pytest.approx(0.5)


def slow_pseudo_likelihood(spins, k1, k2):
    """The logarithm of the product of all conditional probabilities, spin by spin."""
    total, length = 0.0, len(spins)
    for x in range(length):
        for y in range(length):
            near = far = 0
            for dx in (-1, 0, 1):
                for dy in (-1, 0, 1):
                    other = spins[(x + dx) % length, (y + dy) % length]
                    near += other if abs(dx) + abs(dy) == 1 else 0
                    far += other if abs(dx) + abs(dy) == 2 else 0
            total -= np.log1p(np.exp(-2 * spins[x, y] * (k1 * near - k2 * far)))
    return total


def test_the_pseudo_likelihood_is_at_its_maximum():
    spins = simulate(0.3, [3.0, 2.0], length=12, sweeps=50, seed=1)[0, -1].astype(float)
    network = build_network("pseudo_likelihood", [(12, 12)], [(2,)], {})
    network.high.fill_(10)
    network.low.fill_(-10)
    k1, k2 = network(torch.from_numpy(spins).float()[None])[0].tolist()
    best = slow_pseudo_likelihood(spins, k1, k2)
    for step in ((0.02, 0), (-0.02, 0), (0, 0.02), (0, -0.02)):
        assert slow_pseudo_likelihood(spins, k1 + step[0], k2 + step[1]) < best


def test_the_pseudo_likelihood_finds_couplings():
    """Averaged over lattices in equilibrium the couplings come out."""
    ladder = Ladder(0.3, [4.0, 3.0, 2.0], 30, 5)
    ladder.advance(500)
    network = build_network("pseudo_likelihood", [(30, 30)], [(2,)], {})
    network.fit(UP, torch.tensor([[0.0, 0.0], [10.0, 10.0]]))
    made = []
    for _ in range(60):
        ladder.advance(10)
        made.append(network(torch.from_numpy(ladder.spins()).float()).numpy())
    mean, error = np.mean(made, axis=0), np.std(made, axis=0) / np.sqrt(60)
    wanted = np.array([[0.25, 0.075], [1 / 3, 0.1], [0.5, 0.15]])
    assert (np.abs(mean - wanted) < 5 * error + 0.01).all()


def test_a_ground_state_has_the_largest_couplings_that_there_are():
    network = build_network("pseudo_likelihood", [(30, 30)], [(2,)], {})
    network.fit(UP, torch.tensor([[0.25, 0.0], [10.0, 3.0]]))
    made = network(torch.cat([UP, stripes()]))
    assert torch.isfinite(made).all()
    assert made[0, 0] > 1
    assert made[1, 1] > 0.5
    assert (made <= torch.tensor([10.0, 3.0])).all()


def test_sums_over_pairs_are_what_the_small_network_sees():
    network = build_network("pair_sums", [(30, 30)], [(2,)], {"hidden": [8]})
    x = torch.from_numpy(simulate(0.4, [3.0], length=30, sweeps=5)[0]).float()
    turned = torch.rot90(x, dims=(1, 2)).roll((3, 5), dims=(1, 2))
    torch.testing.assert_close(network(x), network(turned))
    torch.testing.assert_close(network(x), network(-x))
    assert network(torch.ones(2, 60, 60)).shape == (2, 2)


@pytest.mark.parametrize("size", [16, 30, 60])
def test_the_periodic_autoencoder_takes_lattices_of_any_size(size):
    torch.manual_seed(0)
    network = build_network("periodic_vae", [(30, 30)], [()], {"error": "unlikeness"}).eval()
    x = (torch.rand(3, size, size) > 0.5).float()
    made = network(x)
    assert made["reconstruction"].shape == x.shape
    assert made["unlikeness"].shape == (3,)
    assert ((made["unlikeness"] > 0) & (made["unlikeness"] <= 1)).all()
    # whole cells that are shifted change nothing but the order of the windows
    made_again = network(x.roll((size // 2 // 2 * 2, 0), dims=(1, 2)))
    torch.testing.assert_close(made_again["latent"], made["latent"])


def test_windows_cover_a_lattice():
    x = torch.arange(900.0).reshape(1, 30, 30)
    cut = _windows(x, 16)
    assert cut.shape == (1, 4, 16, 16)
    assert set(cut.flatten().tolist()) == set(range(900))
    torch.testing.assert_close(_windows(x, 30)[0, 0], x[0])
    torch.testing.assert_close(cut[0, 3, -1, -1], x[0, 0, 0])  # beyond the edge


def test_an_order_in_pieces_is_an_order():
    """A lattice of two halves, up and down, is explained window by window, not as a whole."""
    torch.manual_seed(1)
    build = {"error": "unlikeness", "window": 10}
    network = build_network("periodic_vae", [(30, 30)], [()], build).eval()
    network.draw[-1].weight.data.zero_()
    network.draw[-1].bias.data.fill_(3.0)  # draws all spins up, whatever it is given
    halves = torch.ones(1, 30, 30)
    halves[:, :10] = 0
    assert network(halves)["unlikeness"][0] < 1e-5
    network.window = 30
    assert network(halves)["unlikeness"][0] > 0.8


def test_odd_lattices_and_broken_cells_are_refused():
    with pytest.raises(UsageError, match="whole cells of 2"):
        build_network("periodic_vae", [(30, 30)], [()], {"window": 7})
    with pytest.raises(UsageError, match="two couplings"):
        build_network("pseudo_likelihood", [(30, 30)], [(3,)], {})
    with pytest.raises(UsageError, match="one number a sample"):
        build_network("order_parameter", [(30, 30)], [(2,)], {})


def test_a_timm_network_can_be_periodic():
    """A shift of the lattice shifts what the first convolution sees."""
    arguments = {"model": "resnet10t", "periodic": True}
    network = build_network("timm", [(32, 32)], [(1,)], arguments)
    modes = {m.padding_mode for m in network.modules() if isinstance(m, torch.nn.Conv2d)}
    assert modes == {"circular"}
    x = torch.randn(1, 32, 32)
    first = next(m for m in network.modules() if isinstance(m, torch.nn.Conv2d))
    shifted = first(x.roll(4, 2)[:, None]).roll(-4 // first.stride[1], 3)
    torch.testing.assert_close(shifted, first(x[:, None]))
    plain = build_network("timm", [(32, 32)], [(1,)], {"model": "resnet10t"})
    assert {m.padding_mode for m in plain.modules() if isinstance(m, torch.nn.Conv2d)} == {"zeros"}
