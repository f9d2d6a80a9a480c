"""Training scripts to begin with: what there is, and putting the user's values into one.

A template is a script that runs as it is. Its values to change are constants at the top, which
`template.toml` names. Pure, but for reading the templates.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import libcst as cst

from tunesmith.errors import UserError
from tunesmith.sources.document import Document, Kind
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.script_header import ScriptHeader, find_header
from tunesmith.sources.toml import read_toml
from tunesmith.text import Edit, Span, apply_edits, close_matches, regex

Value = str | int | bool
Gpus = Literal["one", "several"]

_PACKAGE = Path(__file__).parent
_FOLDERS = (_PACKAGE / "_data" / "templates", _PACKAGE.parents[1] / "templates")
"""In a wheel, and in a checkout."""
_PART = r"(?!.*(?:--|\.\.))[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?"
_REPOSITORY = regex(rf"(?:(?:{_PART})/)?(?:{_PART})")
_FEWEST, _MOST = 16, 10_000_000


@dataclass(frozen=True)
class Parameter:
    """A value that users choose.

    Attributes:
        name: as in `--name`.
        constant: what holds it in the script.
        question: how to ask for it.
        check: what it has to be.
        default: what the script has.
    """

    name: str
    constant: str
    question: str
    check: str
    default: Value

    def value(self, given: str) -> Value:
        """What a user gives.

        Raises:
            UserError: it is no such value.
        """
        return _CHECKS[self.check](f"--{self.name}", given.strip())


@dataclass(frozen=True)
class Template:
    """A script to begin with.

    Attributes:
        name: of its folder.
        title: what it trains on, and how.
        about: a sentence on when to take it.
        gpus: how many it can use.
        script: its text.
    """

    name: str
    title: str
    about: str
    gpus: Gpus
    script: str
    _parameters: Mapping[str, Mapping[str, str]]

    @cached_property
    def parameters(self) -> Sequence[Parameter]:
        """What users choose, in the order in which to ask."""
        code = _Code(self.script)
        return [
            Parameter(name, **facts, default=code.value(facts["constant"]))
            for name, facts in self._parameters.items()
        ]

    def filled(self, given: Mapping[str, str]) -> str:
        """The script with a user's values; those that are not given stay.

        Raises:
            UserError: a value is not what is expected, or there is no such parameter.
        """
        code = _Code(self.script)
        values: dict[str, Value] = {}
        for name, text in given.items():
            parameter = next((each for each in self.parameters if each.name == name), None)
            if parameter is None:
                known = ", ".join(each.name for each in self.parameters)
                raise UserError(f"{self.name} has no value {name!r}", f"it has {known}")
            values[parameter.constant] = parameter.value(text)
        return code.with_values({**values, **dict(_following(values, code))})


def templates() -> Sequence[Template]:
    """All templates, those for beginners first."""
    folder = next((each for each in _FOLDERS if each.is_dir()), None)
    if folder is None:
        raise UserError("the templates are missing", "install Tunesmith again")
    found = [_read(each.parent) for each in folder.glob("*/template.toml")]
    return [template for _, template in sorted(found, key=lambda each: each[0])]


def template_named(name: str) -> Template:
    """A template.

    Raises:
        UserError: there is none of that name.
    """
    every = {each.name: each for each in templates()}
    if name not in every:
        close = close_matches(name, every, n=1)
        advice = f"did you mean {close[0]}?" if close else f"there are {', '.join(every)}"
        raise UserError(f"there is no template {name!r}", advice)
    return every[name]


def with_header_values(text: str, values: Mapping[str, tuple[str, str]]) -> str:
    """A script with other values in its `[tool.hf-jobs]`, each with a comment or an empty one."""
    header = _header(text)
    edits: list[Edit] = []
    for key, (value, comment) in values.items():
        span = header.value_span("tool", "hf-jobs", key) if header else None
        if span:
            words = f"  # {' '.join(comment.split())}" if comment else ""
            end = _line_end(text, span.end)
            edits.append(Edit(Span(span.start, end), f"{json.dumps(value)}{words}"))
    return apply_edits(text, edits)


def header_value(text: str, key: str) -> str | None:
    """What a script's `[tool.hf-jobs]` says."""
    header = _header(text)
    value = (header.jobs_table or {}).get(key) if header else None
    return value if isinstance(value, str) else None


