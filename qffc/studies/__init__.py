"""Runs from a file, and many runs at once: learning curves, sweeps and searches, in turn or over a cluster."""

from qffc.studies.curve import Curve, learning_curve
from qffc.studies.grid import sweep_runs
from qffc.studies.power_law import PowerLaw, fit_power_law
from qffc.studies.run import Result, Run
from qffc.studies.run_file import RunFile, read_run, run_from
from qffc.studies.search import Found, run_search
from qffc.studies.study import Study, Summary, summarize
from qffc.studies.tables import ClusterTable, CurveTable, SearchTable, SweepTable

__all__ = [
    "ClusterTable",
    "Curve",
    "CurveTable",
    "Found",
    "PowerLaw",
    "Result",
    "Run",
    "RunFile",
    "SearchTable",
    "Study",
    "Summary",
    "SweepTable",
    "fit_power_law",
    "learning_curve",
    "read_run",
    "run_from",
    "run_search",
    "summarize",
    "sweep_runs",
]
