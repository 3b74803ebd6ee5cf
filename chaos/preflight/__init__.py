"""Preflight: looks at a lab before a run, makes only missing proxies there, and says which clauses can be judged."""

from chaos.preflight.examine import completed, survey
from chaos.preflight.finding import ALL, Check, Finding, NotLooked, Row, State, Survey
from chaos.preflight.in_run import NothingCanBeJudged, RunPreflight
from chaos.preflight.printing import print_survey
from chaos.preflight.table import checks_for

__all__ = [
    "ALL",
    "Check",
    "Finding",
    "NotLooked",
    "NothingCanBeJudged",
    "Row",
    "RunPreflight",
    "State",
    "Survey",
    "checks_for",
    "completed",
    "print_survey",
    "survey",
]
