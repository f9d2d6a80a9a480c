"""The command line: `tunesmith check`, `rule`, `versions`, `estimate`, `update` and so on.

What a command needs is imported when it runs, so that `--version` and mistakes answer at once.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from tunesmith import __version__

if TYPE_CHECKING:
    from tunesmith.output.estimate_page import Question

EXIT_OK, EXIT_FINDINGS, EXIT_ERROR = 0, 1, 2


def run() -> NoReturn:
    """Run the command that the process was started with, and end the process.

    Its objects are not taken down one by one, which takes a tenth of the time of a check.
    """
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status.

    0: nothing found; 1: a finding is at least `--fail-on`; 2: something could not be done.
    """
    _make_printable(sys.stdout)
    _make_printable(sys.stderr)
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser(given).parse_args(given)
    try:
        status = _run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough, as in `tunesmith check . | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_ERROR
    except KeyboardInterrupt:
        print("tunesmith: interrupted", file=sys.stderr)
        return EXIT_ERROR
    return status


def _run(options: argparse.Namespace) -> int:
    if options.command == "server":
        from tunesmith.lsp.server import main as serve

        return serve()
    gc.set_threshold(200_000)  # imports and trees make many objects, which live until the end
    if options.command == "rule":
        from tunesmith.output.rule_page import show_rules

        return show_rules(None if options.all else options.name)
    if options.command == "versions":
        from tunesmith.output.versions_page import show_versions

        return show_versions(options.script, as_json=options.json)
    if options.command == "estimate":
        from tunesmith.output.estimate_page import show_estimate

        return show_estimate(options.script, _question(options), as_json=options.json)
    if options.command == "preflight":
        from tunesmith.output.preflight_page import show_preflight

        return show_preflight(options.script, _question(options), as_json=options.json)
    if options.command == "gpus":
        from tunesmith.output.gpus_page import show_gpus

        return show_gpus(options.script, _question(options), as_json=options.json)
    if options.command == "measure":
        from tunesmith.output.measure_page import show_measurement

        return show_measurement(options.script, _question(options), as_json=options.json)
    if options.command == "update":
        from tunesmith.update import run_update

        return run_update()
    if options.command == "toolchain":
        from tunesmith.toolchains.command import run_toolchain

        return run_toolchain(options)
    if options.command == "agent":
        from tunesmith.agent.command import run_agent

        return run_agent(options)
    from tunesmith.check import CheckOptions, run_check

    return run_check(
        CheckOptions(
            paths=options.paths,
            stdin_filename=options.stdin_filename,
            output_format=options.output_format,
            fix=options.fix,
            unsafe_fixes=options.unsafe_fixes,
            diff=options.diff,
            hub_version=options.hf_version,
            fail_on=options.fail_on,
            ignore=[name for names in options.ignore for name in names.split(",")],
        )
    )


def _question(options: argparse.Namespace) -> Question:
    from tunesmith.output.estimate_page import Question

    given = vars(options)  # not each command has all of them
    return Question(**{name: given[name] for name in Question._fields if name in given})


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, instead of the whole usage."""

    def __init__(self, **options: Any) -> None:
        # To ask how wide the terminal is, even without showing help, imports what packs archives.
        super().__init__(formatter_class=partial(argparse.HelpFormatter, width=80), **options)

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_ERROR, f"{self.prog}: {message}; see {self.prog} --help\n")


def _parser(arguments: Sequence[str] = ()) -> argparse.ArgumentParser:
    """What reads these arguments: where they begin with a command, it knows no other one."""
    parser = _Parser(
        prog="tunesmith",
        description="Shows the mistakes in LLM fine-tuning scripts and Hugging Face Jobs commands "
        "before money is spent.",
    )
    parser.add_argument("--version", action="version", version=f"tunesmith {__version__}")
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, prog=parser.prog
    )
    chosen = [name for name in _COMMANDS if name in arguments[:1]]
    for name in chosen or _COMMANDS:
        about, additions = _COMMANDS[name]
        added = commands.add_parser(name, help=about)
        for add in additions:
            add(added)
    return parser


def _add_check(check: argparse.ArgumentParser) -> None:
    check.add_argument("paths", nargs="+", metavar="PATH", help="files, folders, or - for stdin")
    check.add_argument("--stdin-filename", metavar="NAME", help="the name of what stdin holds")
    check.add_argument("--output-format", choices=("text", "json"), default="text")
    check.add_argument("--fix", action="store_true", help="make the fixes that are safe")
    check.add_argument("--unsafe-fixes", action="store_true", help="make the other fixes as well")
    check.add_argument("--diff", action="store_true", help="show what --fix would change")
    check.add_argument(
        "--hf-version", metavar="VERSION", help="the huggingface_hub release that runs commands"
    )
    check.add_argument(
        "--fail-on",
        choices=("error", "warning", "information"),
        default="warning",
        help="the severity from which on the exit status is 1 (default: warning)",
    )
    check.add_argument(
        "--ignore", action="append", default=[], metavar="RULE", help="a rule that stays silent"
    )


def _add_rule(rule: argparse.ArgumentParser) -> None:
    which = rule.add_mutually_exclusive_group(required=True)
    which.add_argument("name", nargs="?", metavar="NAME", help="a rule's name or code")
    which.add_argument("--all", action="store_true", help="list all rules")


def _add_versions(versions: argparse.ArgumentParser) -> None:
    versions.add_argument("script", metavar="SCRIPT", help="a Python script or a notebook")
    versions.add_argument("--json", action="store_true", help="for programs")


def _add_training(command: argparse.ArgumentParser) -> None:
    command.add_argument("script", metavar="SCRIPT", help="a Python script or a notebook")
    command.add_argument(
        "--trl", metavar="VERSION", help="suppose this release (default: what the script gets)"
    )
    command.add_argument(
        "--online",
        action="store_true",
        help="ask the Hub for prices, models and data not known here",
    )
    command.add_argument("--json", action="store_true", help="for programs")


def _add_flavor(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--flavor",
        metavar="NAME",
        help='the machine, also a Mac as "M3 Max 64 GB" (default: what starts the script names)',
    )


def _add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument("--examples", type=_positive, metavar="N", help="rows of the data set")
    command.add_argument("--tokens", type=_positive, metavar="N", help="tokens of a row, mean")
    command.add_argument(
        "--tokenize", action="store_true", help="count tokens by the model's own tokenizer"
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, got {text!r}")
    return int(text)


def _add_toolchain(toolchain: argparse.ArgumentParser) -> None:
    actions = toolchain.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = {
        "list": actions.add_parser("list", help="list the toolchains and their state"),
        "install": actions.add_parser("install", help="install one, or go on with that"),
        "remove": actions.add_parser("remove", help="delete one"),
        "doctor": actions.add_parser("doctor", help="check that they work"),
    }
    for action in add.values():
        action.add_argument("--json", action="store_true", help="lines of JSON, for programs")
    install = add["install"]
    install.add_argument("name", metavar="NAME", help="as `list` has it")
    add["remove"].add_argument("name", metavar="NAME", help="as `list` has it")
    add["doctor"].add_argument("names", nargs="*", metavar="NAME", help="default: all")
    which = install.add_mutually_exclusive_group()
    which.add_argument(
        "--torch",
        metavar="BUILD",
        help="default: what your package index has; existing: that of the active environment, or "
        "existing:ENV; or one that uv knows, such as cpu, cu128, auto",
    )
    which.add_argument("--python", metavar="ENV", help="use this environment, and install nothing")
    install.add_argument("--dry-run", action="store_true", help="only show the plan")
    install.add_argument("--yes", action="store_true", help="do not ask")


def _add_agent(agent: argparse.ArgumentParser) -> None:
    actions = agent.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, about in (
        ("start", "start it, unless it runs"),
        ("status", "show what it does"),
        ("stop", "end it; jobs go on"),
    ):
        actions.add_parser(name, help=about).add_argument(
            "--json", action="store_true", help="for programs"
        )
    actions.add_parser("bridge", help="ask it on standard input, framed as for language servers")


def _add_server(server: argparse.ArgumentParser) -> None:
    server.add_argument("--stdio", action="store_true", required=True, help="on standard input")


_COMMANDS: Mapping[str, tuple[str, Sequence[Callable[[argparse.ArgumentParser], None]]]] = {
    "check": ("check files and folders", [_add_check]),
    "rule": ("explain a rule", [_add_rule]),
    "versions": ("show which releases a script gets, and why", [_add_versions]),
    "estimate": ("estimate memory, time and cost", [_add_training, _add_flavor, _add_data]),
    "preflight": (
        "check and estimate before a job starts",
        [_add_training, _add_flavor, _add_data],
    ),
    "gpus": ("compare the machines to train on", [_add_training, _add_data]),
    "measure": (
        "measure a step's memory with the real libraries",
        [_add_training, _add_flavor],
    ),
    "update": ("fetch newer tables of library releases, through pip or uv", []),
    "toolchain": ("install what training on this machine needs", [_add_toolchain]),
    "agent": ("the background process that owns the jobs", [_add_agent]),
    "server": ("run the language server", [_add_server]),
}
"""What each command is for, and what adds its arguments."""


def _make_printable(stream: object) -> None:
    """Let a terminal that lacks a character show an escape instead of ending the program."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
