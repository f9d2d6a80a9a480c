"""Planning a job that goes on where another one ended, from the last pushed checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tunesmith.agent.agent import Agent
from tunesmith.agent.handlers.plans import keep, made
from tunesmith.agent.messages import JobParams, Plan
from tunesmith.agent.peer import Request
from tunesmith.agent.store import StoredPlan
from tunesmith.errors import UserError

if TYPE_CHECKING:
    from tunesmith.sources.document import Document
    from tunesmith.text import Edit


def resume(agent: Agent, request: Request, params: JobParams) -> Plan:
    """Plan the script as it is now, with what has it go on; started as that job was.

    Raises:
        UserError: it cannot go on, or nobody knows how it was started.
    """
    from tunesmith.jobs.resume import resumption
    from tunesmith.one_script import read_file, script_in

    stored = agent.store.resolve(params.id)
    before = agent.store.plan(stored.plan) if stored.plan else None
    if before is None:
        raise UserError(
            f"the job {stored.job.id} was started elsewhere, so its script is not known here",
            "submit the script again",
        )
    file = read_file(before.params.script)
    how = resumption(script_in(file).script)
    if how.problem:
        name = Path(before.params.script).name
        raise UserError(f"{name} cannot go on where it ended: {how.problem}", how.next_step)
    planned = made(agent, request, before.params)
    if how.edits:
        planned = _with_edits(planned, file.understanding.document, how.edits)
    return keep(agent, request, planned)


def _with_edits(planned: StoredPlan, document: Document, edits: Sequence[Edit]) -> StoredPlan:
    """The plan of a copy of the script, which is edited; the user's own stays."""
    from tunesmith.jobs.copies import edited_copy, with_folder_of
    from tunesmith.sources.document_edits import with_edits

    script = Path(planned.plan.script)
    copy = edited_copy(script, document, with_edits(document, edits), planned.plan.key)
    spec = replace(planned.spec, script=str(copy.path))
    if planned.plan.engine == "local":  # what lies beside the script is imported by it
        spec = replace(spec, environment=with_folder_of(script, spec.environment))
    return replace(planned, plan=replace(planned.plan, diff=copy.diff), spec=spec)
