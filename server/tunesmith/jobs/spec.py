"""What a job is, and what each engine can do with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol, runtime_checkable

from tunesmith.errors import UserError

KEY_LABEL = "tunesmith-key"
"""The label of a job that holds its key, by which a job is found whose answer was lost."""


class Stage(str, Enum):
    """Where a job is; the names are those of Hugging Face Jobs (`JobStage` of huggingface_hub)."""

    SCHEDULING = "SCHEDULING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    ERROR = "ERROR"
    DELETED = "DELETED"

    @property
    def is_final(self) -> bool:
        """Whether the job will not run any further."""
        return self not in (Stage.SCHEDULING, Stage.RUNNING)


@dataclass(frozen=True)
class JobSpec:
    """What to run, and on what. It is stored, so it has the names of secrets, never their values.

    Attributes:
        script: the absolute path of a UV script, or its URL; empty for a `command`.
        arguments: the script's; those that are files are absolute paths, and travel along.
        command: what to run in the image instead of a script.
        folder: the working folder, absolute; only the local engine runs there.
        flavor: the machine, as its engine names it; None: the engine's default.
        timeout_s: None: the engine's default, which is 30 minutes on Hugging Face Jobs.
        image: a Docker image; None: the engine's default.
        python: the version that uv takes, or for the local engine the path of an interpreter.
        dependencies: beyond those of the script's header.
        environment: variables that are no secrets.
        secrets: the names of the variables that are.
        labels: of the user; the engine adds the key.
        volumes: as `hf://[type/]source:/mount[:ro]`.
        namespace: of a user or an organization; None: the one that the token belongs to.
        name: what users call it.
        key: made once for one intention to run; an engine makes one job of it at most.
    """

    key: str
    script: str = ""
    arguments: Sequence[str] = ()
    command: Sequence[str] = ()
    folder: str = ""
    flavor: str | None = None
    timeout_s: int | None = None
    image: str | None = None
    python: str | None = None
    dependencies: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    volumes: Sequence[str] = ()
    namespace: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class JobState:
    """A job as its engine tells of it.

    Attributes:
        id: the engine's.
        namespace: whom it belongs to; empty on this machine.
        message: why it is where it is, if the engine says so.
        created, started, finished: seconds since 1970; None where not yet, or not told.
        flavor: the machine.
        labels: with the key, where it has one.
        name: what users call it.
        url: its page.
        exit_code: the script's, where the engine tells.
    """

    id: str
    stage: Stage
    namespace: str = ""
    message: str | None = None
    created: float | None = None
    started: float | None = None
    finished: float | None = None
    flavor: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    name: str | None = None
    url: str | None = None
    exit_code: int | None = None


@dataclass(frozen=True)
class LogLine:
    """A line of what a job prints.

    Attributes:
        ordinal: its place among all lines of the job, from 0: the same in each replay.
        time: seconds since 1970.
        text: without its line feed.
    """

    ordinal: int
    time: float
    text: str


@dataclass(frozen=True)
class GpuUse:
    """What one GPU does: busy in percent, memory in bytes."""

    busy: float
    memory: int
    total_memory: int


@dataclass(frozen=True)
class Metrics:
    """What a job takes of its machine at one time: percent, bytes, bytes per second."""

    time: float
    cpu: float
    memory: int
    total_memory: int
    received: float = 0
    sent: float = 0
    gpus: Mapping[str, GpuUse] = field(default_factory=dict[str, GpuUse])


@dataclass(frozen=True)
class Offer:
    """A machine that an engine has: dollars an hour, memory in GB as sold (10^9 bytes).

    Attributes:
        gpu: its name; None for a machine without.
        gpu_memory: of one GPU.
    """

    flavor: str
    title: str
    dollars: float
    cpu: str = ""
    memory: str = ""
    gpu: str | None = None
    gpus: int = 0
    gpu_memory: str = ""


@dataclass(frozen=True)
class Schedule:
    """A job that is started again and again.

    Attributes:
        when: a cron expression of five fields, or `@daily` and the like.
        next_run: seconds since 1970.
    """

    id: str
    when: str
    is_paused: bool
    namespace: str = ""
    next_run: float | None = None
    last_job: str | None = None
    flavor: str | None = None
    name: str | None = None


class EngineError(UserError):
    """An engine did not do what it was asked.

    Attributes:
        may_be_done: the request may have been carried out, as its answer was lost.
        can_retry: the same request may succeed later.
        retry_after_s: how long the engine asks to wait before that.
    """

    def __init__(
        self,
        message: str,
        next_step: str,
        *,
        may_be_done: bool = False,
        can_retry: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, next_step)
        self.may_be_done = may_be_done
        self.can_retry = can_retry
        self.retry_after_s = retry_after_s


@runtime_checkable
class Engine(Protocol):
    """Runs jobs. Each method blocks, may be called on any thread, and raises EngineError."""

    @property
    def name(self) -> str:
        """As in `--engine`."""
        ...

    def hardware(self) -> Sequence[Offer]:
        """Its machines, with the prices of now."""
        ...

    def submit(self, spec: JobSpec, secrets: Mapping[str, str]) -> JobState:
        """Start a job; the values of its secrets go to the job alone.

        It does not look whether a job of that key exists: see `find`.
        """
        ...

    def find(self, key: str, namespace: str | None) -> JobState | None:
        """The job that was started with a key, if any."""
        ...

    def jobs(self, namespace: str | None) -> Iterator[JobState]:
        """All its jobs, newest first."""
        ...

    def inspect(self, job: JobState) -> JobState:
        """How a job is now."""
        ...

    def log(self, job: JobState, *, follow: bool) -> Iterator[LogLine]:
        """What a job prints, from its first line.

        Args:
            job: which.
            follow: go on until it ends; else end with what there is now.
        """
        ...

    def metrics(self, job: JobState) -> Iterator[Metrics]:
        """What a job takes of its machine, about once a second, until it ends."""
        ...

    def cancel(self, job: JobState) -> None:
        """Ask a job to end; one that has ended stays as it is."""
        ...

    def rerun(self, job: JobState, key: str) -> JobState:
        """Start the same again under another key."""
        ...


@runtime_checkable
class Keeper(Protocol):
    """What an engine that keeps its jobs on this machine can do as well."""

    def folder_of(self, job: JobState) -> Path | None:
        """Where all of a job is; None where nothing is."""
        ...

    def remove(self, job: JobState) -> None:
        """Delete a job that has ended; raises EngineError: it lives, or cannot be deleted."""
        ...

    def sweep(self) -> None:
        """Delete what is left of jobs whose deletion was cut off."""
        ...


@runtime_checkable
class Scheduler(Protocol):
    """What an engine with schedules can do as well."""

    def schedule(
        self, spec: JobSpec, when: str, secrets: Mapping[str, str], *, is_paused: bool = False
    ) -> Schedule:
        """Start a job again and again; it does not look whether a schedule of that key exists."""
        ...

    def find_schedule(self, key: str, namespace: str | None) -> Schedule | None:
        """The schedule that was made with a key, if any."""
        ...

    def schedules(self, namespace: str | None) -> Sequence[Schedule]:
        """All schedules."""
        ...

    def pause(self, schedule: Schedule) -> None:
        """Start no more until it is resumed."""
        ...

    def resume(self, schedule: Schedule) -> None:
        """Go on."""
        ...

    def delete(self, schedule: Schedule) -> None:
        """Forget it; jobs that run go on."""
        ...
