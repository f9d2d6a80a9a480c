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
from tunesmith.cli_arguments import (
    add_agent,
    add_check,
    add_data,
    add_doctor,
    add_flavor,
    add_jobs,
    add_new,
    add_rule,
    add_server,
    add_submit,
    add_toolchain,
    add_training,
    add_versions,
)
from tunesmith.named_tuple import NamedTuple

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
    _open_streams()
    given = sys.argv[1:] if arguments is None else arguments
    own, script_arguments = _parted(given)
    options = _parsed(own)
    options.script_arguments = script_arguments
    try:
        status = _run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough, as in `tunesmith check . | head`
        _drop_output()
        return EXIT_ERROR
    except KeyboardInterrupt:
        print("tunesmith: interrupted", file=sys.stderr)
        return EXIT_ERROR
    except OSError as error:
        _drop_output()
        print(f"tunesmith: error: {_reason(error)}", file=sys.stderr)
        return EXIT_ERROR
    return status


def _parted(given: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """What is for us, and what stands behind `--`: for the script that `submit` runs."""
    if "--" not in given or given[:1] != ["submit"]:
        return given, ()
    place = given.index("--")
    return given[:place], given[place + 1 :]


def _parsed(own: Sequence[str]) -> argparse.Namespace:
    parser = _parser(own)
    options, unknown = parser.parse_known_args(own)
    if unknown:
        command = f"tunesmith {options.command}"
        is_submit = options.command == "submit"
        advice = "those of the script stand behind --" if is_submit else f"see {command} --help"
        parser.exit(EXIT_ERROR, f"{command}: unknown arguments: {' '.join(unknown)}; {advice}\n")
    return options


def _run(options: argparse.Namespace) -> int:
    if options.command != "server":  # which lives long
        gc.set_threshold(200_000)  # imports and trees make many objects, which live until the end
    return _COMMANDS[options.command].run(options)


def _check(options: argparse.Namespace) -> int:
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


def _rule(options: argparse.Namespace) -> int:
    from tunesmith.output.rule_page import show_rules

    return show_rules(None if options.all else options.name)


def _versions(options: argparse.Namespace) -> int:
    from tunesmith.output.versions_page import show_versions

    return show_versions(options.script, as_json=options.json)


def _estimate(options: argparse.Namespace) -> int:
    from tunesmith.output.estimate_page import show_estimate

    return show_estimate(options.script, _question(options), as_json=options.json)


def _preflight(options: argparse.Namespace) -> int:
    from tunesmith.output.preflight_page import show_preflight

    return show_preflight(options.script, _question(options), as_json=options.json)


def _new(options: argparse.Namespace) -> int:
    from tunesmith.output.new_page import show_new

    return show_new(options)


def _gpus(options: argparse.Namespace) -> int:
    from tunesmith.output.gpus_page import show_gpus

    return show_gpus(options.script, _question(options), as_json=options.json)


def _measure(options: argparse.Namespace) -> int:
    from tunesmith.output.measure_page import show_measurement

    return show_measurement(options.script, _question(options), as_json=options.json)


def _submit(options: argparse.Namespace) -> int:
    from tunesmith.output.submit_page import submit

    return submit(options)


def _jobs(options: argparse.Namespace) -> int:
    from tunesmith.output.jobs_page import run_jobs

    return run_jobs(options)


def _agent(options: argparse.Namespace) -> int:
    from tunesmith.agent.command import run_agent

    return run_agent(options)


def _doctor(options: argparse.Namespace) -> int:
    from tunesmith.output.doctor_page import show_doctor

    return show_doctor(options.script, options.namespace, as_json=options.json)


def _update(_: argparse.Namespace) -> int:
    from tunesmith.update import run_update

    return run_update()


def _toolchain(options: argparse.Namespace) -> int:
    from tunesmith.toolchains.command import run_toolchain

    return run_toolchain(options)


def _server(_: argparse.Namespace) -> int:
    from tunesmith.lsp.server import main as serve

    return serve()


def _question(options: argparse.Namespace) -> Question:
    from tunesmith.output.estimate_page import Question

    given = vars(options)  # not each command has all of them
    return Question(**{name: given[name] for name in Question._fields if name in given})


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, instead of the whole usage."""

    def __init__(self, **options: Any) -> None:
        # To ask how wide the terminal is, even without showing help, imports what packs archives.
        super().__init__(formatter_class=partial(argparse.HelpFormatter, width=80), **options)

    def format_help(self) -> str:
        from tunesmith.cli_help import TEXTS

        text = TEXTS[self.prog.removeprefix("tunesmith").strip()]
        self.description, self.epilog = text.about, f"example: tunesmith {text.example}"
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_ERROR, f"{self.prog}: {message}; see {self.prog} --help\n")


def _parser(arguments: Sequence[str] = ()) -> argparse.ArgumentParser:
    """What reads these arguments: where they begin with a command, it knows no other one."""
    parser = _Parser(prog="tunesmith")
    parser.add_argument("--version", action="version", version=f"tunesmith {__version__}")
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, prog=parser.prog
    )
    chosen = [name for name in _COMMANDS if name in arguments[:1]]
    for name in chosen or _COMMANDS:
        command = _COMMANDS[name]
        added = commands.add_parser(name, help=command.about)
        for add in command.additions:
            add(added)
    return parser


class _Command(NamedTuple):
    """A command: what it is for, what runs it, what adds its arguments."""

    about: str
    run: Callable[[argparse.Namespace], int]
    additions: Sequence[Callable[[argparse.ArgumentParser], None]] = ()


_COMMANDS: Mapping[str, _Command] = {
    "new": _Command("write a training script to begin with", _new, [add_new]),
    "check": _Command("check files and folders", _check, [add_check]),
    "rule": _Command("explain a rule", _rule, [add_rule]),
    "versions": _Command("show which releases a script gets, and why", _versions, [add_versions]),
    "estimate": _Command(
        "estimate memory, time and cost",
        _estimate,
        [add_training, add_flavor, add_data],
    ),
    "preflight": _Command(
        "check and estimate before a job starts",
        _preflight,
        [add_training, add_flavor, add_data],
    ),
    "gpus": _Command("compare the machines to train on", _gpus, [add_training, add_data]),
    "measure": _Command(
        "measure a step's memory with the real libraries",
        _measure,
        [add_training, add_flavor],
    ),
    "doctor": _Command(
        "check that your account can do what a script asks for", _doctor, [add_doctor]
    ),
    "submit": _Command("plan a job, and start it", _submit, [add_submit]),
    "jobs": _Command("list, inspect, cancel and rerun jobs, read their logs", _jobs, [add_jobs]),
    "agent": _Command("the background process that owns the jobs", _agent, [add_agent]),
    "update": _Command("fetch newer tables of library releases, through pip or uv", _update),
    "toolchain": _Command(
        "install what training on this machine needs", _toolchain, [add_toolchain]
    ),
    "server": _Command("run the language server", _server, [add_server]),
}


def _open_streams() -> None:
    """Make each standard stream usable: one that was closed, and one that lacks characters."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # else the next file that is opened takes its place
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Nobody takes what is still to be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _reason(error: OSError) -> str:
    """What the system refused to whatever command, and what to do."""
    try:
        os.getcwd()  # noqa: PTH109 - pathlib takes long to load
    except FileNotFoundError:
        return "the folder that you are in was deleted; change to another"
    what = error.filename or "what is found cannot be written"
    return f"{what}: {error.strerror}"
