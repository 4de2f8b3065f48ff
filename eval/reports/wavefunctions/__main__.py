"""``python -m mesoinv.eval.reports.wavefunctions``: write the report."""

from mesoinv.eval.reports.command import run
from mesoinv.eval.reports.wavefunctions.write import DATASET, write_report

run(DATASET, write_report)
