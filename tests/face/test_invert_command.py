"""The command `mesoinv invert`: a sample of the dataset, files, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from typer.testing import CliRunner

from mesoinv.cli import app
from mesoinv.generators.common.errors import UsageError
from mesoinv.generators.pipeline.generate import generate

RUN = CliRunner()


def invert(*arguments: object):
    return RUN.invoke(app, ["invert", *map(str, arguments)])


@pytest.fixture(scope="module")
def sample():
    return generate("pldos", "landscape", "test", [0])


def test_a_sample_from_a_start(tmp_path, sample):
    """Next to the truth: the fit is there after a few steps, and the files say so."""
    start = tmp_path / "start.npy"
    np.save(start, sample["potential"] * 1.02)
    done = invert("pldos", "--start", start, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "0: misfit 0.9" in done.output
    assert "fits" in done.output
    made = np.load(tmp_path / "out" / "0.npz")
    assert made["fits"]
    error = made["potential"] - sample["potential"][0]
    assert np.linalg.norm(error) < 1e-4 * np.linalg.norm(sample["potential"])
    assert (tmp_path / "out" / "0.png").stat().st_size > 20_000


def test_a_file_of_maps(tmp_path, sample):
    maps, start = tmp_path / "maps.npy", tmp_path / "start.npy"
    np.save(maps, sample["pldos"][0].astype(np.float16))
    np.save(start, sample["potential"][0])
    done = invert(maps, "--start", start, "--noise", "estimate", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "0.npz").exists()


def test_bad_input(tmp_path):
    assert isinstance(invert("percolation").exception, UsageError)
    assert "--noise is a positive number or estimate" in str(
        invert("pldos", "--noise", "lots").exception
    )
    missing = invert(tmp_path / "none.npy").exception
    assert isinstance(missing, UsageError)
    assert "no .npy file" in str(missing)
    (tmp_path / "text.npy").write_text("no numbers")
    assert isinstance(invert(tmp_path / "text.npy").exception, UsageError)
