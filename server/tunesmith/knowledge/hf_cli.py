"""The options that the `hf jobs` commands which start a job take.

`data/hf_cli.json` is made by `scripts/generate_hf_cli.py` from a release of huggingface_hub. The
options of `hfjobs`, the third-party tool that came before, are written down here: it is archived.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class OptionSpec:
    """How one option is written.

    Attributes:
        name: the long name, "--flavor".
        short: the short name, "-e"; None where there is none.
        takes_value: a value follows, as the next word or behind "=".
        repeatable: every occurrence counts, not only the last.
    """

    name: str
    short: str | None
    takes_value: bool
    repeatable: bool


_NOTHING: Mapping[str, OptionSpec] = MappingProxyType({})
_HFJOBS = tuple(
    OptionSpec(*row)
    for row in (
        ("--env", "-e", True, True),
        ("--secret", "-s", True, True),
        ("--env-file", None, True, False),
        ("--secret-env-file", None, True, False),
        ("--flavor", None, True, False),
        ("--timeout", None, True, False),
        ("--detach", "-d", False, False),
        ("--token", None, True, False),
        ("--repo", None, True, False),
        ("--dependencies", None, True, True),
        ("--with", None, True, True),
        ("--python", "-p", True, False),
        ("--help", "-h", False, False),
    )
)


def options(program: str, action: Sequence[str]) -> Mapping[str, OptionSpec]:
    """The options of a command by every name that they have, long and short.

    Args:
        program: "hf" or one of its other names, or "hfjobs".
        action: the subcommand words, as ("jobs", "uv", "run").
    """
    return _options(program == "hfjobs", tuple(action))


@cache
def _options(is_hfjobs: bool, action: tuple[str, ...]) -> Mapping[str, OptionSpec]:
    specs = _HFJOBS if is_hfjobs else _table().get(" ".join(action), ())
    return {name: spec for spec in specs for name in (spec.name, spec.short) if name} or _NOTHING


@cache
def _table() -> Mapping[str, Sequence[OptionSpec]]:
    text = (Path(__file__).parent / "data" / "hf_cli.json").read_text("utf-8")
    return {
        command: [
            OptionSpec(name, row["short"], row["value"], row["repeatable"])
            for name, row in description["options"].items()
        ]
        for command, description in json.loads(text)["commands"].items()
    }
