"""Jobs: which there are, where they are, and what becomes of them."""

from __future__ import annotations

from tunesmith.agent.agent import Agent
from tunesmith.agent.messages import (
    Job,
    JobList,
    JobParams,
    JobsParams,
    PruneParams,
    PruneResult,
)
from tunesmith.agent.peer import Request
from tunesmith.agent.pruning import Bounds
from tunesmith.errors import UserError

_DAY_S = 24 * 3600.0


def jobs(agent: Agent, request: Request, params: JobsParams) -> JobList:
    """All jobs that are known here, newest first."""
    problems = agent.jobs.refresh(request.account, params.limit) if params.refresh else ()
    found = agent.store.jobs(all_of_them=params.all, limit=params.limit)
    return JobList(found, [*agent.problems, *problems])


def inspect(agent: Agent, request: Request, params: JobParams) -> Job:
    """Ask its engine where a job is."""
    stored = agent.store.resolve(params.id)
    if stored.job.remote_id is None:
        return stored.job
    agent.followers.nudge(stored.job.id)
    return agent.jobs.look(stored)


def cancel(agent: Agent, request: Request, params: JobParams) -> Job:
    """End a job."""
    stored = agent.jobs.taken(params.id)
    agent.jobs.engine(stored).cancel(stored.state)
    job = agent.jobs.look(stored)
    agent.followers.nudge(job.id)
    return job


def rerun(agent: Agent, request: Request, params: JobParams) -> Job:
    """Start the same job again."""
    return agent.submissions.rerun(agent.jobs.taken(params.id), request.account)


def prune(agent: Agent, request: Request, params: PruneParams) -> PruneResult:
    """Forget jobs that ended long ago."""
    if not params.days >= 0:
        raise UserError(f"days is {params.days}, expected 0 or more", "give a number of days")
    bounds = Bounds(params.days * _DAY_S, most_bytes=None, newest=0)
    pruned = agent.pruner.prune(bounds, is_dry=params.dry_run)
    return PruneResult(pruned.jobs, pruned.plans, pruned.bytes)
