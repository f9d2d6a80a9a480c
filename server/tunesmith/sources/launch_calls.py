"""What a job installs for the script that it runs, as the call of huggingface_hub says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from tunesmith.sources.job_calls import job_calls, starts_uv_job
from tunesmith.sources.launch_command import Word
from tunesmith.sources.launches import Launch, decides_versions, pins_of
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_values import DictValue, ListValue, Value
from tunesmith.sources.unknown import ABSENT


def launch_calls(script: PythonScript) -> Iterator[Launch]:
    """The starts of scripts in a script, where they name what they start."""
    for call in job_calls(script):
        launched = call.value("script", 0) if starts_uv_job(call) else None
        if isinstance(launched, str):
            yield _of_call(call, launched, script.path)


def _of_call(call: Call, launched: str, path: PurePosixPath) -> Launch:
    name = f"{call.name}()"
    dependencies, is_known = _strings(call.value("dependencies"))
    argument = call.argument("dependencies")
    span = argument.value_span if argument else None
    origin = f"the `dependencies` of {name} in {path.name}"
    texts = {key: call.value(key) for key in ("python", "image")}
    unknown = None if is_known else f"as {path.name} computes the dependencies of {name}"
    if unknown is None and not all(_is_text_or_nothing(value) for value in texts.values()):
        unknown = f"as {path.name} computes how {name} runs the script"
    return Launch(
        path,
        call.span,
        launched,
        additions=tuple(pin for text in dependencies for pin in pins_of(text, origin, path, span)),
        python=_text(texts["python"]),
        image=_text(texts["image"]),
        unknown=unknown or _deciding_variable(call, path),
        is_call=True,
        flavor=_text(call.value("flavor")),
        timeout=_timeout(call.value("timeout")),
        variables=dict(_variables(call)),
        may_keep_files=call.value("volumes") not in (ABSENT, None),
        arguments=_arguments(call),
    )


def _variables(call: Call) -> Iterator[tuple[str, str | None]]:
    for argument in ("secrets", "env"):
        given = call.value(argument)
        if isinstance(given, DictValue):
            for name in given.entries:
                yield name, _text(given.value(name)) if argument == "env" else None


def _arguments(call: Call) -> Sequence[Word] | None:
    value = call.value("script_args")
    if value is ABSENT or value is None:
        return ()
    if not isinstance(value, ListValue):
        return None
    words = [Word(_text(each), call.span) for each in value]
    return [*words, Word(None, call.span, is_open=True)] if value.is_open else words


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


def _timeout(value: Value) -> str | int | float | None:
    return value if isinstance(value, (str, int, float)) else None


def _deciding_variable(call: Call, path: PurePosixPath) -> str | None:
    env = call.value("env")
    names = env.entries if isinstance(env, DictValue) else ()
    name = next((name for name in names if decides_versions(name)), None)
    return f"as {path.name} sets {name}" if name else None
