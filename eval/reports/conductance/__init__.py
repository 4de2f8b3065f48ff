"""The report on disordered wires: models beside the paper, ensembles, scaling, times, figures."""

from mesoinv.eval.reports.conductance.report import ConductanceReport

REPORT = ConductanceReport
