"""A `[tool.hf-jobs]` table that `hf` refuses.

## What it does

Finds keys of a script's `[tool.hf-jobs]` table that `hf jobs uv run` does not know, values of the
wrong type, values among the names of `secrets`, and a table with its keys under another name, as
`[tool.hf_jobs]`.

## Why it costs you

`hf jobs uv run` stops with an error before it submits anything. Releases before 1.32 do not read the
table at all: a job then runs on `cpu-basic` for 30 minutes. So it does where the table has another
name, which no release reads.

## Fix

Writes the table's name, the known key that the unknown one is a misspelling of, quotes around a bare number or `true`,
brackets around a single string, the bare name of a secret with a value. Safe, except that the value
of a secret is dropped: `hf` takes it from the environment that starts the job.

## Source

`cli/_uv_script_header.py` of huggingface_hub 1.32 to 2.4, which is alike in all of them. What is no
timeout is reported by `invalid-timeout`, a token in `env` by `token-in-plain-env`.

## Since

huggingface_hub 1.32, the first release that reads the table.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, cast

from tunesmith.knowledge.jobs_table import KEYS, WrongType, wrong_types
from tunesmith.lint.rule import ERROR, SAFE, UNSAFE, Bad, Finding, Fix, rule
from tunesmith.project import Project
from tunesmith.sources.script_header import ScriptHeader
from tunesmith.text import Edit, Span

_TABLE = ("tool", "hf-jobs")
_OTHER_NAMES = {
    "hardware": "flavor",
    "gpu": "flavor",
    "machine": "flavor",
    "environment": "env",
    "environment_variables": "env",
    "env_vars": "env",
    "python_version": "python",
    "requires-python": "python",
    "docker_image": "image",
    "container": "image",
    "time": "timeout",
    "max_time": "timeout",
    "token": "secrets",
    "org": "namespace",
    "organization": "namespace",
}
"""What other tools call it."""
_MISSPELT = ("hf_jobs", "hfjobs", "hf-job", "hf_job", "huggingface-jobs", "huggingface_jobs")


@rule(code="LCH020", severity=ERROR, words=("hf-jobs", *_MISSPELT))
def check(header: ScriptHeader, project: Project) -> Iterator[Finding]:
    table = header.jobs_table
    if table is None:
        yield from _misspelt(header)
    if not table:
        return
    for key in table:
        if key not in KEYS:
            yield _unknown_key(header, table, key)
    for wrong in wrong_types(table):
        yield _wrong_type(header, table, wrong)
    if not any(wrong.key[0] == "secrets" for wrong in wrong_types(table)):
        yield from _values_among_secrets(header, table)


def _misspelt(header: ScriptHeader) -> Iterator[Finding]:
    """A table that holds what that of jobs does, under a name that nobody reads."""
    tools = cast("Mapping[str, Mapping[str, Any]]", header.table.get("tool") or {})
    for name in _MISSPELT:
        span = header.key_span("tool", name)
        if span and isinstance(tools[name], dict) and not KEYS.keys().isdisjoint(tools[name]):
            is_alone = header.toml.text.count(name) == 1 and _text(header, span) == f"[tool.{name}]"
            fix = Fix("Write hf-jobs", [Edit(span, "[tool.hf-jobs]")], SAFE)
            yield Finding(
                span,
                f"hf reads [tool.hf-jobs], not [tool.{name}]: the job runs on cpu-basic for 30 "
                "minutes.",
                fix if is_alone else None,
            )


def _unknown_key(header: ScriptHeader, table: Mapping[str, Any], key: str) -> Finding:
    span = header.key_span(*_TABLE, key) or header.key_span(*_TABLE) or header.span
    likely = _likely(key)
    if likely is None:
        return Finding(
            span, f"[tool.hf-jobs] has no key {key}; it knows {', '.join(KEYS)}. hf stops here."
        )
    raw = _text(header, span)
    fix = None
    if likely not in table and raw == key and likely != "secrets":
        fix = Fix(f"Write {likely}", [Edit(span, likely)], SAFE)
    return Finding(span, f"[tool.hf-jobs] has no key {key}, and hf stops. Write {likely}.", fix)


def _likely(key: str) -> str | None:
    normal = key.lower().replace("-", "_")
    close = difflib.get_close_matches(normal, KEYS, n=1, cutoff=0.7)
    return _OTHER_NAMES.get(normal) or (close[0] if close else None)


def _wrong_type(header: ScriptHeader, table: Mapping[str, Any], wrong: WrongType) -> Finding:
    value: Any = table
    for part in wrong.key:
        value = value[part]
    place = header.value_span(*_TABLE, *wrong.key)
    span = place or header.value_span(*_TABLE, wrong.key[0]) or header.span
    name = ".".join(wrong.key)
    if name == "secrets" and isinstance(value, dict):
        message = (
            "secrets of [tool.hf-jobs] is a list of names: a value would travel with the script. "
            "hf takes the values from the environment that starts the job."
        )
    else:
        message = f"{name} of [tool.hf-jobs] must be {wrong.expected}, or hf stops."
    return Finding(span, message, _converted(header, span, value, wrong) if place else None)


def _converted(header: ScriptHeader, span: Span, value: Any, wrong: WrongType) -> Fix | None:
    raw = _text(header, span)
    if "list" in wrong.expected:
        if isinstance(value, str) and "\n" not in raw:
            return Fix("Write a list", [Edit(span, f"[{raw}]")], SAFE)
        if isinstance(value, dict) and wrong.key == ("secrets",) and "\n" not in raw:
            names = ", ".join(f'"{name}"' for name in cast("dict[str, object]", value))
            return Fix("Write the names", [Edit(span, f"[{names}]")], UNSAFE)
        return None
    if wrong.expected == "a string" and isinstance(value, (bool, int, float)):
        return Fix("Write quotes", [Edit(span, f'"{raw}"')], SAFE)
    return None


def _values_among_secrets(header: ScriptHeader, table: Mapping[str, Any]) -> Iterator[Finding]:
    place = header.places.get((*_TABLE, "secrets"))
    names = cast("list[str]", table.get("secrets") or [])
    for index, name in enumerate(names):
        variable, equals, _ = name.partition("=")
        if not equals or place is None or len(place.elements) != len(names):
            continue
        span = header.toml.span(*place.elements[index].span)
        yield Finding(
            span,
            f"secrets of [tool.hf-jobs] is a list of names: hf looks for a variable that is called "
            f"{variable}=..., and stops. Write the name alone.",
            Fix(f"Write {variable}", [Edit(span, f'"{variable.strip()}"')], UNSAFE),
        )


def _text(header: ScriptHeader, span: Span) -> str:
    """The TOML at a place of the document."""
    starts = header.toml.starts
    first = next((i for i, start in enumerate(starts) if start >= span.start), len(starts))
    last = next((i for i, end in enumerate(header.toml.ends) if end >= span.end), len(starts))
    return header.toml.text[first : last + 1]


def _header(table: str) -> str:
    return f"# /// script\n# dependencies = []\n# [tool.hf-jobs]\n# {table}\n# ///\n"


BAD = [
    Bad(_header('flavour = "l4x1"'), at="flavour", fixed=_header('flavor = "l4x1"')),
    Bad(_header('hardware = "l4x1"'), at="hardware", fixed=_header('flavor = "l4x1"')),
    Bad(_header("retries = 3"), at="retries"),
    Bad(_header("python = 3.12"), at="3.12", fixed=_header('python = "3.12"')),
    Bad(_header('secrets = "HF_TOKEN"'), at='"HF_TOKEN"', fixed=_header('secrets = ["HF_TOKEN"]')),
    Bad(
        _header('secrets = { HF_TOKEN = "x" }'),
        at='{ HF_TOKEN = "x" }',
        fixed=_header('secrets = ["HF_TOKEN"]'),
    ),
    Bad(
        _header('secrets = ["HF_TOKEN=$HF_TOKEN"]'),
        at='"HF_TOKEN=$HF_TOKEN"',
        fixed=_header('secrets = ["HF_TOKEN"]'),
    ),
    Bad(_header("env = { DEBUG = true }"), at="{ DEBUG = true }"),
    Bad(_header("timeout = 1.5"), at="1.5"),
    Bad(
        _header('flavor = "l4x1"').replace("hf-jobs", "hf_jobs"),
        at="[tool.hf_jobs]",
        fixed=_header('flavor = "l4x1"'),
    ),
]
GOOD = [
    _header('flavor = "l4x1"\n# timeout = "2h"\n# secrets = ["HF_TOKEN"]\n# python = "3.12"'),
    _header('timeout = 7200\n# env = { SEED = "1" }\n# volumes = ["hf://me/data:/data"]'),
    _header("workers = 3").replace("hf-jobs", "hf_jobs"),  # of another tool
    "# /// script\n# dependencies = []\n# [tool.hf-jobs-local]\n# flavour = 'l4x1'\n# ///\n",
]
