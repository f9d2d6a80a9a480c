"""What starts jobs again and again: which there are, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace

from tunesmith.agent.agent import Agent
from tunesmith.agent.messages import (
    Schedule,
    ScheduleList,
    ScheduleParams,
    SchedulesParams,
    SubmitParams,
)
from tunesmith.agent.peer import Request
from tunesmith.jobs import spec


def schedule(agent: Agent, request: Request, params: SubmitParams) -> Schedule:
    """Have a plan started again and again."""
    return _told(agent.schedules.create(params, request.account))


def schedules(agent: Agent, request: Request, params: SchedulesParams) -> ScheduleList:
    """All schedules of a namespace."""
    found = agent.schedules.scheduler(request.account).schedules(params.namespace)
    return ScheduleList([_told(each) for each in found])


def inspect(agent: Agent, request: Request, params: ScheduleParams) -> Schedule:
    """One schedule."""
    return _told(agent.schedules.resolve(params, request.account))


def suspend(agent: Agent, request: Request, params: ScheduleParams) -> Schedule:
    """Have a schedule start nothing until it is resumed."""
    found = agent.schedules.resolve(params, request.account)
    agent.schedules.scheduler(request.account).pause(found)
    return _told(replace(found, is_paused=True, next_run=None))


def resume(agent: Agent, request: Request, params: ScheduleParams) -> Schedule:
    """Have a suspended schedule go on."""
    found = agent.schedules.resolve(params, request.account)
    agent.schedules.scheduler(request.account).resume(found)
    return inspect(agent, request, params)  # which tells its next run


def delete(agent: Agent, request: Request, params: ScheduleParams) -> Schedule:
    """Forget a schedule; jobs that run go on."""
    found = agent.schedules.resolve(params, request.account)
    agent.schedules.scheduler(request.account).delete(found)
    return _told(found)


def _told(found: spec.Schedule) -> Schedule:
    return Schedule(
        id=found.id,
        name=found.name or "",
        when=found.when,
        suspended=found.is_paused,
        namespace=found.namespace,
        flavor=found.flavor,
        next_run=found.next_run,
        last_job=found.last_job,
    )
