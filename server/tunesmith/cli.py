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
    _make_printable(sys.stdout)
    _make_printable(sys.stderr)
    given = sys.argv[1:] if arguments is None else arguments
    own, script_arguments = _parted(given)
    options = _parser(own).parse_args(own)
    options.script_arguments = script_arguments
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


def _parted(given: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """What is for us, and what stands behind `--`: for the script that `submit` runs."""
    if "--" not in given or given[:1] != ["submit"]:
        return given, ()
    place = given.index("--")
    return given[:place], given[place + 1 :]


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
        command = _COMMANDS[name]
        added = commands.add_parser(name, help=command.about)
        for add in command.additions:
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


def _add_new(new: argparse.ArgumentParser) -> None:
    new.add_argument(
        "template", nargs="?", metavar="TEMPLATE", help="which one (default: list them)"
    )
    new.add_argument("--model", metavar="ID", help="of the Hub")
    new.add_argument("--dataset", metavar="ID", help="of the Hub")
    new.add_argument("--output", metavar="REPO", help="where to push, as NAME or OWNER/NAME")
    new.add_argument("--length", metavar="N", help="tokens of an example, at most")
    new.add_argument("--flavor", metavar="NAME", help="default: the cheapest that fits")
    new.add_argument("--timeout", metavar="TIME", help="as 6h (default: from the estimate)")
    new.add_argument("--name", metavar="FILE", default="train.py", help="default: train.py")
    new.add_argument("--force", action="store_true", help="replace a file that is there")
    new.add_argument("--examples", type=_positive, metavar="N", help="rows of the data set")
    new.add_argument("--tokens", type=_positive, metavar="N", help="tokens of a row, mean")
    new.add_argument(
        "--online", action="store_true", help="ask the Hub for prices, models and data"
    )
    new.add_argument("--json", action="store_true", help="for programs")


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


def _add_submit(submit: argparse.ArgumentParser) -> None:
    submit.add_argument("script", metavar="SCRIPT", help="a Python script; its arguments after --")
    submit.add_argument(
        "--engine",
        choices=("hf", "local"),
        help="Hugging Face Jobs, or this machine (default: hf where you are logged in)",
    )
    for name, metavar, about in (
        ("flavor", "NAME", "the machine (default: what is written, else the estimate)"),
        ("timeout", "TIME", 'as "90m" or "4h" (default: likewise)'),
        ("image", "IMAGE", "a Docker image with uv"),
        ("python", "PYTHON", "a version; with --engine local also an interpreter"),
        ("namespace", "NAME", "a user or an organization, which pays"),
        ("name", "NAME", "what to call the job"),
    ):
        submit.add_argument(f"--{name}", metavar=metavar, help=about)
    for flags, metavar, about in (
        (("--with",), "PACKAGE", "a dependency beside those of the header"),
        (("-e", "--env"), "NAME=VALUE", "a variable"),
        (("-s", "--secrets"), "NAME", "a variable that is a secret"),
        (("--override",), "RULE[:LINE]", "run it in spite of a finding"),
    ):
        submit.add_argument(*flags, action="append", default=[], metavar=metavar, help=about)
    submit.add_argument("--smoke", action="store_true", help="a few steps of a tiny model, here")
    submit.add_argument("--yes", action="store_true", help="do not ask")
    submit.add_argument("--follow", action="store_true", help="show what it prints until it ends")
    submit.add_argument("--dry-run", action="store_true", help="only show the plan")
    submit.add_argument("--json", action="store_true", help="for programs")


def _add_jobs(jobs: argparse.ArgumentParser) -> None:
    actions = jobs.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = {
        "ps": actions.add_parser("ps", help="list jobs"),
        "inspect": actions.add_parser("inspect", help="show how a job is"),
        "logs": actions.add_parser("logs", help="show what a job prints"),
        "cancel": actions.add_parser("cancel", help="end a job"),
        "rerun": actions.add_parser("rerun", help="start the same job again"),
    }
    for name, action in add.items():
        if name != "ps":
            action.add_argument("job", metavar="JOB", help="its id, or how that begins")
        if name != "logs":
            action.add_argument("--json", action="store_true", help="for programs")
    add["logs"].add_argument("-f", "--follow", action="store_true", help="until the job ends")
    listed = add["ps"]
    listed.add_argument("-a", "--all", action="store_true", help="those that have ended, too")
    listed.add_argument("--here", action="store_true", help="ask no engine: what is known here")
    listed.add_argument("--limit", type=_positive, default=200, metavar="N", help="at most so many")


def _add_doctor(doctor: argparse.ArgumentParser) -> None:
    doctor.add_argument(
        "script", nargs="?", metavar="SCRIPT", help="what is to run; default: the account alone"
    )
    doctor.add_argument(
        "--namespace", metavar="NAME", help="whose job it is (default: what starts the script says)"
    )
    doctor.add_argument("--json", action="store_true", help="for programs")


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


class _Command(NamedTuple):
    """A command: what it is for, what runs it, what adds its arguments."""

    about: str
    run: Callable[[argparse.Namespace], int]
    additions: Sequence[Callable[[argparse.ArgumentParser], None]] = ()


_COMMANDS: Mapping[str, _Command] = {
    "new": _Command("write a training script to begin with", _new, [_add_new]),
    "check": _Command("check files and folders", _check, [_add_check]),
    "rule": _Command("explain a rule", _rule, [_add_rule]),
    "versions": _Command("show which releases a script gets, and why", _versions, [_add_versions]),
    "estimate": _Command(
        "estimate memory, time and cost", _estimate, [_add_training, _add_flavor, _add_data]
    ),
    "preflight": _Command(
        "check and estimate before a job starts",
        _preflight,
        [_add_training, _add_flavor, _add_data],
    ),
    "gpus": _Command("compare the machines to train on", _gpus, [_add_training, _add_data]),
    "measure": _Command(
        "measure a step's memory with the real libraries", _measure, [_add_training, _add_flavor]
    ),
    "doctor": _Command(
        "check that your account can do what a script asks for", _doctor, [_add_doctor]
    ),
    "submit": _Command("plan a job, and start it", _submit, [_add_submit]),
    "jobs": _Command("list, inspect, cancel and rerun jobs, read their logs", _jobs, [_add_jobs]),
    "agent": _Command("the background process that owns the jobs", _agent, [_add_agent]),
    "update": _Command("fetch newer tables of library releases, through pip or uv", _update),
    "toolchain": _Command(
        "install what training on this machine needs", _toolchain, [_add_toolchain]
    ),
    "server": _Command("run the language server", _server, [_add_server]),
}


def _make_printable(stream: object) -> None:
    """Let a terminal that lacks a character show an escape instead of ending the program."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
