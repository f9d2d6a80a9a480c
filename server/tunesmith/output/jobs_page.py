"""`tunesmith jobs`: which jobs there are, and what becomes of them."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from tunesmith.agent import messages
from tunesmith.agent.client import Client, LostError, connect_or_start
from tunesmith.agent.messages import Job, JobList, JobParams, JobsParams, Lines, LogParams, Plan
from tunesmith.errors import UserError
from tunesmith.output.failure import fail
from tunesmith.output.job_cost import dollars_of
from tunesmith.output.text_format import printable
from tunesmith.text import regex

T = TypeVar("T")
Hear = Callable[[str, Any], None]
_TRIES = 3
_STEERING = regex(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""Colours and the like: https://en.wikipedia.org/wiki/ANSI_escape_code#CSI"""
_SHOWN_ID = 8


class Asking:
    """The agent, asked again where it ended under a question: each may be asked twice."""

    def __init__(self) -> None:
        self._client: Client | None = None

    def __enter__(self) -> Asking:
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()

    def ask(self, method: str, params: object, kind: type[T], hear: Hear | None = None) -> T:
        """The answer; raises UserError."""
        for _ in range(_TRIES):
            try:
                return self.once(method, params, kind, hear)
            except LostError:
                continue
        raise UserError("the agent ended while it was asked", "see `tunesmith agent status`")

    def once(self, method: str, params: object, kind: type[T], hear: Hear | None = None) -> T:
        """The answer; raises UserError, and LostError where the agent ended."""
        self._client = self._client or connect_or_start()
        try:
            return self._client.ask(method, params, kind, hear)
        except LostError:
            self._drop()
            raise

    def _drop(self) -> None:
        if self._client:
            self._client.channel.close()
            self._client = None


def run_jobs(options: argparse.Namespace) -> int:
    """Run a command; returns the exit status.

    0: done; 1: a job that was followed did not complete; 2: it could not be done.
    """
    try:
        with Asking() as agent:
            if options.action == "ps":
                return _list(agent, options)
            if options.action == "wait" or (options.action == "logs" and options.follow):
                return follow(agent, options.job, is_quiet=options.action == "wait")
            if options.action == "logs":
                _print_log(agent, options.job, _Printed(), wait=False)
                return 0
            if options.action == "resume":
                from tunesmith.output.submit_page import carry_out

                plan = agent.ask(messages.RESUME, JobParams(options.job), Plan)
                return carry_out(agent, plan, options)
            if options.action == "prune":
                from tunesmith.output.prune_page import prune

                return prune(agent, options)
            if options.action == "scheduled":
                from tunesmith.output.schedules_page import run_scheduled

                return run_scheduled(agent, options)
            return _one(agent, options)
    except UserError as error:
        return fail("jobs", error)


def _list(agent: Asking, options: argparse.Namespace) -> int:
    params = JobsParams(all=options.all, refresh=not options.here, limit=options.limit)
    found = agent.ask(messages.JOBS, params, JobList)
    if options.json:
        rows = [_as_json(each) for each in found.jobs]
        print(json.dumps({**asdict(found), "jobs": rows}, indent=2))
    else:
        for line in job_table(found.jobs):
            print(printable(line))
    for problem in found.problems:
        print(printable(f"tunesmith: {problem}"), file=sys.stderr)
    return 0


def job_table(jobs: Sequence[Job]) -> Iterator[str]:
    """Jobs as the rows of a table."""
    if not jobs:
        yield "no jobs; --all shows those that have ended, too"
        return
    rows = [("JOB", "ENGINE", "STAGE", "MACHINE", "AGE", "COST", "NAME"), *map(_row, jobs)]
    yield from table_lines(rows)


