"""The command line of `hf`, as each release of huggingface_hub since 0.34 takes it.

`data/hf_cli.json` is made by `scripts/generate_hf_cli.py`, which asks the parser of every release.
The options of `hfjobs`, the third-party tool that came before, are written down here: it is
archived.

Releases from 1.0 to 1.16.1 do not start beside typer 0.26 or newer (they import click, which typer
no longer brings); the table says what they take where they start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from packaging.version import Version

from tunesmith.knowledge.changes import Changes, value_at
from tunesmith.knowledge.tables import table
from tunesmith.named_tuple import NamedTuple
from tunesmith.text import close_matches


class OptionSpec(NamedTuple):
    """How one option is written.

    Attributes:
        name: the long name, "--flavor".
        short: the short name, "-e"; None where there is none.
        takes_value: a value follows, as the next word or behind "=".
        repeatable: every occurrence counts, not only the last.
        negates: the option that this one switches off: "--suspend" of "--no-suspend".
        default: what the parser itself puts in its place; mostly None, as the Hub decides.
        type: "integer" or "number" where the value must be one.
        choices: the only values that are taken; empty where the parser takes any.
    """

    name: str
    short: str | None
    takes_value: bool
    repeatable: bool
    negates: str | None = None
    default: str | float | bool | None = None
    type: str | None = None
    choices: Sequence[str] = ()


class Argument(NamedTuple):
    """A word that is no option.

    Attributes:
        name: as the parser calls it: "script", "image", "command", "job_id".
        arity: "1", "?", "*" or "+", as in argparse.
    """

    name: str
    arity: str

    @property
    def takes_rest(self) -> bool:
        return self.arity in ("*", "+")


class Grammar(NamedTuple):
    """How a release reads the words behind a command.

    Attributes:
        parser: "argparse" (up to 0.36) takes an unambiguous beginning of a long option for the
            option; "click" (since 1.0) does not, and takes options behind the script as well.
        unknown: an option that is none ends the command ("refused"), becomes an argument of its own
            ("argument"), or is refused before the script and handed on behind it ("rest").
        arguments: what the other words are, in order.
        options: every option by each of its names.
    """

    parser: Literal["argparse", "click"]
    unknown: Literal["refused", "argument", "rest"]
    arguments: Sequence[Argument]
    options: Mapping[str, OptionSpec]

    def abbreviated(self, name: str) -> Sequence[OptionSpec]:
        """The options that a beginning of a long name may stand for."""
        if self.parser == "click" or not name.startswith("--") or name in self.options:
            return ()
        return [spec for full, spec in self.options.items() if full.startswith(name)]

    def likely(self, name: str) -> str | None:
        """The long option that was probably meant by a word that is none."""
        if (meant := _MEANT.get(name)) in self.options:
            return meant
        close = close_matches(name, [n for n in self.options if n.startswith("--")], 1, 0.75)
        return close[0] if close else None


_MEANT = {
    "--accelerator": "--flavor",
    "--dependencies": "--with",
    "--dependency": "--with",
    "--envs": "--env",
    "--gpu": "--flavor",
    "--gpus": "--flavor",
    "--hardware": "--flavor",
    "--instance-type": "--flavor",
    "--machine": "--flavor",
    "--package": "--with",
    "--secrets-env-file": "--secrets-file",
    "--time": "--timeout",
    "--time-limit": "--timeout",
    "--max-runtime": "--timeout",
    "--torch-backend": None,
    "--volumes": "--volume",
}
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


def grammar(program: str, action: Sequence[str], hub: Version | None = None) -> Grammar | None:
    """How a command is read; None where that release has no such command.

    Args:
        program: "hf" or one of its other names, or "hfjobs".
        action: the subcommand words, as ("jobs", "uv", "run").
        hub: the release of huggingface_hub; None means the newest of the table, which also stands
            for releases that are newer still.
    """
    if program == "hfjobs":
        return _hfjobs_grammar("uv" in action)
    return _grammar(" ".join(action), hub or newest())


def options(
    program: str, action: Sequence[str], hub: Version | None = None
) -> Mapping[str, OptionSpec]:
    """The options of a command by every name that they have, long and short; see `grammar`."""
    found = grammar(program, action, hub)
    return found.options if found else _NOTHING


def option_history(action: Sequence[str], name: str) -> Sequence[tuple[Version, bool]]:
    """The releases from which `hf` has an option (True) or has it no more (False), ascending.

    Empty where no release ever had it.

    Args:
        action: the subcommand words, as ("jobs", "uv", "run").
        name: the long name, "--repo".
    """
    described: Mapping[str, Any] = _table()["commands"].get(" ".join(action), {})
    changes: Changes = described.get("options", {}).get(name, {}).get("takes_value", ())
    return [(Version(release), value is not None) for release, value in changes]


@cache
def newest() -> Version:
    """The newest release of huggingface_hub in the table."""
    return Version(_table()["releases"][-1])


def is_known(hub: Version) -> bool:
    """Whether the table reaches up to a release, and back to it."""
    return Version(_table()["releases"][0]) <= hub <= newest()


@cache
def known_commands(program: str = "hf", hub: Version | None = None) -> frozenset[str]:
    """Every command of "hf" or "huggingface-cli" by its words, as "jobs uv run".

    Empty for "huggingface-cli" since 1.0: where there is a program of that name, it says that it
    no longer works.
    """
    old = program == "huggingface-cli"
    present = (
        name
        for name, changes in _table()["known"].items()
        if name.startswith("huggingface-cli ") == old and value_at(changes, hub or newest())
    )
    return frozenset(name.removeprefix("huggingface-cli ") for name in present)


@cache
def executables(hub: Version | None = None) -> frozenset[str]:
    """The programs that a release installs, out of "hf", "huggingface-cli" and "tiny-agents"."""
    table = _table()["executables"]
    return frozenset(name for name in table if value_at(table[name], hub or newest()))


def flavors(hub: Version | None = None) -> Sequence[str]:
    """The hardware that a release's own list names: `JobHardware`, before 1.17 `SpaceHardware`."""
    return value_at(_table()["flavors"], hub or newest()) or ()


