"""The report on scanning gate microscopy: what maps of the conductance tell of a landscape."""

from mesoinv.eval.reports.sgm.report import SgmReport

REPORT = SgmReport