def _read(folder: Path) -> tuple[int, Template]:
    table: Mapping[str, Any] = read_toml((folder / "template.toml").read_text("utf-8"))
    script = (folder / "script.py").read_text("utf-8")
    return table["order"], Template(
        folder.name, table["title"], table["about"], table["gpus"], script, table["parameters"]
    )


# Values that users give


def _repository(name: str, text: str) -> Value:
    if not _REPOSITORY.fullmatch(text):
        raise UserError(
            f"{name}: {text!r} is no id of the Hub",
            "give it as OWNER/NAME, of letters, digits and - _ . between them; a local folder is "
            "written into the script by hand",
        )
    return text


def _tokens(name: str, text: str) -> Value:
    count = text.replace("_", "").replace(",", "")
    if not (count.isascii() and count.isdecimal()) or not _FEWEST <= int(count) <= _MOST:
        raise UserError(
            f"{name}: {text!r} is no number of tokens", f"give a whole number from {_FEWEST} on"
        )
    return int(count)


_CHECKS: Mapping[str, Callable[[str, str], Value]] = {
    "repository": _repository,
    "tokens": _tokens,
}


# What follows from them


def _following(values: Mapping[str, Value], code: _Code) -> Iterator[tuple[str, Value]]:
    """Constants that are not asked for."""
    model, data = (str(values.get(name, code.value(name))) for name in ("MODEL_ID", "DATASET_ID"))
    output = values.get("OUTPUT_REPO")
    if output is None and ("MODEL_ID" in values or "DATASET_ID" in values):
        yield "OUTPUT_REPO", _joined(model, data)
    owner, slash, _ = str(output).partition("/")
    if slash:
        yield "TRACKIO_SPACE", f"{owner}/trackio"
    if code.has("ANSWERS_ONLY") and "MODEL_ID" in values:
        yield "ANSWERS_ONLY", has_training_template(model)


def _joined(model: str, data: str) -> str:
    """A name for what comes out of both, of at most 96 characters."""
    parts = (each.rpartition("/")[2].lower() for each in (model, data))
    return "-".join(parts)[:96].rstrip("-.")


_TRAINING_TEMPLATES = regex(
    r"Qwen/Qwen(?:2\.5|3)-[\d.]+B(?:-A\d+B)?(?:-Instruct(?:-2507)?)?"
    r"|meta-llama/(?:Meta-)?Llama-3(?:\.[12])?-\d+B-Instruct"
    r"|google/gemma-[23]-\w+-it|microsoft/Phi-3(?:\.5)?-\w+(?:-\w+)?-instruct"
)
"""Models whose chat template TRL 1.8 and newer exchange for one that marks the answers: those that
`chat_templates/README.md` of TRL names."""


def has_training_template(model: str) -> bool:
    """Whether TRL is known to tell the answers of a model's conversations apart."""
    return _TRAINING_TEMPLATES.fullmatch(model) is not None


# The script


class _Code:
    """The constants of a script: `NAME = value` at its top level."""

    def __init__(self, text: str) -> None:
        self._script = PythonScript.parse(_document(text), None)

    @cached_property
    def _constants(self) -> Mapping[str, cst.BaseExpression]:
        found: dict[str, cst.BaseExpression] = {}
        for line in self._script.module.body:
            for each in line.body if isinstance(line, cst.SimpleStatementLine) else ():
                target = each.targets[0].target if isinstance(each, cst.Assign) else None
                if isinstance(each, cst.Assign) and isinstance(target, cst.Name):
                    found[target.value] = each.value
        return found

    def has(self, name: str) -> bool:
        return name in self._constants

    def value(self, name: str) -> Value:
        """A constant's value, which is a string, a number or a truth value."""
        node = self._constants[name]
        if isinstance(node, (cst.SimpleString, cst.Integer)):
            return node.evaluated_value if isinstance(node, cst.Integer) else _string(node)
        return self._script.text_of(node) == "True"

    def with_values(self, values: Mapping[str, Value]) -> str:
        """The text with other values."""
        edits = [
            Edit(self._script.span(self._constants[name]), _literal(value))
            for name, value in values.items()
        ]
        return apply_edits(self._script.text, edits)


def _string(node: cst.SimpleString) -> str:
    value = node.evaluated_value
    return value if isinstance(value, str) else value.decode()


def _literal(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _document(text: str) -> Document:
    return Document(PurePosixPath("script.py"), Kind.PYTHON, text)


def _header(text: str) -> ScriptHeader | None:
    return find_header(_document(text))


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
