"""What a launch passes to a script: words for its options, and environment variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from tunesmith.project import Project
from tunesmith.sources.launch_command import Word
from tunesmith.sources.launches import Launch
from tunesmith.sources.python_values import ListValue, Value
from tunesmith.sources.unknown import ABSENT, UNKNOWN, Absent, Unknown
from tunesmith.sources.yaml_values import configuration_values
from tunesmith.text import regex

RECIPE = "--config"
_OPTION = regex(r"-{1,2}[A-Za-z]")
_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}
_NUMBERS = (int, float)

Words = Sequence["str | None"]
"""What stands behind an option; None for a word that a variable decides."""


class Passed:
    """What a launch passes; where none is known, nothing, and nothing is certain.

    Args:
        launch: the start of the script.
        recipe: what the file behind `--config` sets; None where there is none, or nobody can tell.

    Attributes:
        is_told: a launch is known, so that an option that it does not pass keeps its default.
        tells_variables: so do environment variables: no file or image may set others.
    """

    def __init__(self, launch: Launch | None, recipe: Mapping[str, Any] | None = None) -> None:
        self._launch = launch
        self._recipe = recipe
        self.is_told = launch is not None
        self.tells_variables = launch is not None and not launch.may_keep_files

    def option(self, names: Sequence[str]) -> Words | Unknown | Absent:
        """The words behind the last option of these names.

        ABSENT where it is not passed, UNKNOWN where it may be.
        """
        if self._launch is None:
            return ABSENT
        words = self._launch.arguments
        if words is None:
            return UNKNOWN
        for index in reversed(range(len(words))):
            name, equals, value = words[index].known_text.partition("=")
            if name in names:
                is_known = words[index].text is not None
                return (
                    [value if is_known else None] if equals else list(_behind(words[index + 1 :]))
                )
        return UNKNOWN if any(word.is_open for word in words) else ABSENT

    def value(self, names: Sequence[str]) -> Value:
        """What an option is worth: of a switch True, of several words a list."""
        words = self.option(names)
        if isinstance(words, (Unknown, Absent)):
            return words
        if len(words) > 1:
            return ListValue([converted(word) for word in words])
        return converted(words[0]) if words else True

    def of_recipe(self, name: str) -> Value:
        """What the file behind `--config` sets; ABSENT where it does not, or none is passed."""
        if self._recipe is not None:
            return _value(self._recipe[name]) if name in self._recipe else ABSENT
        return ABSENT if self.option((RECIPE,)) is ABSENT else UNKNOWN

    def variable(self, name: str) -> Value:
        """An environment variable; ABSENT where the launch does not set it."""
        if self._launch is None or name not in self._launch.variables:
            return ABSENT
        value = self._launch.variables[name]
        return UNKNOWN if value is None else value


def recipe_of(launch: Launch | None, project: Project) -> Mapping[str, Any] | None:
    """What the file behind a launch's `--config` sets, as TrlParser reads it."""
    words = Passed(launch).option((RECIPE,))
    name = words[0] if isinstance(words, Sequence) and words else None
    found = project.text_near(name, launch.path) if launch and name else None
    return configuration_values(found[1]) if found else None


def _value(value: Any) -> Value:
    """A value of a recipe; mappings are not read."""
    if isinstance(value, list):
        return ListValue([_value(each) for each in cast("list[Any]", value)])
    if isinstance(value, str):
        return converted(value) if value in ("True", "False", "None") else value
    return value if value is None or isinstance(value, (int, float)) else UNKNOWN


def converted(text: str | None) -> Value:
    """A word as parsers take it where a number or a truth is wanted: `1e-4`, `true`, `None`."""
    if text is None:
        return UNKNOWN
    if text.lower() in _TRUTHS:
        return _TRUTHS[text.lower()]
    if text == "None":
        return None
    for number in _NUMBERS:
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _behind(words: Sequence[Word]) -> Iterator[str | None]:
    for word in words:
        if _OPTION.match(word.known_text):
            return
        yield word.text
