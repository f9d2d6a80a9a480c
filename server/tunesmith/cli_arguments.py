"""The arguments of each command, in the order of the commands."""

from __future__ import annotations

import argparse


def add_check(check: argparse.ArgumentParser) -> None:
    """Of `check`."""
    check.add_argument("paths", nargs="+", metavar="PATH", help="files, folders, or - for stdin")
    check.add_argument("--stdin-filename", metavar="NAME", help="the name of what stdin holds")
    check.add_argument(
        "--output-format", choices=("text", "json"), default="text", help="default: text"
    )
    check.add_argument("--fix", action="store_true", help="make the fixes that are safe")
    check.add_argument(
        "--unsafe-fixes", action="store_true", help="with --fix or --diff: the others as well"
    )
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
        "--ignore",
        action="append",
        default=[],
        metavar="RULE",
        help="a rule that stays silent; as often as you like",
    )


def add_rule(rule: argparse.ArgumentParser) -> None:
    """Of `rule`."""
    which = rule.add_mutually_exclusive_group(required=True)
    which.add_argument("name", nargs="?", metavar="NAME", help="a rule's name or code")
    which.add_argument("--all", action="store_true", help="list all rules")


def add_versions(versions: argparse.ArgumentParser) -> None:
    """Of `versions`."""
    versions.add_argument("script", metavar="SCRIPT", help="a Python script or a notebook")
    versions.add_argument("--json", action="store_true", help="print JSON, for programs")


def add_training(command: argparse.ArgumentParser) -> None:
    """Of whatever asks about the training of a script."""
    command.add_argument("script", metavar="SCRIPT", help="a Python script or a notebook")
    command.add_argument(
        "--trl", metavar="VERSION", help="suppose this release (default: what the script gets)"
    )
    _add_online(command)
    command.add_argument("--json", action="store_true", help="print JSON, for programs")


def add_new(new: argparse.ArgumentParser) -> None:
    """Of `new`."""
    new.add_argument(
        "template", nargs="?", metavar="TEMPLATE", help="which one (default: list them)"
    )
    new.add_argument("--model", metavar="ID", help="of the Hub (default: a small one)")
    new.add_argument("--dataset", metavar="ID", help="of the Hub (default: a small one)")
    new.add_argument(
        "--output",
        metavar="REPO",
        help="where to push, as NAME or OWNER/NAME (default: named after both)",
    )
    new.add_argument("--length", metavar="N", help="tokens of an example, at most")
    new.add_argument("--flavor", metavar="NAME", help="default: the cheapest that fits")
    new.add_argument("--timeout", metavar="TIME", help="as 6h (default: from the estimate)")
    new.add_argument("--name", metavar="FILE", default="train.py", help="default: train.py")
    new.add_argument("--force", action="store_true", help="replace a file that is there")
    _add_data_set(new)
    _add_online(new)
    new.add_argument("--json", action="store_true", help="print JSON, for programs")


def add_flavor(command: argparse.ArgumentParser) -> None:
    """On which machine."""
    command.add_argument(
        "--flavor",
        metavar="NAME",
        help='the machine, also a Mac as "M3 Max 64 GB" (default: what starts the script names)',
    )


def add_data(command: argparse.ArgumentParser) -> None:
    """What the user says of the data set."""
    _add_data_set(command)
    command.add_argument(
        "--tokenize", action="store_true", help="count tokens by the model's own tokenizer"
    )


def _add_data_set(command: argparse.ArgumentParser) -> None:
    command.add_argument("--examples", type=_positive, metavar="N", help="rows of the data set")
    command.add_argument(
        "--tokens", type=_positive, metavar="N", help="tokens of a row, in the mean"
    )


def _add_online(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--online",
        action="store_true",
        help="ask the Hub for prices, models and data not known here",
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, got {text!r}")
    return int(text)


def add_toolchain(toolchain: argparse.ArgumentParser) -> None:
    """Of `toolchain`."""
    actions = toolchain.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = {
        "list": actions.add_parser("list", help="list the toolchains and their state"),
        "install": actions.add_parser("install", help="install one, or go on with that"),
        "remove": actions.add_parser("remove", help="delete one"),
        "doctor": actions.add_parser("doctor", help="check that they work"),
    }
    for action in add.values():
        action.add_argument("--json", action="store_true", help="print lines of JSON, for programs")
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


def add_submit(submit: argparse.ArgumentParser) -> None:
    """Of `submit`."""
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
    ):
        submit.add_argument(*flags, action="append", default=[], metavar=metavar, help=about)
    _add_data_set(submit)
    _add_online(submit)
    submit.add_argument(
        "--schedule",
        default="",
        metavar="WHEN",
        help='start it again and again: "@daily", or five fields of cron as "0 3 * * *"',
    )
    submit.add_argument(
        "--suspend", action="store_true", help="have the schedule wait until it is resumed"
    )
    submit.add_argument("--smoke", action="store_true", help="a few steps of a tiny model, here")
    submit.add_argument("--dry-run", action="store_true", help="only show the plan")
    submit.add_argument("--json", action="store_true", help="print JSON, for programs")
    _add_confirmation(submit)


