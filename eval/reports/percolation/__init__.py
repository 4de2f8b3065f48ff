"""The report on percolation: what networks see, the clusters or the density alone."""

from mesoinv.eval.reports.percolation.write import Settings, write_report

__all__ = ["Settings", "write_report"]
