"""``python -m mesoinv.eval.percolation``: write the report on the models of `percolation`."""

from mesoinv.eval.percolation.write import DATASET, write_report
from mesoinv.eval.report.command import run

run(DATASET, write_report)
