"""Benchmark datasets for inverse problems in mesoscopic and disordered quantum systems."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mesoinv import loaders
    from mesoinv.eval.scoring.evaluate import evaluate
    from mesoinv.eval.scoring.write_predictions import write_predictions
    from mesoinv.eval.tasks import list_tasks
    from mesoinv.generators import list_configs, list_datasets
    from mesoinv.generators.pipeline.audit.verify import verify
    from mesoinv.generators.pipeline.build import build
    from mesoinv.generators.pipeline.generate import generate
    from mesoinv.zoo.declared.models import list_models
    from mesoinv.zoo.inversion import invert
    from mesoinv.zoo.model.loading import load_model

    __version__: str

__all__ = [
    "__version__",
    "build",
    "evaluate",
    "generate",
    "invert",
    "list_configs",
    "list_datasets",
    "list_models",
    "list_tasks",
    "load_model",
    "loaders",
    "verify",
    "write_predictions",
]

# where each public name lives; imported when first used, so that `import mesoinv` costs nothing
_HOMES = {
    "build": "mesoinv.generators.pipeline.build",
    "evaluate": "mesoinv.eval.scoring.evaluate",
    "generate": "mesoinv.generators.pipeline.generate",
    "invert": "mesoinv.zoo.inversion",
    "list_configs": "mesoinv.generators",
    "list_datasets": "mesoinv.generators",
    "list_models": "mesoinv.zoo.declared.models",
    "list_tasks": "mesoinv.eval.tasks",
    "load_model": "mesoinv.zoo.model.loading",
    "verify": "mesoinv.generators.pipeline.audit.verify",
    "write_predictions": "mesoinv.eval.scoring.write_predictions",
}
#: Modules of the face; what they need is loaded with them.
_MODULES = ("loaders",)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415

        return version("mesoinv")
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
