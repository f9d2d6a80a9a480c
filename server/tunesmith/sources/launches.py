"""Jobs that run a script: by a command, or by a call of huggingface_hub."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import libcst as cst

from tunesmith.sources.launch_command import LaunchCommand, Option
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_values import DictValue, ListValue, Value
from tunesmith.sources.requirements import Pin, read_requirement
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import Span

if TYPE_CHECKING:
    from tunesmith.sources.python_script import PythonScript


@dataclass(frozen=True, slots=True)
class Launch:
    """What a job installs for a script, as far as its start says.

    Attributes:
        path: the file that starts the job.
        span: the command or the call in it.
        script: the script's path or URL as written.
        additions: what is installed over the script's own requirements (`--with`).
        python: the Python version asked for; None where none is.
        image: the image asked for; None for the default one.
        unknown: why nobody can tell what is installed, as the end of a sentence; None where all
            is told.
    """

    path: PurePosixPath
    span: Span
    script: str
    additions: Sequence[Pin] = ()
    python: str | None = None
    image: str | None = None
    unknown: str | None = None


_CALLS = ("run_uv_job", "create_scheduled_uv_job")
_MENTIONS_CALL = re.compile("|".join(_CALLS))
_DECIDES_VERSIONS = re.compile(
    r"PYTHONPATH|UV_(?:CONSTRAINT|DEFAULT_INDEX|EXCLUDE_NEWER|EXTRA_INDEX_URL|FIND_LINKS|INDEX"
    r"|INDEX_URL|OVERRIDE|PRERELEASE|PYTHON|RESOLUTION)"
)
_PYTHON_FILE = re.compile(r"[\w./-]+\.py\b")
_COMMA = re.compile(r",(?=\s*[A-Za-z])")


def of_command(command: LaunchCommand) -> Iterator[Launch]:
    """The start of a script by a command; of every script that a container's command names."""
    if not command.runs_uv_script:
        image = command.target.text if command.target else None
        reason = f"as the image {image} decides" if image else "as an image decides"
        for script in _scripts_in(word.known_text for word in command.target_arguments):
            yield Launch(command.path, command.span, script, image=image, unknown=reason)
        return
    if command.script is None:
        return
    image, python = command.option("--image"), command.option("--python")
    yield Launch(
        command.path,
        command.span,
        command.script,
        additions=tuple(_additions(command)),
        python=python.value if python else None,
        image=image.value if image else None,
        unknown=_unknown_in(command),
    )


def _scripts_in(words: Iterable[str]) -> Iterator[str]:
    found = (match[0] for word in words for match in _PYTHON_FILE.finditer(word))
    yield from dict.fromkeys(found)


def _additions(command: LaunchCommand) -> Iterator[Pin]:
    origin = f"`--with` in {command.path.name}"
    for option in command.options:
        if option.name == "--with" and option.value is not None:
            yield from _pins(option.value, origin, command.path, option.span)


def _pins(text: str, origin: str, path: PurePosixPath, span: Span | None) -> Iterator[Pin]:
    """The requirements of one `--with`, which takes several with commas between."""
    for part in _COMMA.split(text):
        requirement = read_requirement(part)
        if requirement:
            yield Pin(requirement, origin, path, span)


def _unknown_in(command: LaunchCommand) -> str | None:
    for option in command.options:
        is_open = option.value is None and _takes_value(option)
        if is_open and option.name in ("--with", "--python", "--image"):
            return f"as {command.path.name} takes {option.name} from a variable"
        if option.name == "--env":
            name = _variable_that_decides(option.words[-1].known_text)
            if name:
                return f"as {command.path.name} sets {name}"
    return None


def _takes_value(option: Option) -> bool:
    return len(option.words) > 1 or "=" in option.flag.known_text


def _variable_that_decides(assignment: str) -> str | None:
    name = assignment.removeprefix("--env=").partition("=")[0]
    return name if _DECIDES_VERSIONS.fullmatch(name) else None


def in_script(script: PythonScript) -> Iterator[Launch]:
    """The starts of jobs by calls of huggingface_hub."""
    if not _MENTIONS_CALL.search(script.text):
        return
    for site in script.index.calls:
        name = _last_name(site.node.func)
        if name in _CALLS:  # of whatever object: nothing else is called so
            call = Call(site, name, script.evaluator)
            launched = call.value("script", 0)
            if isinstance(launched, str):
                yield _of_call(call, launched, script.path)


def _last_name(function: cst.BaseExpression) -> str | None:
    node = function.attr if isinstance(function, cst.Attribute) else function
    return node.value if isinstance(node, cst.Name) else None


def _of_call(call: Call, launched: str, path: PurePosixPath) -> Launch:
    name = f"{call.name}()"
    dependencies, is_known = _strings(call.value("dependencies"))
    argument = call.argument("dependencies")
    span = argument.value_span if argument else None
    origin = f"`dependencies` of {name} in {path.name}"
    texts = {key: call.value(key) for key in ("python", "image")}
    unknown = None if is_known else f"as {path.name} computes the dependencies of {name}"
    if unknown is None and not all(_is_text_or_nothing(value) for value in texts.values()):
        unknown = f"as {path.name} computes how {name} runs the script"
    return Launch(
        path,
        call.span,
        launched,
        additions=tuple(pin for text in dependencies for pin in _pins(text, origin, path, span)),
        python=_text(texts["python"]),
        image=_text(texts["image"]),
        unknown=unknown or _deciding_variable(call, path),
    )


def _strings(value: Value) -> tuple[Sequence[str], bool]:
    """The strings of a list, and whether these are all."""
    if value is ABSENT or value is None:
        return (), True
    if not isinstance(value, ListValue):
        return (), False
    found = [each for each in value if isinstance(each, str)]
    return found, len(found) == len(value) and not value.is_open


def _is_text_or_nothing(value: Value) -> bool:
    return value is ABSENT or value is None or isinstance(value, str)


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _deciding_variable(call: Call, path: PurePosixPath) -> str | None:
    env = call.value("env")
    names = env.entries if isinstance(env, DictValue) else ()
    name = next((name for name in names if _DECIDES_VERSIONS.fullmatch(name)), None)
    return f"as {path.name} sets {name}" if name else None
