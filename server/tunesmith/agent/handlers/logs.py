"""The log of a job: what is kept, then what comes."""

from __future__ import annotations

from contextlib import suppress

from tunesmith.agent.agent import Agent
from tunesmith.agent.log_file import OvertakenError
from tunesmith.agent.messages import LINES, Job, Lines, LogParams
from tunesmith.agent.peer import Request


def log(agent: Agent, request: Request, params: LogParams) -> Job:
    """Send a job's lines from one on; following, until its log is complete."""
    stored = agent.jobs.taken(params.id)
    job_id = stored.job.id
    kept = agent.followers.log(job_id)
    if stored.log != "complete" and not agent.followers.is_followed(job_id):
        with suppress(OvertakenError):
            agent.followers.keep(job_id, agent.jobs.engine(stored).log(stored.state, follow=False))
        agent.followers.start(job_id)
    agent.followers.nudge(job_id)
    start = max(0, params.start)
    for batch in kept.batches(start, follow=params.follow, is_wanted=lambda: request.is_wanted):
        request.peer.notify(LINES, Lines(job_id, batch.lines, batch.is_gap))
    return agent.store.job(job_id).job
