"""What a project keeps of a file, so that other files can be checked against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.launches import Launch

if TYPE_CHECKING:
    from tunesmith.sources.mlx_configuration import MlxConfiguration


class ScriptFacts(NamedTuple):
    """What other files need to know of a Python script.

    Attributes:
        options: the command-line options that it defines by itself, as "--timeout" and "-e".
        jobs_table: `[tool.hf-jobs]` of its header; None where it has none.
        trains: it trains a model, for more than the few steps of a test.
        needs_gpu: that is a language model, which only a GPU trains in reasonable time.
        need_of_token: what it does that takes a token of the Hub, as a verb phrase; None where
            nothing surely does.
    """

    options: frozenset[str] = frozenset()
    jobs_table: Mapping[str, Any] | None = None
    trains: bool = False
    needs_gpu: bool = False
    need_of_token: str | None = None

    @property
    def has_jobs_table(self) -> bool:
        """Whether it is meant to run as a job."""
        return self.jobs_table is not None


class FileFacts(NamedTuple):
    """What the project knows of one file.

    Attributes:
        commands: the launch commands in it.
        script: its Python; None where it has none, or was not read for it.
        calls: the jobs that it starts by calls of huggingface_hub.
        mlx: what it sets as a configuration of `mlx_lm.lora`; None where it is none.
        configurations: the files that its MLX-LM commands read, each with the folder that a command
            changes to first, if any.
    """

    commands: Sequence[LaunchCommand] = ()
    script: ScriptFacts | None = None
    calls: Sequence[Launch] = ()
    mlx: MlxConfiguration | None = None
    configurations: Sequence[tuple[str, str | None]] = ()
