"""A worker's side of the conversation: reads one request, runs a module on it, reports."""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import threading
import traceback
from collections.abc import Mapping
from typing import Any, TextIO

from tunesmith import __version__
from tunesmith.platform import end_own_group
from tunesmith.workers.events import Event, Failure, Hello, Result, WorkerError, to_line


def serve(name: str, requests: int, events: TextIO) -> int:
    """Run `tunesmith.workers.NAME` on the request; returns the exit status.

    Args:
        name: a module here with `run(request, report)`.
        requests: a descriptor that gives the request as a line of JSON, and then ends when whoever
            asked is gone, or no longer interested: the worker ends with its whole group.
        events: takes the events.
    """

    def report(event: Event) -> None:
        events.write(f"{to_line(event)}\n")
        events.flush()

    try:
        report(Hello(__version__, platform.python_version()))
        request = json.loads(_line(requests))
        threading.Thread(target=_end_with, args=(requests,), daemon=True).start()
        ended = _run(name, request, report)
        report(ended)
    except BrokenPipeError:
        return 1
    return 0 if isinstance(ended, Result) else 1


def _run(name: str, request: Mapping[str, Any], report: Any) -> Result | Failure:
    try:
        module = importlib.import_module(f"tunesmith.workers.{name}")
        return Result(module.run(request, report))
    except WorkerError as error:
        return Failure(error.message, error.next_step)
    except BrokenPipeError:
        raise
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        problem = f"the worker `{name}` failed with {type(error).__name__}: {error}"
        return Failure(problem, "see the lines that it printed")


def _line(descriptor: int) -> bytes:
    """The bytes up to a line feed, and none behind it."""
    read = bytearray()
    while not read.endswith(b"\n") and (chunk := os.read(descriptor, 65536)):
        read += chunk
    return bytes(read)


def _end_with(descriptor: int) -> None:
    # Not through a file object: Python could not end while this thread waits in one.
    while os.read(descriptor, 65536):
        pass
    end_own_group()