def table_lines(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of cells as lines, the columns below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        yield "  ".join(f"{cell:<{width}}" for cell, width in cells).rstrip()


def _row(job: Job) -> Sequence[str]:
    now = time.time()
    dollars = dollars_of(job, now)
    cost = "-" if dollars is None else f"~${dollars:.2f}"
    age = _span(now - job.created)
    return (job.id[:_SHOWN_ID], job.engine, job.stage, job.flavor or "-", age, cost, job.name)


def _span(seconds: float) -> str:
    minutes, hours, days = seconds / 60, seconds / 3600, seconds / 86400
    if minutes < 1:
        return f"{max(0, seconds):.0f}s"
    return f"{minutes:.0f}m" if hours < 1 else f"{hours:.0f}h" if days < 2 else f"{days:.0f}d"


def job_line(job: Job) -> str:
    """A job in one line."""
    where = f" on {job.flavor}" if job.flavor else ""
    why = f": {job.message}" if job.message else ""
    page = f", {job.url}" if job.url else ""
    return f"{job.name} ({job.id[:_SHOWN_ID]}) is {job.stage}{where}{why}{page}"


_METHODS = {"inspect": messages.INSPECT, "cancel": messages.CANCEL, "rerun": messages.RERUN}


def _one(agent: Asking, options: argparse.Namespace) -> int:
    job = agent.ask(_METHODS[options.action], JobParams(options.job), Job)
    if options.json:
        print(json.dumps(_as_json(job), indent=2))
    elif options.action == "inspect":
        print("\n".join(map(printable, _details(job))))
    elif options.action == "cancel" and job.stage in ("SCHEDULING", "RUNNING"):
        shown = job.id[:_SHOWN_ID]
        print(printable(f"{job.name} ({shown}) ends; `tunesmith jobs wait {shown}` waits for that"))
    else:
        print(printable(job_line(job)))
    return 0


def _as_json(job: Job) -> Mapping[str, object]:
    return {**asdict(job), "dollars": dollars_of(job, time.time())}


def _details(job: Job) -> Iterator[str]:
    yield job_line(job)
    dollars = dollars_of(job, time.time())
    fields: Mapping[str, object] = {
        "script": job.script,
        "engine": job.engine,
        "its id there": job.remote_id,
        "namespace": job.namespace,
        "created": moment(job.created),
        "started": moment(job.started),
        "finished": moment(job.finished),
        "cost": None if dollars is None else f"about {dollars:.2f} dollars",
        "exit code": job.exit_code,
    }
    for name, value in fields.items():
        if value not in (None, ""):
            yield f"  {name:<13}{value}"


def moment(seconds: float | None) -> str | None:
    """A time of seconds since 1970 as clocks show it here."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds)) if seconds else None


def follow(agent: Asking, job_id: str, *, is_quiet: bool = False) -> int:
    """Print what a job prints until it ends; 0: it completed, 1: it did not.

    Who interrupts that is told that the job goes on.
    """
    try:
        job = _print_log(agent, job_id, _Printed(is_quiet), wait=True)
    except KeyboardInterrupt:
        shown = job_id[:_SHOWN_ID]
        print(
            f"the job goes on: `tunesmith jobs logs -f {shown}` shows what it prints, "
            f"`tunesmith jobs cancel {shown}` ends it",
            file=sys.stderr,
        )
        raise
    print(printable(job_line(job)), file=sys.stderr)
    return int(job.stage != "COMPLETED")


def _print_log(agent: Asking, job_id: str, printed: _Printed, *, wait: bool) -> Job:
    while True:
        try:
            params = LogParams(job_id, start=printed.next, follow=wait)
            return agent.once(messages.LOG, params, Job, printed.hear)
        except LostError:  # the next agent goes on with what has not been printed
            continue


class _Printed:
    """What was printed of a log.

    Args:
        is_quiet: nothing is.
    """

    def __init__(self, is_quiet: bool = False) -> None:
        self.next = 0
        self._is_quiet = is_quiet

    def hear(self, method: str, params: Any) -> None:
        if not isinstance(params, Lines):
            return
        if params.lines:
            self.next = params.lines[-1].ordinal + 1
        if self._is_quiet:
            return
        if params.gap:
            print("… what was printed in between is lost", file=sys.stderr)
        for line in params.lines:
            print(printable(_STEERING.sub("", line.text)))
        sys.stdout.flush()
