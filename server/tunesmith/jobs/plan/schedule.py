"""How often a planned job is started, and what that costs at most."""

from __future__ import annotations

from tunesmith.agent.messages import EngineName, PlanParams, PlanSchedule
from tunesmith.errors import UserError
from tunesmith.jobs.cron import most_runs_a_month
from tunesmith.jobs.plan.start import Start
from tunesmith.knowledge.hardware import Machine

DEFAULT_TIMEOUT_S = 30 * 60
"""What Hugging Face gives a job that asks for no timeout: its documentation on Jobs."""
_LONGEST_MONTH_S = 31 * 24 * 3600


def engine_for(params: PlanParams, *, has_account: bool) -> EngineName:
    """The engine of a plan: schedules are Hugging Face's, smoke runs are of this machine.

    Raises:
        UserError: no engine does what is asked for.
    """
    if params.suspend and not params.schedule:
        raise UserError("suspend is for a schedule, and none is given", "add --schedule @daily")
    if not params.schedule:
        return "local" if params.smoke else params.engine or ("hf" if has_account else "local")
    if params.smoke:
        message = "a smoke run happens once, so it takes no schedule"
        raise UserError(message, "leave out one of the two")
    if params.engine == "local":
        message = "this machine keeps no schedules: Hugging Face Jobs does"
        raise UserError(message, "leave out --engine local, or use your system's cron")
    if not has_account:
        message = "a schedule needs Hugging Face Jobs, and nobody is signed in here"
        raise UserError(message, "sign in with `hf auth login`")
    return "hf"


def schedule_of(start: Start, machine: Machine | None) -> PlanSchedule | None:
    """The schedule of a start; None where it is started once.

    Args:
        start: with the timeout that it gets.
        machine: what it runs on; None where its price is not known.

    Raises:
        UserError: it is no schedule.
    """
    if not start.schedule:
        return None
    runs = most_runs_a_month(start.schedule)
    run_s = start.timeout_s or DEFAULT_TIMEOUT_S
    usd_per_s = machine.usd_per_hour / 3600 if machine else None
    return PlanSchedule(
        when=start.schedule,
        suspended=start.is_suspended,
        runs=runs,
        run_dollars=usd_per_s and run_s * usd_per_s,
        month_dollars=usd_per_s and min(runs * run_s, _LONGEST_MONTH_S) * usd_per_s,
    )
