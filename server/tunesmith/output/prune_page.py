"""`tunesmith jobs prune`: what is forgotten, after a yes."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from tunesmith.agent import messages
from tunesmith.agent.messages import PruneParams, PruneResult
from tunesmith.output.jobs_page import Asking
from tunesmith.output.question import says_yes
from tunesmith.toolchains.failures import in_words

_KEPT = "nothing is forgotten"


def prune(agent: Asking, options: argparse.Namespace) -> int:
    """Tell what would be forgotten, ask, forget it; returns the exit status, 0.

    Raises:
        UserError: the user said no, or could not be asked.
    """
    found = _asked(agent, options, dry_run=True)
    is_nothing = not (found.jobs or found.plans or found.bytes)
    if options.dry_run or is_nothing:
        _say(found, options, "would be forgotten")
        return 0
    if not options.json:
        _say(found, options, "would be forgotten")
    if not says_yes("Forget them?", options, otherwise=_KEPT):
        print(_KEPT)
        return 0
    _say(_asked(agent, options, dry_run=False), options, "are forgotten")
    return 0


def _asked(agent: Asking, options: argparse.Namespace, *, dry_run: bool) -> PruneResult:
    return agent.ask(messages.PRUNE, PruneParams(options.days, dry_run), PruneResult)


def _say(result: PruneResult, options: argparse.Namespace, what: str) -> None:
    if options.json:
        print(json.dumps(asdict(result)))
        return
    parts = [_counted(result.jobs, "job"), _counted(result.plans, "plan")]
    print(f"{' and '.join(parts)} {what}: {in_words(result.bytes)}")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
