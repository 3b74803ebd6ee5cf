"""Experiments: a story with faults, played once into a journal that several clause tests judge."""

from chaos.experiment.experiment import (
    Experiment,
    needs_awdb_pair,
    needs_browsers,
    needs_link,
    needs_outside_number,
    needs_phones,
    needs_plain_desktop,
    needs_single_sign_on,
)
from chaos.experiment.lab import Lab, LabNotReady
from chaos.experiment.player import play
from chaos.experiment.stage import Stage

__all__ = [
    "Experiment",
    "Lab",
    "LabNotReady",
    "Stage",
    "needs_awdb_pair",
    "needs_browsers",
    "needs_link",
    "needs_outside_number",
    "needs_phones",
    "needs_plain_desktop",
    "needs_single_sign_on",
    "play",
]
