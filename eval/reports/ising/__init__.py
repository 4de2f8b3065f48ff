"""The report on the Ising model: boundaries of phases, couplings, and what cooling does."""

from mesoinv.eval.reports.ising.report import IsingReport

REPORT = IsingReport
