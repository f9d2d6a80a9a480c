"""Planning a job, and running what was planned."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from tunesmith.agent.agent import Agent
from tunesmith.agent.messages import Job, Plan, PlanParams, SubmitParams
from tunesmith.agent.peer import Request
from tunesmith.agent.store import StoredPlan
from tunesmith.agent.wire import to_wire
from tunesmith.errors import UserError
from tunesmith.jobs.spec import JobSpec

if TYPE_CHECKING:
    from tunesmith.jobs.account import Account


def plan(agent: Agent, request: Request, params: PlanParams) -> Plan:
    """Plan a job, and keep the plan until it is submitted."""
    return keep(agent, request, made(agent, request, params))


def made(agent: Agent, request: Request, params: PlanParams) -> StoredPlan:
    """A plan that nothing keeps yet."""
    from tunesmith.jobs.plan import Chosen, make_plan

    account = request.account
    remembered = agent.store.choices(params.script)
    planned = make_plan(
        params,
        has_account=account.can_ask(),
        has_consent=agent.store.has_consent,
        remembered={name: Chosen(*choice) for name, choice in remembered.items()},
    )
    spec = _of_account(planned.spec, planned.plan.engine, account)
    choices = {name: (each.value, each.declared) for name, each in planned.choices.items()}
    return StoredPlan(params, planned.plan, spec, planned.script_hash, choices)


def keep(agent: Agent, request: Request, planned: StoredPlan) -> Plan:
    """Keep a plan until it is submitted.

    Raises:
        UserError: it holds a secret.
    """
    account = request.account
    agent.redaction.add(account.current_token() if account.can_ask() else account.token)
    if agent.redaction.holds(json.dumps([to_wire(planned.plan), to_wire(planned.spec)])):
        raise UserError(
            "the plan would hold the value of a secret, in an argument or a variable",
            "pass it by name: --secrets HF_TOKEN",
        )
    agent.store.add_plan(planned)
    return planned.plan


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
