"""Planning a job, and running what was planned."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from tunesmith.agent.agent import Agent
from tunesmith.agent.messages import Job, JobParams, Plan, PlanParams, SubmitParams
from tunesmith.agent.peer import Request
from tunesmith.agent.store import StoredPlan
from tunesmith.agent.wire import to_wire
from tunesmith.errors import UserError
from tunesmith.jobs.spec import JobSpec

if TYPE_CHECKING:
    from tunesmith.jobs.account import Account


def plan(agent: Agent, request: Request, params: PlanParams) -> Plan:
    """Plan a job, and keep the plan until it is submitted."""
    from tunesmith.jobs.plan import Chosen, make_plan

    account = request.account
    remembered = agent.store.choices(params.script)
    made = make_plan(
        params,
        has_account=account.can_ask(),
        has_consent=agent.store.has_consent,
        remembered={name: Chosen(*choice) for name, choice in remembered.items()},
    )
    agent.redaction.add(account.token)
    spec = _of_account(made.spec, made.plan.engine, account)
    if agent.redaction.holds(json.dumps([to_wire(made.plan), to_wire(spec)])):
        raise UserError(
            "the plan would hold the value of a secret, in an argument or a variable",
            "pass it by name: --secrets HF_TOKEN",
        )
    choices = {name: (each.value, each.declared) for name, each in made.choices.items()}
    agent.store.add_plan(StoredPlan(params, made.plan, spec, made.script_hash, choices))
    return made.plan


def _of_account(spec: JobSpec, engine: str, account: Account) -> JobSpec:
    """A local job asks the Hub of its account; the agent's own variables name none."""
    from tunesmith.jobs.account import HUB

    if engine != "local":
        return spec
    said = {} if account.endpoint == HUB else {"HF_ENDPOINT": account.endpoint}
    if account.offline:
        said["HF_HUB_OFFLINE"] = "1"
    return dataclasses.replace(spec, environment={**said, **spec.environment})


def submit(agent: Agent, request: Request, params: SubmitParams) -> Job:
    """Run a plan."""
    return agent.submissions.submit(params, request.account)


def resume(agent: Agent, request: Request, params: JobParams) -> Plan:
    """Plan a job that goes on where another one ended."""
    stored = agent.store.resolve(params.id)
    planned = agent.store.plan(stored.plan) if stored.plan else None
    if planned is None:
        raise UserError(
            f"the job {stored.job.id} was started elsewhere, so its script is not known here",
            "submit the script again",
        )
    return plan(agent, request, dataclasses.replace(planned.params))
