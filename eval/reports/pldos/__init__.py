"""The report on the `pldos` baselines: test scores beside the paper's, limits, times, figures."""

from mesoinv.eval.reports.pldos.report import PldosReport

REPORT = PldosReport
