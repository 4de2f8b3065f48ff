"""The report on Anderson's model in three dimensions: what one state tells of the disorder."""

from mesoinv.eval.reports.anderson3d.report import AndersonReport

REPORT = AndersonReport
