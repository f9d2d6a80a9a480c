"""How a script is to be started: each value with who says so.

The user's own words count most, then what they chose before, then a command of the project that
starts the script, or else a call, then `[tool.hf-jobs]` of its header, as for `hf jobs uv run`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from tunesmith.agent.messages import PlanParams
from tunesmith.errors import UserError
from tunesmith.jobs.plan.calls import call_starts
from tunesmith.jobs.plan.written import SINGLE, WrittenStart, command_starts
from tunesmith.one_script import OneScript
from tunesmith.pep508 import InvalidRequirement, Requirement
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.timeouts import seconds_of
from tunesmith.text import regex

_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Start:
    """What is said of a start; None or empty where nothing is.

    Attributes:
        schedule: when it is started again and again.
        is_suspended: that begins only once it is resumed.
        reasons: who says a value, by its name, as the end of a sentence.
        declared: what documents say of the values that can be remembered, by their names.
        asked_by_header: the secrets that the script's own header asks for.
        notes: what else there is to know of where this is from.
    """

    flavor: str | None = None
    timeout: str | None = None
    image: str | None = None
    python: str | None = None
    namespace: str | None = None
    name: str | None = None
    arguments: Sequence[str] = ()
    dependencies: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    volumes: Sequence[str] = ()
    schedule: str | None = None
    is_suspended: bool = False
    reasons: Mapping[str, str] = field(default_factory=dict[str, str])
    declared: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    asked_by_header: frozenset[str] = frozenset()
    notes: Sequence[str] = ()

    @property
    def timeout_s(self) -> int | None:
        """The timeout in seconds.

        Raises:
            UserError: `hf` could not read it either.
        """
        if self.timeout is None:
            return None
        seconds = seconds_of(self.timeout)
        if seconds is None:
            raise UserError(
                f"the timeout {self.timeout!r} cannot be read",
                'give one number with a unit, as "90m", "4h" or "1.5d", or a number of seconds',
            )
        return seconds


class Chosen(NamedTuple):
    """What the user chose for a script before, and what its documents said of it then."""

    value: str
    declared: str | None


REMEMBERED = ("flavor", "timeout", "image", "python", "namespace")
"""The values that are remembered from one start of a script to the next."""


def choices(start: Start, given: PlanParams) -> Mapping[str, Chosen]:
    """What to remember of a start: what the user said otherwise than the documents."""
    said = {name: value for name in REMEMBERED if (value := getattr(given, name))}
    return {name: Chosen(value, start.declared.get(name)) for name, value in said.items()}


def written_starts(one: OneScript) -> Sequence[WrittenStart]:
    """The starts of a script in its project, the best first: those by commands, else by calls."""
    return command_starts(one.project.commands_launching(one.script.path)) or call_starts(one)


def start_of(
    script: PythonScript,
    written: Sequence[WrittenStart],
    given: PlanParams,
    remembered: Mapping[str, Chosen] = MappingProxyType({}),
) -> Start:
    """How a script is to be started.

    Args:
        script: which.
        written: the starts of it in the folder around it; the first is taken.
        given: what the user says now.
        remembered: what they chose before; it counts until the documents say something new.

    Raises:
        UserError: a variable or a secret that was given is none.
    """
    table = (script.header.jobs_table if script.header else None) or {}
    documents = [
        *((each.place, each.values) for each in written[:1]),
        ("in the script's header", _of_table(table)),
    ]
    said, _ = _merged(documents)
    declared = {name: said.get(name) for name in REMEMBERED}
    before = {
        name: chosen.value
        for name, chosen in remembered.items()
        if name in declared and chosen.declared == declared[name]
    }
    layers = [("as you say", _given(given)), ("as you chose before", before), *documents]
    values, reasons = _merged(layers)
    asked = frozenset(_texts(table.get("secrets")))
    notes = [*written[0].notes] if written else []
    if len(written) > 1:
        kind = "calls" if written[0].is_call else "commands"
        notes.append(f"{len(written)} {kind} start it; what is taken is {written[0].place}")
    return Start(**values, reasons=reasons, declared=declared, asked_by_header=asked, notes=notes)


def _merged(
    layers: Sequence[tuple[str, Mapping[str, Any]]],
) -> tuple[dict[str, Any], dict[str, str]]:
    """The strongest layer's value for each name; variables and secrets of all layers together."""
    values: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    for reason, layer in reversed(layers):
        for name, value in layer.items():
            if value:
                values[name] = _joined(name, values.get(name), value)
                reasons[name] = reason
    return values, reasons


def _joined(name: str, weaker: Any, stronger: Any) -> object:
    if name in ("environment", "labels"):
        return dict(weaker or {}, **stronger)
    if name == "secrets":
        return list(dict.fromkeys([*(weaker or ()), *stronger]))
    return stronger


def _given(given: PlanParams) -> Mapping[str, Any]:
    for name in given.secrets:
        if not _NAME.fullmatch(name):  # it may be the secret itself: it is not repeated
            raise UserError(
                "a secret is given by the name of a variable, which holds letters, digits and _",
                "give the name alone, as in --secrets HF_TOKEN",
            )
    return {
        "flavor": given.flavor,
        "timeout": given.timeout,
        "image": given.image,
        "python": given.python,
        "namespace": given.namespace,
        "name": given.name,
        "arguments": list(given.arguments),
        "dependencies": [_requirement(each) for each in given.dependencies],
        "environment": dict(_assignment(each) for each in given.environment),
        "secrets": list(given.secrets),
        "schedule": " ".join(given.schedule.split()),
        "is_suspended": given.suspend,
    }


def _requirement(text: str) -> str:
    """What uv takes behind `--with`: requirements with commas between, a path or an address."""
    if any(sign in text for sign in "/\\") or _is_requirement(text):
        return text
    if not all(map(_is_requirement, text.split(","))):
        raise UserError(f"--with: {text!r} is no requirement", 'give one such as "trl>=1.8"')
    return text


def _is_requirement(text: str) -> bool:
    try:
        Requirement(text)
    except InvalidRequirement:
        return False
    return True


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (equals and _NAME.fullmatch(name)):
        raise UserError(f"the variable {name!r} has no value", "give it as NAME=VALUE")
    return name, value


def _of_table(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """Wrong types are left out; the rule `invalid-jobs-table` speaks of them."""
    timeout = table.get("timeout")
    is_number = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    singles = {name: table.get(name) for name in SINGLE}
    return {
        **{name: value for name, value in singles.items() if isinstance(value, str)},
        **({"timeout": str(timeout)} if is_number else {}),
        "environment": _table_of_texts(table.get("env")),
        "secrets": list(_texts(table.get("secrets"))),
        "labels": _table_of_texts(table.get("labels")),
        "volumes": list(_texts(table.get("volumes"))),
    }


def _table_of_texts(value: object) -> Mapping[str, str]:
    entries = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    return {name: text for name, text in entries.items() if isinstance(text, str)}


def _texts(value: object) -> Iterator[str]:
    entries = cast("list[object]", value) if isinstance(value, list) else []
    return (entry for entry in entries if isinstance(entry, str))
