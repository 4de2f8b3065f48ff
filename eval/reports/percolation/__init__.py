"""The report on percolation: what networks see, the clusters or the density alone."""

from mesoinv.eval.reports.percolation.report import PercolationReport

REPORT = PercolationReport
