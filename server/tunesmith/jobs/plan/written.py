"""How the documents of a project start a script: by commands, else by calls of huggingface_hub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tunesmith.sources.document import Document
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.text import Span

SINGLE = ("flavor", "timeout", "image", "python", "namespace", "name")
"""What a start says once at most."""


class WrittenStart(NamedTuple):
    """A start as a document says it.

    Attributes:
        place: where that is, as the end of a sentence.
        values: what it says, by the names of the fields of `Start`; None or empty where nothing.
        notes: what is to be known of it.
        is_call: of huggingface_hub.
    """

    place: str
    values: Mapping[str, Any]
    notes: Sequence[str] = ()
    is_call: bool = False


def place_of(document: Document, span: Span) -> str:
    """Where something stands, as the end of a sentence."""
    line = document.lines.position(span.start).line + 1
    return f"in {document.path.name}, line {line}"


def command_starts(commands: Sequence[LaunchCommand]) -> Sequence[WrittenStart]:
    """The starts by commands that tell all their words, those without mistakes first."""
    told = sorted(
        filter(_is_told, commands),
        key=lambda each: len(each.unknown_options),  # a command with mistakes still says a lot
    )
    return [WrittenStart(place_of(each.document, each.span), _values(each)) for each in told]


def _is_told(command: LaunchCommand) -> bool:
    is_dry = command.option("--dry-run") is not None
    return command.runs_uv_script and not is_dry and not any(w.is_open for w in command.argv.words)


def _values(command: LaunchCommand) -> Mapping[str, Any]:
    def one(option: str) -> str | None:
        found = command.option(option)
        return found.value if found else None

    def each(option: str) -> list[str]:
        return [o.value for o in command.options if o.name == option and o.value is not None]

    arguments = [word.text for word in command.target_arguments]
    return {
        **{name: one(f"--{name}") for name in SINGLE},
        "arguments": arguments if None not in arguments else None,
        "dependencies": each("--with"),
        "environment": dict(_pairs(each("--env"))),
        "secrets": [value.partition("=")[0] for value in each("--secrets")],
        "labels": dict(_pairs(each("--label"))),
        "volumes": each("--volume"),
    }


def _pairs(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    for text in texts:
        name, equals, value = text.partition("=")
        if equals:
            yield name, value
