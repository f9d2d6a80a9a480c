"""What a project keeps of a file, so that other files can be checked against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.launches import Launch


@dataclass(frozen=True, slots=True)
class ScriptFacts:
    """What other files need to know of a Python script.

    Attributes:
        options: the command-line options that it defines by itself, as "--timeout" and "-e".
        has_jobs_table: its header has `[tool.hf-jobs]`, so that it is meant to run as a job.
    """

    options: frozenset[str] = frozenset()
    has_jobs_table: bool = False


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the project knows of one file.

    Attributes:
        commands: the launch commands in it.
        script: its Python; None where it has none, or was not read for it.
        calls: the jobs that it starts by calls of huggingface_hub.
    """

    commands: Sequence[LaunchCommand] = ()
    script: ScriptFacts | None = None
    calls: Sequence[Launch] = ()
