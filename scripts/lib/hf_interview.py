"""Asks the installed huggingface_hub's own command line what it takes; prints JSON.

Runs in a process of its own that sees only that release and what it requires. Standard input says
`{"samples": [[word, …], …]}`: commands to be parsed, without the program's name.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from enum import Enum
from typing import Any, Protocol

import huggingface_hub

ARGPARSE_ERRORS = {
    "unrecognized arguments": "unknown-option",
    "ambiguous option": "ambiguous-option",
    "expected one argument": "missing-value",
    "ignored explicit argument": "unexpected-value",
    "arguments are required": "missing-argument",
    "invalid": "bad-value",
}


class CommandLine(Protocol):
    """A program whose commands can be listed, described and tried."""

    kind: str

    def commands(self) -> Iterator[tuple[Sequence[str], Any]]: ...

    def describe(self, command: Any) -> dict[str, Any]: ...

    def parse(self, words: Sequence[str]) -> dict[str, Any]: ...


def without_nothing(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, [], False, "")}


class RefusedError(Exception):
    """What `ArgumentParser.error` says."""


class Argparse:
    """The command lines up to 0.36: `main()` builds a parser and calls `parse_args`."""

    kind = "argparse"

    def __init__(self, main: Callable[[], None]) -> None:
        def capture(parser: argparse.ArgumentParser, *_: object) -> None:
            self.parser = parser
            raise RefusedError

        original = argparse.ArgumentParser.parse_args
        argparse.ArgumentParser.parse_args = capture
        try:
            main()
        except RefusedError:
            pass
        finally:
            argparse.ArgumentParser.parse_args = original

    def commands(self) -> Iterator[tuple[Sequence[str], Any]]:
        yield from self._below(self.parser, ())

    def _below(
        self, parser: argparse.ArgumentParser, names: tuple[str, ...]
    ) -> Iterator[tuple[Sequence[str], Any]]:
        groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
        for group in groups:
            for name, child in group.choices.items():
                yield from self._below(child, (*names, name))
        if names and not groups:
            yield names, parser

    def describe(self, command: argparse.ArgumentParser) -> dict[str, Any]:
        positionals = [action for action in command._actions if not action.option_strings]
        options = [action for action in command._actions if action.option_strings]
        has_rest = any(action.nargs == argparse.REMAINDER for action in positionals)
        return {
            "unknown": "rest" if has_rest else "refused",
            "arguments": [[a.dest, self._arity(a)] for a in positionals],
            "options": {max(o.option_strings, key=len): self._option(o) for o in options},
        }

    def _arity(self, action: argparse.Action) -> str:
        return {None: "1", argparse.REMAINDER: "*"}.get(action.nargs, str(action.nargs))

    def _option(self, action: argparse.Action) -> dict[str, Any]:
        short = [name for name in action.option_strings if not name.startswith("--")]
        types = {int: "integer", float: "number"}
        described = {
            "short": short[0] if short else None,
            "repeatable": isinstance(action, argparse._AppendAction),
            "default": action.default if action.default != argparse.SUPPRESS else None,
            "type": types.get(action.type) if action.type else None,
            "choices": list(action.choices or []),
        }
        return {"takes_value": action.nargs != 0, **without_nothing(described)}

    def parse(self, words: Sequence[str]) -> dict[str, Any]:
        end = words.index("run") + 1
        (command,) = (c for names, c in self.commands() if tuple(names) == tuple(words[:end]))

        def refuse(message: str) -> None:
            raise RefusedError(message)

        for action in command._actions:
            action.default = argparse.SUPPRESS
        command.set_defaults(func=argparse.SUPPRESS)
        command.error = refuse
        try:
            found = vars(command.parse_args(words[end:]))
        except RefusedError as error:
            return {"error": next(k for m, k in ARGPARSE_ERRORS.items() if m in str(error))}
        except SystemExit:
            return {"error": "help"}
        positional = [a.dest for a in command._actions if not a.option_strings]
        names = {
            a.dest: max(a.option_strings, key=len) for a in command._actions if a.option_strings
        }
        return {
            "options": {names[name]: value for name, value in found.items() if name in names},
            "arguments": {name: found.get(name) for name in positional},
        }


class Click:
    """The command lines since 1.0: a typer application, since 1.22 a click group."""

    kind = "click"

    def __init__(self, app: Any) -> None:
        import click

        self.click = click
        if not isinstance(app, click.Group):
            import typer

            app = typer.main.get_command(app)
        self.app = app

    def commands(self) -> Iterator[tuple[Sequence[str], Any]]:
        yield from self._below(self.app, ())

    def _below(self, group: Any, names: tuple[str, ...]) -> Iterator[tuple[Sequence[str], Any]]:
        context = self.click.Context(group)
        spellings = list(group.commands)  # a command with other names: "list | ls | ps"
        for name in (name for s in spellings for name in re.split(r"\s*\|\s*", s)):
            command = group.get_command(context, name)
            if hasattr(command, "materialize"):  # since 1.28 groups are imported when asked
                command = command.materialize()
            if isinstance(command, self.click.Group):
                yield from self._below(command, (*names, name))
            elif command is not None:
                yield (*names, name), command

    def describe(self, command: Any) -> dict[str, Any]:
        context = self._context(command)
        parameters = command.get_params(context)
        options = [p for p in parameters if isinstance(p, self.click.Option)]
        arguments = [p for p in parameters if isinstance(p, self.click.Argument)]
        described = {max(o.opts, key=len): self._option(o) for o in options}
        return {
            "unknown": "argument" if context.ignore_unknown_options else "refused",
            "arguments": [[a.name, self._arity(a)] for a in arguments],
            "options": self._formatting(command) | described,
        }

    def _formatting(self, command: Any) -> dict[str, Any]:
        """Options that the group takes out of the words before the command reads them."""
        utilities = importlib.import_module("huggingface_hub.cli._cli_utils")
        take_out = getattr(utilities, "_consume_format_flags_for_leaf", None)
        candidates = {
            "--format": {"takes_value": True},
            "--json": {"takes_value": False},
            "--quiet": {"takes_value": False, "short": "-q"},
            "--no-truncate": {"takes_value": False},
        }
        taken: dict[str, Any] = {}
        for name, option in candidates.items() if take_out else ():
            words = [name, "json"] if option["takes_value"] else [name]
            take_out(command, rest := list(words))
            if rest != words:
                taken[name] = option
        return taken

    def _context(self, command: Any) -> Any:
        root = self.click.Context(self.app, **self.app.context_settings)
        return self.click.Context(command, parent=root, **command.context_settings)

    def _arity(self, argument: Any) -> str:
        if argument.nargs == -1:
            return "+" if argument.required else "*"
        return str(argument.nargs) if argument.required else "?"

    def _option(self, option: Any) -> dict[str, Any]:
        short = [name for name in option.opts if not name.startswith("--")]
        assert len(option.opts) - len(short) <= 1, f"{option.opts}: expected one long name"
        default = getattr(option.default, "value", option.default)
        types = {"integer": "integer", "integer range": "integer", "float": "number"}
        described = {
            "short": short[0] if short else None,
            "negative": option.secondary_opts[0] if option.secondary_opts else None,
            "repeatable": option.multiple,
            "default": default if isinstance(default, str | int | float) else None,
            "type": types.get(option.type.name),
            "choices": self._choices(option),
        }
        return {"takes_value": not option.is_flag, **without_nothing(described)}

    def _choices(self, option: Any) -> list[str]:
        """The only values that are taken; some types merely suggest values."""
        choices = [
            getattr(choice, "value", choice) for choice in getattr(option.type, "choices", ())
        ]
        try:
            option.type.convert("no choice", option, None)
        except self.click.BadParameter:
            return choices
        return []

    def parse(self, words: Sequence[str]) -> dict[str, Any]:
        end = words.index("run") + 1
        (command,) = (c for names, c in self.commands() if tuple(names) == tuple(words[:end]))
        rest = list(words[end:])
        try:
            command.make_context("run", list(rest), parent=self._context(command).parent)
        except self.click.exceptions.Exit:
            return {"error": "help"}
        except self.click.UsageError as error:
            return {"error": self._kind(error)}
        parser = command.make_parser(self._context(command))
        found, _, _ = parser.parse_args(rest)
        arguments = [p for p in command.params if isinstance(p, self.click.Argument)]
        if any(a.required and not isinstance(found[a.name], str | list | tuple) for a in arguments):
            return {"error": "missing-argument"}  # click 8.5 finds None enough, `hf` then raises
        return {
            "options": {
                max(p.opts, key=len): found[p.name]
                for p in command.params
                if isinstance(p, self.click.Option)
                and isinstance(found.get(p.name), str | list | bool)
            },
            "arguments": {
                p.name: found[p.name] if isinstance(found[p.name], str | list | tuple) else []
                for p in arguments
            },
        }

    def _kind(self, error: Exception) -> str:
        kinds = {
            self.click.NoSuchOption: "unknown-option",
            self.click.MissingParameter: "missing-argument",
            self.click.BadParameter: "bad-value",
        }
        if isinstance(error, self.click.BadOptionUsage):
            return "unexpected-value" if "not take" in str(error) else "missing-value"
        found = (kind for raised, kind in kinds.items() if isinstance(error, raised))
        return next(found, f"{type(error).__name__}: {error}")


def command_line(module: str) -> CommandLine | None:
    try:
        program = importlib.import_module(module)
    except ImportError:
        return None
    sys.argv = ["hf"]
    app = getattr(program, "app", None)
    return Argparse(program.main) if app is None else Click(app)


def flavors() -> list[str]:
    """The members of the hub's own list of hardware for jobs."""
    hardware = getattr(huggingface_hub, "JobHardware", None)
    if not (isinstance(hardware, type) and issubclass(hardware, Enum)):
        hardware = huggingface_hub.SpaceHardware
    return [member.value for member in hardware]


def answer(samples: Sequence[Sequence[str]]) -> dict[str, Any]:
    hf = command_line("huggingface_hub.cli.hf")
    assert hf is not None, "huggingface_hub.cli.hf: expected in every release since 0.34"
    old = command_line("huggingface_hub.commands.huggingface_cli")
    commands = {" ".join(names): command for names, command in hf.commands()}
    old_commands = (
        [f"huggingface-cli {' '.join(names)}" for names, _ in old.commands()] if old else []
    )
    return {
        "release": huggingface_hub.__version__,
        "description": {
            "parser": hf.kind,
            "flavors": flavors(),
            "known": dict.fromkeys(sorted([*commands, *old_commands]), True),
            "commands": {
                name: hf.describe(command)
                for name, command in commands.items()
                if name.startswith("jobs ")
            },
        },
        "parses": [
            {"words": words, **hf.parse(words)}
            for words in samples
            if " ".join(words[: words.index("run") + 1]) in commands
        ],
    }


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):  # some commands print their help
        learned = answer(json.load(sys.stdin)["samples"])
    print(json.dumps(learned))
