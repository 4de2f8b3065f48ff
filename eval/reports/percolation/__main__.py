"""``python -m mesoinv.eval.reports.percolation``: write the report."""

from mesoinv.eval.reports.command import run
from mesoinv.eval.reports.percolation.write import DATASET, write_report

run(DATASET, write_report)
