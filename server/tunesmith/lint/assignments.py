"""`NAME=value` behind `--env` and `--secrets`, and its like in calls that start a job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.launch_command import LaunchCommand, Option, Word
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_values import DictValue, Entry


class Assignment(NamedTuple):
    """A variable that a command gives to a job.

    Attributes:
        option: the option that it stands behind.
        name: the variable.
        value: its value; None where it is not known or taken from the environment.
        is_bare: only the name is given: the value is that of the local environment.
    """

    option: Option
    name: str
    value: str | None
    is_bare: bool

    @property
    def word(self) -> Word:
        """The word that holds it."""
        return self.option.words[-1]


def assignments(command: LaunchCommand, option_name: str) -> Iterator[Assignment]:
    """What a command sets with all its options of that long name; unknown names are left out."""
    for option in command.options:
        if option.name == option_name:
            name, equals, value = _written(option).partition("=")
            is_known = option.value is not None
            if name and (equals or is_known):
                is_bare = is_known and not equals
                yield Assignment(option, name, value if is_known and equals else None, is_bare)


def passed_names(command: LaunchCommand) -> Sequence[str] | None:
    """The variables that a command gives to a job, secret or not; None where not all are told."""
    names = ("--env", "--secrets")
    found = [each.name for name in names for each in assignments(command, name)]
    given = sum(option.name in names for option in command.options)
    return found if len(found) == given else None


def entries(call: Call, argument: str) -> Mapping[str, Entry]:
    """The known entries of a dict that a call gets by keyword; empty where it cannot be told."""
    value = call.value(argument)
    return value.entries if isinstance(value, DictValue) else {}


def _written(option: Option) -> str:
    """The value of an option, as far as it is known from its beginning."""
    if option.value is not None:
        return option.value
    known = option.words[-1].known_text
    if len(option.words) > 1:
        return known
    long, equals, value = known.partition("=")
    return value if equals and long == option.name else ""
