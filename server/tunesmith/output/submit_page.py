"""`tunesmith submit`: the plan of a job, a yes, the job, and what it prints."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from tunesmith.agent import messages
from tunesmith.agent.messages import (
    Job,
    Plan,
    PlanFinding,
    PlanParams,
    Schedule,
    SubmitParams,
)
from tunesmith.errors import UserError
from tunesmith.output.failure import fail
from tunesmith.output.jobs_page import Asking, follow, job_line
from tunesmith.output.plan_page import finding_lines, plan_lines
from tunesmith.output.question import is_interactive, says_yes
from tunesmith.output.schedules_page import show_schedule
from tunesmith.output.text_format import printable


def submit(options: argparse.Namespace) -> int:
    """Show the plan, ask, start the job; returns the exit status.

    0: started, or with `--follow` completed; 1: the job failed, or a dry run would be stopped by
    findings; 2: nothing was started.
    """
    try:
        if options.schedule and options.follow:
            message = "a schedule prints nothing, so there is nothing to follow"
            raise UserError(message, "leave out --follow; `tunesmith jobs ps` lists its jobs")
        if options.online:
            _look_up(options.script)
        if options.dry_run:
            return _show_only(options)
        with Asking() as agent:
            return carry_out(agent, agent.ask(messages.PLAN, _params(options), Plan), options)
    except UserError as error:
        return fail(options.script, error)


def carry_out(agent: Asking, plan: Plan, options: argparse.Namespace) -> int:
    """Show a plan, ask, start its job or schedule it; returns the exit status as `submit` does.

    Raises:
        UserError: nothing was started.
    """
    if not options.json:
        _print(plan)
    if plan.schedule:
        made = agent.ask(messages.SCHEDULE, _confirmed(plan, options), Schedule)
        show_schedule(made, as_json=options.json)
        return 0
    job = agent.ask(messages.SUBMIT, _confirmed(plan, options), Job)
    _say(job, options)
    return follow(agent, job.id) if options.follow else 0


def _params(options: argparse.Namespace) -> PlanParams:
    return PlanParams(
        script=os.path.abspath(options.script),  # noqa: PTH100 - keeps symlinks
        engine=options.engine,
        arguments=options.script_arguments,
        folder=str(Path.cwd()),
        flavor=options.flavor,
        timeout=options.timeout,
        image=options.image,
        python=options.python,
        dependencies=getattr(options, "with"),
        environment=options.env,
        secrets=options.secrets,
        available=list(os.environ),
        path=os.environ.get("PATH", ""),
        namespace=options.namespace,
        name=options.name,
        examples=options.examples,
        tokens=options.tokens,
        smoke=options.smoke,
        schedule=options.schedule,
        suspend=options.suspend,
    )


def _look_up(script: str) -> None:
    """Fetch what the estimate of a script lacks; the agent finds it on this machine."""
    from tunesmith.one_script import read_script
    from tunesmith.output.online import fetch_missing  # brings the network along

    fetch_missing(read_script(script))


def _show_only(options: argparse.Namespace) -> int:
    from tunesmith.jobs.account import Account
    from tunesmith.jobs.plan import make_plan

    account = Account.of_environment()  # asked as the agent would be
    plan = make_plan(_params(options), has_account=account.can_ask()).plan
    if options.json:
        print(json.dumps(asdict(plan), indent=2))
    else:
        _print(plan)
    return int(any(each.blocks for each in plan.findings))


def _print(plan: Plan) -> None:
    print("\n".join(map(printable, plan_lines(plan))))


def _say(job: Job, options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps(asdict(job), indent=2))
        return
    print(printable(job_line(job)))
    if not options.follow:
        print(f"`tunesmith jobs logs -f {job.id[:8]}` shows what it prints")


def _confirmed(plan: Plan, options: argparse.Namespace) -> SubmitParams:
    """The user's yes, in all its parts.

    Raises:
        UserError: they said no, or cannot be asked.
    """
    missing = [each.name for each in plan.secrets if not each.is_set]
    if missing:
        raise UserError(
            f"there is no value here for {', '.join(missing)}, nothing was sent",
            "set the variable, for HF_TOKEN also by `hf auth login`",
        )
    overridden = [each.key for each in _blocking(plan) if _may_pass(each, options)]
    consent = not plan.needs_consent or says_yes(
        "The script's own header asks for secrets: shall it get "
        f"{', '.join(each.name for each in plan.secrets if each.asked_by_header)}?",
        options,
    )
    if not consent or not says_yes("Schedule it?" if plan.schedule else "Submit it?", options):
        raise UserError("nothing was sent", "")
    return SubmitParams(plan.key, overridden, consent, _values(plan))


def _blocking(plan: Plan) -> Sequence[PlanFinding]:
    return [each for each in plan.findings if each.blocks]


def _may_pass(finding: PlanFinding, options: argparse.Namespace) -> bool:
    """Whether a finding that blocks is overridden.

    Raises:
        UserError: it is not.
    """
    if finding.rule in options.override or finding.key in options.override:
        return True
    if not options.yes and is_interactive(options):
        print("\n".join(map(printable, finding_lines(finding))))
        if says_yes("Run it in spite of this?", options):
            return True
    raise UserError(
        f"{finding.rule} in line {finding.line} speaks against it, nothing was sent",
        f"correct it, or override it with --override {finding.key}",
    )


def _values(plan: Plan) -> Mapping[str, str]:
    """The values of secrets that variables here hold; the agent knows that of a login."""
    return {each.name: os.environ[each.name] for each in plan.secrets if each.name in os.environ}
