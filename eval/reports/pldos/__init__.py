"""The report on the `pldos` baselines: test scores beside the paper's, limits, speed, figures."""

from mesoinv.eval.reports.pldos.write import write_report

__all__ = ["write_report"]
