"""The `hf jobs uv run` or `hf jobs scheduled uv run` command that does the same as a plan."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from tunesmith.jobs.plan.start import Start


def command_of(start: Start, script: str) -> str:
    """The command for a POSIX shell, on one line.

    Args:
        start: how the script is started.
        script: its path, as seen from where the command is run.
    """
    scheduled = ("scheduled", "uv", "run", start.schedule) if start.schedule else ("uv", "run")
    return shlex.join(["hf", "jobs", *scheduled, *_options(start), script, *_arguments(start)])


def _options(start: Start) -> Iterator[str]:
    if start.is_suspended:
        yield "--suspend"
    for name in ("flavor", "timeout", "image", "python", "namespace", "name"):
        value = getattr(start, name)
        if value:
            yield from (f"--{name}", value)
    for option, values in _repeated(start):
        for value in values:
            yield from (option, value)


def _repeated(start: Start) -> Iterator[tuple[str, Sequence[str]]]:
    yield "--with", start.dependencies
    yield "--env", [f"{name}={value}" for name, value in start.environment.items()]
    yield "--secrets", start.secrets
    yield "--label", [f"{name}={value}" for name, value in start.labels.items()]
    yield "--volume", start.volumes


def _arguments(start: Start) -> Sequence[str]:
    """`hf` would take options that it knows for itself, were there no `--`."""
    options = any(argument.startswith("-") for argument in start.arguments)
    return ["--", *start.arguments] if options else start.arguments
