"""Perturbation theory turned round, with a made-up response instead of the solver's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.solvers.sgm import first_order
from mesoinv.zoo.architectures import build_network
from mesoinv.zoo.architectures.first_order_map import FirstOrderMap

SHAPE = (32, 24)


def test_maps_that_are_of_first_order_are_turned_round(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    network = build_network("first_order_map", [SHAPE], [SHAPE], {"tip_strength": 1.0})
    assert isinstance(network, FirstOrderMap)
    waves = network.waves
    empty, response = rng.normal(size=SHAPE), rng.normal(size=(*SHAPE, waves.count))
    asked: list[tuple[float, int]] = []

    def made_up(_waves: object, tip_strength: float, square: int) -> tuple[np.ndarray, np.ndarray]:
        asked.append((tip_strength, square))
        return empty, response

    monkeypatch.setattr(first_order, "first_order_response", made_up)
    z = rng.normal(size=(64, waves.count))
    landscapes = np.stack([waves.potential(one) for one in z])
    squares = landscapes.reshape(64, 32, 8, 24, 8).mean(axis=(2, 4))
    readings = empty + np.tensordot(z, response, (1, 2))
    noise = 0.1 * rng.normal(size=readings.shape)
    given, wanted = (torch.from_numpy(v).float() for v in (readings + noise, squares))
    network.fit(given[:48], wanted[:48])
    assert asked == [(1.0, 8)]
    made = network(given[48:])
    error = (made - wanted[48:]).norm() / wanted[48:].norm()
    assert error < 0.05
    assert (
        build_network("first_order_map", [SHAPE], [SHAPE], {"tip_strength": 1.0})(given).norm() == 0
    )


@pytest.mark.parametrize("shape", [(32, 25), (30, 24), (32,)])
def test_other_squares_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match=r"squares|maps of one shape"):
        build_network("first_order_map", [shape], [shape], {"tip_strength": 1.0})
