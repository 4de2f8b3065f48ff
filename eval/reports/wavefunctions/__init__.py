"""The report on wave functions: what networks make of states, and where their curves cross 1/2."""

from mesoinv.eval.reports.wavefunctions.report import WavefunctionsReport

REPORT = WavefunctionsReport
