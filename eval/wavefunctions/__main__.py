"""``python -m mesoinv.eval.wavefunctions``: write the report on the models of `wavefunctions`."""

from mesoinv.eval.report.command import run
from mesoinv.eval.wavefunctions.write import DATASET, write_report

run(DATASET, write_report)
