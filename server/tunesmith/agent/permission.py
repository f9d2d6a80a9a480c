"""What a plan needs before it is sent: that the user agreed, and the values of its secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tunesmith.agent.messages import SubmitParams
from tunesmith.agent.redaction import Redaction
from tunesmith.agent.store import Store, StoredPlan
from tunesmith.errors import UserError
from tunesmith.jobs.engines import TOKEN
from tunesmith.jobs.spec import JobSpec

if TYPE_CHECKING:
    from tunesmith.jobs.account import Account


def plan_of(params: SubmitParams, store: Store) -> StoredPlan:
    """The plan that is to be sent; raises UserError: there is none."""
    planned = store.plan(params.key)
    if planned is None:
        message = f"there is no plan {params.key!r}: plans that nobody submits are forgotten"
        raise UserError(message, "plan the job again")
    return planned


def check_agreement(planned: StoredPlan, params: SubmitParams, store: Store) -> None:
    """Raise UserError where the user has not agreed to what speaks against a plan."""
    against = [
        each for each in planned.plan.findings if each.blocks and each.key not in params.overridden
    ]
    if against:
        first = against[0]
        more = f" (and {len(against) - 1} more)" if len(against) > 1 else ""
        raise UserError(
            f"{first.key} speaks against this job: {first.message}{more}",
            "correct the script, or override each of: " + ", ".join(each.key for each in against),
        )
    if not planned.plan.needs_consent or store.has_consent(planned.script_hash):
        return
    if not params.consent:
        names = ", ".join(each.name for each in planned.plan.secrets if each.asked_by_header)
        raise UserError(
            f"the header of {planned.plan.script} asks for your secrets: {names}",
            "read the script, then confirm that it may have them",
        )
    store.add_consent(planned.script_hash)


def secrets_of(
    spec: JobSpec, params: SubmitParams, account: Account, redaction: Redaction
) -> Mapping[str, str]:
    """The values of a job's secrets; the redaction is told of them.

    Raises:
        UserError: one has none.
    """
    redaction.add(*params.secrets.values())
    found: dict[str, str] = {}
    for name in spec.secrets:
        value = params.secrets.get(name) or (account.current_token() if name == TOKEN else None)
        if not value:
            next_step = "sign in with `hf auth login`" if name == TOKEN else f"set ${name}"
            raise UserError(f"the secret {name} has no value here", next_step)
        found[name] = value
    redaction.add(*found.values())
    return found
