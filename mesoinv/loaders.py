"""Samples for torch: `SampleDataset` by number, `SampleStream` one after the other.

>>> from mesoinv.loaders import SampleDataset
>>> data = SampleDataset("pldos", "landscape", "train", columns=["pldos", "potential"], count=64)
"""

from mesoinv.generators.common.extras import require

require("mesoinv.loaders", "models")

from mesoinv.generators.pipeline.loading.torch_datasets import (  # noqa: E402  (needs torch)
    SampleDataset,
    SampleStream,
)

__all__ = ["SampleDataset", "SampleStream"]
