"""What a training script says of its model and its training, under the releases in force."""

from tunesmith.estimate.script.command import trainings_of_command, trainings_of_trl
from tunesmith.estimate.script.parallel import Parallel
from tunesmith.estimate.script.reader import trainings_of, trainings_of_launch
from tunesmith.estimate.script.training import Assumption, ScriptTraining, Sources

__all__ = [
    "Assumption",
    "Parallel",
    "ScriptTraining",
    "Sources",
    "trainings_of",
    "trainings_of_command",
    "trainings_of_launch",
    "trainings_of_trl",
]
