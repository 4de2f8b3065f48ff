"""Where and with what a recipe is trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mesoinv.generators.pipeline.loading.source import SampleSource

if TYPE_CHECKING:
    from mesoinv.zoo.declared.recipe import Recipe


@dataclass(frozen=True)
class TrainingEnvironment:
    """Where and with what a recipe is trained.

    Attributes
    ----------
    source : SampleSource
        Gives the samples.
    runs : Path
        Folder of checkpoints and logs.
    device : str
        ``"cpu"`` or ``"cuda"``.
    devices : int
        GPUs to train on; with ``"cpu"``, processes. The batch size is that of all together.
    """

    source: SampleSource = field(default_factory=SampleSource)
    runs: Path = Path("runs")
    device: str = "cpu"
    devices: int = 1

    def run_folder(self, recipe: Recipe) -> Path:
        """Return the folder of a recipe's run."""
        return self.runs / recipe.name