@cache
def _grammar(command: str, hub: Version) -> Grammar | None:
    described = _table()["commands"].get(command)
    unknown = value_at(described["unknown"], hub) if described else None
    if unknown is None:
        return None
    return Grammar(
        parser=value_at(_table()["parser"], hub),
        unknown=unknown,
        arguments=[Argument(*pair) for pair in value_at(described["arguments"], hub)],
        options=_by_names(
            spec for name in described["options"] for spec in _specs(name, described, hub)
        ),
    )


def _specs(name: str, described: Mapping[str, Any], hub: Version) -> Sequence[OptionSpec]:
    """The option of a release, and its opposite."""
    row = {
        attribute: value_at(changes, hub)
        for attribute, changes in described["options"][name].items()
    }
    if row["takes_value"] is None:
        return ()
    spec = OptionSpec(
        name,
        row.get("short"),
        row["takes_value"],
        bool(row.get("repeatable")),
        default=row.get("default"),
        type=row.get("type"),
        choices=row.get("choices") or (),
    )
    negative = row.get("negative")
    return (spec, OptionSpec(negative, None, False, False, negates=name)) if negative else (spec,)


@cache
def _hfjobs_grammar(is_uv: bool) -> Grammar:
    names = ("script", "script_args") if is_uv else ("image", "command")
    arguments = [Argument(name, arity) for name, arity in zip(names, "1*", strict=True)]
    return Grammar("argparse", "rest", arguments, _by_names(_HFJOBS))


def _by_names(specs: Any) -> Mapping[str, OptionSpec]:
    return MappingProxyType(
        {name: spec for spec in specs for name in (spec.name, spec.short) if name}
    )


def _table() -> Mapping[str, Any]:
    return table("hf_cli")
