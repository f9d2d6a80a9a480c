"""Planning a job that goes on where another one ended, from the last pushed checkpoint."""

from __future__ import annotations

import shutil
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
from tunesmith.platform import user_state_folder

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
    from tunesmith.files import UnwritableFileError, write_edits
    from tunesmith.output.diff_format import render_diff

    path = Path(planned.plan.script)
    copy = user_state_folder() / "plans" / planned.plan.key / path.name
    try:
        copy.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        shutil.copyfile(path, copy)
        edited = write_edits(copy, document, edits)
    except (OSError, UnwritableFileError) as error:
        raise UserError(
            f"the script cannot be copied to {copy}: {error}", "make room there, then try again"
        ) from None
    diff = "\n".join(render_diff(path.name, document, edited))
    spec = replace(planned.spec, script=str(copy))
    if planned.plan.engine == "local":  # what lies beside the script is imported by it
        beside = {"PYTHONPATH": str(path.parent), **spec.environment}
        spec = replace(spec, environment=beside)
    return replace(planned, plan=replace(planned.plan, diff=diff), spec=spec)
