"""The report on wave functions: what networks make of states, and where their curves cross 1/2."""

from mesoinv.eval.reports.wavefunctions.write import write_report

__all__ = ["write_report"]
