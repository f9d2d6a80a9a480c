"""Calls of huggingface_hub that start a script: `run_uv_job("train.py", flavor=…)`, `run_job`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from tunesmith.jobs.plan.call_reader import CallReader
from tunesmith.jobs.plan.written import WrittenStart, place_of
from tunesmith.one_script import OneScript
from tunesmith.sources.job_calls import job_calls, starts_uv_job
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_values import ListValue, Value

_UV_RUN = ["uv", "run"]
_UV_OPTIONS: Mapping[str, str] = {"--with": "dependencies", "--python": "python", "-p": "python"}
"""Options of `uv run` by the field of `Start` that they are; each takes a value."""


def call_starts(one: OneScript) -> Sequence[WrittenStart]:
    """The starts of a script by calls in the project around it."""
    scripts = [each.script for each in one.workspace.kept() if each.script]
    found = (_start(call, script, one) for script in scripts for call in job_calls(script))
    return [start for start in found if start]


def _start(call: Call, script: PythonScript, one: OneScript) -> WrittenStart | None:
    """The start that a call is; None: of another script, or of none that can be told."""
    reader, place = CallReader(call), place_of(script.document, call.span)
    if starts_uv_job(call):
        own = _of_uv(reader) if _is_target(call.value("script", 0), script, one) else None
    else:
        own = _of_container(call.value("command"), reader, script, one)
    if own is None:
        return None
    values = {**_shared(reader), **own}
    notes: list[str] = []
    if reader.untold:
        notes.append(f"{', '.join(reader.untold)}: computed {place}, so not taken from there")
    if "scheduled" in call.name:
        notes.append(f"the start {place} is a schedule: give --schedule for one")
    return WrittenStart(place, values, notes, is_call=True)


def _is_target(word: Value, script: PythonScript, one: OneScript) -> bool:
    """Whether a word in a script is the path of the script that is to be started."""
    return isinstance(word, str) and one.project.names(word, script.path) == one.script.path


def _shared(reader: CallReader) -> Mapping[str, Any]:
    return {
        "flavor": reader.flavor(),
        **{name: reader.text(name) for name in ("timeout", "namespace", "name")},
        "environment": reader.entries("env"),
        "secrets": reader.keys("secrets"),
        "labels": reader.entries("labels"),
        "volumes": reader.volumes(),
    }


def _of_uv(reader: CallReader) -> Mapping[str, Any]:
    return {
        **{name: reader.text(name) for name in ("image", "python")},
        "arguments": reader.all_texts("script_args"),
        "dependencies": reader.all_texts("dependencies"),
    }


def _of_container(
    command: Value, reader: CallReader, script: PythonScript, one: OneScript
) -> Mapping[str, Any] | None:
    """Of `run_job`, whose command names the script by a word of its own; None: it does not."""
    words = list(command) if isinstance(command, ListValue) else []
    place = next((at for at, word in enumerate(words) if _is_target(word, script, one)), None)
    if place is None:
        return None
    arguments = [word for word in words[place + 1 :] if isinstance(word, str)]
    is_told = len(arguments) == len(words) - place - 1
    if not is_told:
        reader.untold.append("command")
    found = {"arguments": arguments if is_told else None}
    if words[:2] != _UV_RUN:
        return found  # its image may lack uv, which a plan runs with
    return {**found, "image": reader.text("image"), **_uv_options(words[2:place])}


def _uv_options(words: Sequence[Value]) -> Mapping[str, Any]:
    found: dict[str, list[str]] = {"dependencies": [], "python": []}
    for name, value in pairwise(words):
        if isinstance(name, str) and name in _UV_OPTIONS and isinstance(value, str):
            found[_UV_OPTIONS[name]].append(value)
    return {**found, "python": next(iter(found["python"]), None)}
