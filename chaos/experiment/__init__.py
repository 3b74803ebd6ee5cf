"""Experiments: a story with faults, played once into a journal that several clause tests judge."""

from chaos.experiment.experiment import Experiment, needs_link, needs_outside_number
from chaos.experiment.lab import Lab, LabNotReady
from chaos.experiment.player import play
from chaos.experiment.stage import Stage

__all__ = ["Experiment", "Lab", "LabNotReady", "Stage", "needs_link", "needs_outside_number", "play"]
