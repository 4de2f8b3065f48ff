"""Reports: what models reach beside a paper, written by one machinery, a package a paper."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from mesoinv.generators.common.errors import unknown_name

if TYPE_CHECKING:
    from mesoinv.eval.reports.report import Report


def list_reports() -> list[str]:
    """Return the systems that have a report: the packages in this one."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)


def report_of(system: str) -> type[Report]:
    """Return the report on a system.

    Raises
    ------
    UsageError
        If there is none; the message lists those that there are.
    """
    if system not in list_reports():
        raise unknown_name("report", system, list_reports())
    report: type[Report] = importlib.import_module(f"{__name__}.{system}").REPORT
    return report
