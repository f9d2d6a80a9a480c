"""What the agent answers to each method: a module for each group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tunesmith.agent import messages
from tunesmith.agent.agent import Agent
from tunesmith.agent.handlers import account, jobs, logs, plans, resume, schedules
from tunesmith.agent.peer import Request

Handler = Callable[[Agent, Request, Any], object]

HANDLERS: Mapping[str, tuple[type, Handler]] = {
    messages.PLAN: (messages.PlanParams, plans.plan),
    messages.SUBMIT: (messages.SubmitParams, plans.submit),
    messages.RESUME: (messages.JobParams, resume.resume),
    messages.JOBS: (messages.JobsParams, jobs.jobs),
    messages.INSPECT: (messages.JobParams, jobs.inspect),
    messages.CANCEL: (messages.JobParams, jobs.cancel),
    messages.RERUN: (messages.JobParams, jobs.rerun),
    messages.PRUNE: (messages.PruneParams, jobs.prune),
    messages.LOG: (messages.LogParams, logs.log),
    messages.SCHEDULE: (messages.SubmitParams, schedules.schedule),
    messages.SCHEDULES: (messages.SchedulesParams, schedules.schedules),
    messages.INSPECT_SCHEDULE: (messages.ScheduleParams, schedules.inspect),
    messages.SUSPEND_SCHEDULE: (messages.ScheduleParams, schedules.suspend),
    messages.RESUME_SCHEDULE: (messages.ScheduleParams, schedules.resume),
    messages.DELETE_SCHEDULE: (messages.ScheduleParams, schedules.delete),
    messages.DOCTOR: (messages.DoctorParams, account.doctor),
    messages.HARDWARE: (messages.HardwareParams, account.hardware),
}
"""By method: the class of its parameters, and what answers."""
