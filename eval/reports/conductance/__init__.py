"""The report on disordered wires: models beside the paper, ensembles, scaling, speed, figures."""

from mesoinv.eval.reports.conductance.settings import Settings
from mesoinv.eval.reports.conductance.write import write_report

__all__ = ["Settings", "write_report"]
