"""The report on electron diffraction: patterns of crystals, and crystals behind patterns."""

from mesoinv.eval.reports.lacbed.report import LacbedReport

REPORT = LacbedReport
