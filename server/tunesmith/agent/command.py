"""`tunesmith agent`: start, status, stop, bridge."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time

from tunesmith.agent.bridge import run_bridge
from tunesmith.agent.client import connect_if_running, connect_or_start, stop
from tunesmith.agent.messages import AgentStatus
from tunesmith.agent.wire import to_wire
from tunesmith.errors import UserError


def run_agent(options: argparse.Namespace) -> int:
    """Run a command; returns the exit status.

    0: done, or it runs; 1: `status` found none; 2: it could not be done.
    """
    try:
        return {"start": _start, "status": _status, "stop": _stop, "bridge": _bridge}[
            options.action
        ](options)
    except UserError as error:
        print(f"tunesmith: {error}", file=sys.stderr)
        return 2


def _start(options: argparse.Namespace) -> int:
    with connect_or_start() as client:
        _show(client.status, options)
    return 0


def _status(options: argparse.Namespace) -> int:
    client = connect_if_running()
    if client is None:
        print("null" if options.json else "No agent runs.")
        return 1
    with client:
        _show(client.status, options)
    return 0


def _stop(options: argparse.Namespace) -> int:
    client = connect_if_running()
    if client is None:
        print("No agent runs.")
        return 0
    with client:
        stop(client)
    print("The agent has ended; jobs go on.")
    return 0


def _show(status: AgentStatus, options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps(to_wire(status)))
        return
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(status.started))
    jobs = "1 job" if status.following == 1 else f"{status.following} jobs"
    print(f"Agent {status.version} runs since {since} (process {status.pid}), following {jobs}.")
    for problem in status.problems:
        print(problem)


def _bridge(options: argparse.Namespace) -> int:
    with connect_or_start() as client:
        status = run_bridge(client, sys.stdin.buffer, sys.stdout.buffer)
    os._exit(status)  # a thread still waits for standard input
