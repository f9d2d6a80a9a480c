"""`tunesmith jobs scheduled`: what starts jobs again and again."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from tunesmith.agent import messages
from tunesmith.agent.messages import Schedule, ScheduleList, ScheduleParams, SchedulesParams
from tunesmith.output.jobs_page import Asking, moment, table_lines
from tunesmith.output.text_format import printable

_METHODS = {
    "inspect": messages.INSPECT_SCHEDULE,
    "suspend": messages.SUSPEND_SCHEDULE,
    "resume": messages.RESUME_SCHEDULE,
    "delete": messages.DELETE_SCHEDULE,
}


def run_scheduled(agent: Asking, options: argparse.Namespace) -> int:
    """Run a command; returns the exit status, 0.

    Raises:
        UserError: it could not be done.
    """
    if options.scheduled == "ps":
        return _list(agent, options)
    params = ScheduleParams(options.schedule, options.namespace)
    found = agent.ask(_METHODS[options.scheduled], params, Schedule)
    if options.scheduled == "delete" and not options.json:
        print(printable(f"{found.name or found.id} is not started {found.when} any more"))
    else:
        show_schedule(found, as_json=options.json)
    return 0


def show_schedule(schedule: Schedule, *, as_json: bool) -> None:
    """Print how a schedule is."""
    if as_json:
        print(json.dumps(asdict(schedule), indent=2))
    else:
        print("\n".join(map(printable, _details(schedule))))


def _details(schedule: Schedule) -> Iterator[str]:
    where = f" on {schedule.flavor}" if schedule.flavor else ""
    yield f"{schedule.name or schedule.id} is started {schedule.when}{where}"
    fields = {
        "id": schedule.id,
        "namespace": schedule.namespace,
        "next": "none: it is suspended" if schedule.suspended else moment(schedule.next_run),
        "last job": schedule.last_job,
    }
    yield from (f"  {name:<11}{value}" for name, value in fields.items() if value)


def _list(agent: Asking, options: argparse.Namespace) -> int:
    params = SchedulesParams(options.namespace)
    found = agent.ask(messages.SCHEDULES, params, ScheduleList).schedules
    shown = [each for each in found if options.all or not each.suspended]
    if options.json:
        print(json.dumps([asdict(each) for each in shown], indent=2))
    else:
        lines = _table(shown, hidden=len(found) - len(shown))
        print("\n".join(map(printable, lines)))
    return 0


def _table(schedules: Sequence[Schedule], hidden: int) -> Iterator[str]:
    if schedules:
        heading = ("SCHEDULE", "WHEN", "NEXT", "MACHINE", "NAME")
        yield from table_lines([heading, *map(_row, schedules)])
    elif not hidden:
        yield "no schedules; `tunesmith submit SCRIPT --schedule @daily` makes one"
    if hidden:
        yield f"{hidden} suspended; --all shows them, too"


def _row(schedule: Schedule) -> Sequence[str]:
    following = "suspended" if schedule.suspended else moment(schedule.next_run) or "-"
    return (schedule.id, schedule.when, following, schedule.flavor or "-", schedule.name)
