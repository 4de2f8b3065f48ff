"""What a build holds that can be loaded: its complete configurations and the default one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mesoinv.generators.pipeline.plan import HELD_OUT

if TYPE_CHECKING:
    from pathlib import Path

    from mesoinv.generators.pipeline.base import Dataset
    from mesoinv.generators.pipeline.manifest import ConfigRecord, Manifest


@dataclass(frozen=True)
class BuiltFolder:
    """A build on disk with at least one complete configuration.

    Attributes
    ----------
    folder : Path
        The build, laid out as the Hub repository.
    manifest : Manifest
        What was made.
    dataset : Dataset
        The declaration it was made from.
    """

    folder: Path
    manifest: Manifest
    dataset: Dataset

    @cached_property
    def default_config(self) -> str:
        """The configuration that is loaded without a name: the declared one, if it was built."""
        names = [name for name, record in self.manifest.configs.items() if record.complete]
        return self.dataset.default_config if self.dataset.default_config in names else names[0]

    @cached_property
    def configs(self) -> dict[str, ConfigRecord]:
        """Complete configurations with samples or pictures, the default one first."""
        complete = {n: r for n, r in self.manifest.configs.items() if r.complete}
        return {self.default_config: complete.pop(self.default_config), **complete}

    @property
    def declared(self) -> list[str]:
        """Names of the configurations that are declared ones, not prefixes or pictures of one."""
        return [name for name, record in self.configs.items() if name == record.source]

    @property
    def held_out(self) -> dict[str, ConfigRecord]:
        """Configurations of inputs whose answers are kept back."""
        return {name: r for name, r in self.configs.items() if r.kind == HELD_OUT}