def _add_confirmation(command: argparse.ArgumentParser) -> None:
    command.add_argument("--yes", action="store_true", help="do not ask")
    command.add_argument(
        "--override",
        action="append",
        default=[],
        metavar="RULE[:LINE]",
        help="run it in spite of a finding",
    )
    command.add_argument("--follow", action="store_true", help="show what it prints until it ends")


def add_jobs(jobs: argparse.ArgumentParser) -> None:
    """Of `jobs`."""
    actions = jobs.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = {
        "ps": actions.add_parser("ps", help="list jobs"),
        "inspect": actions.add_parser("inspect", help="show how a job is"),
        "logs": actions.add_parser("logs", help="show what a job prints"),
        "wait": actions.add_parser("wait", help="wait until a job ends; its success is the status"),
        "cancel": actions.add_parser("cancel", help="end a job"),
        "rerun": actions.add_parser("rerun", help="start the same job again"),
        "resume": actions.add_parser("resume", help="go on from its last pushed checkpoint"),
    }
    for name, action in add.items():
        if name != "ps":
            action.add_argument("job", metavar="JOB", help="its id, or how that begins")
        if name not in ("logs", "wait"):
            action.add_argument("--json", action="store_true", help="print JSON, for programs")
    _add_confirmation(add["resume"])
    add["logs"].add_argument("-f", "--follow", action="store_true", help="until the job ends")
    listed = add["ps"]
    listed.add_argument("-a", "--all", action="store_true", help="those that have ended, too")
    listed.add_argument("--here", action="store_true", help="ask no engine: what is known here")
    listed.add_argument("--limit", type=_positive, default=200, metavar="N", help="at most so many")
    _add_prune(actions.add_parser("prune", help="forget jobs that ended long ago, and their logs"))
    _add_scheduled(actions.add_parser("scheduled", help="list, suspend, resume, delete schedules"))


def _add_prune(prune: argparse.ArgumentParser) -> None:
    prune.add_argument(
        "--days",
        type=_days,
        default=90,
        metavar="N",
        help="those that ended so long ago (default: 90)",
    )
    prune.add_argument("--dry-run", action="store_true", help="only show what that would be")
    prune.add_argument("--yes", action="store_true", help="do not ask")
    prune.add_argument("--json", action="store_true", help="for programs")


def _days(text: str) -> int:
    if not text.isdecimal() or len(text) > 5:
        raise argparse.ArgumentTypeError(f"expected a whole number of days, got {text!r}")
    return int(text)


def _add_scheduled(scheduled: argparse.ArgumentParser) -> None:
    """Of `jobs scheduled`, in the words of `hf jobs scheduled`."""
    actions = scheduled.add_subparsers(dest="scheduled", metavar="ACTION", required=True)
    for name, about in (
        ("ps", "list schedules"),
        ("inspect", "show how a schedule is"),
        ("suspend", "start no more jobs until it is resumed"),
        ("resume", "go on with a suspended one"),
        ("delete", "forget a schedule; jobs that run go on"),
    ):
        action = actions.add_parser(name, help=about)
        if name == "ps":
            action.add_argument("-a", "--all", action="store_true", help="suspended ones, too")
        else:
            action.add_argument("schedule", metavar="SCHEDULE", help="its id, or how that begins")
        action.add_argument("--namespace", metavar="NAME", help="whose (default: your own)")
        action.add_argument("--json", action="store_true", help="print JSON, for programs")


def add_doctor(doctor: argparse.ArgumentParser) -> None:
    """Of `doctor`."""
    doctor.add_argument(
        "script", nargs="?", metavar="SCRIPT", help="what is to run; default: the account alone"
    )
    doctor.add_argument(
        "--namespace", metavar="NAME", help="whose job it is (default: what starts the script says)"
    )
    doctor.add_argument("--json", action="store_true", help="print JSON, for programs")


def add_agent(agent: argparse.ArgumentParser) -> None:
    """Of `agent`."""
    actions = agent.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, about in (
        ("start", "start it, unless it runs"),
        ("status", "show what it does"),
        ("stop", "end it; jobs go on"),
    ):
        actions.add_parser(name, help=about).add_argument(
            "--json", action="store_true", help="print JSON, for programs"
        )
    actions.add_parser("bridge", help="ask it on standard input, framed as for language servers")


def add_server(server: argparse.ArgumentParser) -> None:
    """Of `server`."""
    server.add_argument("--stdio", action="store_true", required=True, help="on standard input")
