"""What the agent and those who ask it say to each other: JSON-RPC 2.0.

`scripts/generate_protocol.py` writes `extension/src/agentProtocol.ts` from this module. A request
carries a class as its parameters and is answered with one. Every field of parameters has a default,
and is validated (`wire.py`); one that `repr` leaves out is a secret, which no message shows. On the
wire names are in camel case. Raise AGENT_PROTOCOL when an old side would misunderstand a message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

AGENT_PROTOCOL = 1

HELLO = "hello"
"""HelloParams -> AgentStatus: who asks. Only STATUS and STOP may come before it."""

STATUS = "status"
"""-> AgentStatus."""

STOP = "stop"
"""-> {}: end the agent; jobs go on."""

PLAN = "plan"
"""PlanParams -> Plan: what would be run, and what speaks against it. Nothing is sent."""

SUBMIT = "submit"
"""SubmitParams -> Job, once the engine has taken it. The same plan twice gives the same job."""

JOBS = "jobs"
"""JobsParams -> JobList."""

INSPECT = "inspect"
"""JobParams -> Job, asked of its engine now."""

CANCEL = "cancel"
"""JobParams -> Job."""

RERUN = "rerun"
"""JobParams -> Job: the new one."""

RESUME = "resume"
"""JobParams -> Plan: of a job that goes on from the last pushed checkpoint."""

PRUNE = "prune"
"""PruneParams -> PruneResult: forget jobs that have ended, with their logs."""

LOG = "log"
"""LogParams -> Job, once all lines have been sent as LINES; `$/cancelRequest` ends it sooner."""

SCHEDULE = "schedule"
"""SubmitParams -> Schedule: of a plan with one. The same plan twice gives the same schedule."""

SCHEDULES = "schedules"
"""SchedulesParams -> ScheduleList, asked of Hugging Face now."""

INSPECT_SCHEDULE = "inspectSchedule"
"""ScheduleParams -> Schedule."""

SUSPEND_SCHEDULE = "suspendSchedule"
"""ScheduleParams -> Schedule: it starts no more jobs until it is resumed."""

RESUME_SCHEDULE = "resumeSchedule"
"""ScheduleParams -> Schedule."""

DELETE_SCHEDULE = "deleteSchedule"
"""ScheduleParams -> Schedule, as it was; jobs that run go on."""

DOCTOR = "doctor"
"""DoctorParams -> DoctorResult: whether the account can do what a script asks for."""

HARDWARE = "hardware"
"""HardwareParams -> HardwareResult: an engine's machines, with the prices of now."""

LINES = "lines"
"""Agent to client, Lines: more of a log that was asked for."""

CHANGED = "changed"
"""Agent to client, Job: a job is at another stage; sent to all who are connected."""

CANCEL_REQUEST = "$/cancelRequest"
"""Client to agent, CancelParams: a request is not needed any more."""

EngineName = Literal["hf", "local"]


@dataclass(frozen=True)
class HelloParams:
    """Who asks: the account of its environment, which the agent keeps in memory only.

    Attributes:
        token: None: the one that `hf auth login` stored.
        endpoint: of the Hub; empty: the public one.
        offline: ask no Hub.
    """

    protocol: int = 0
    version: str = ""
    token: str | None = field(default=None, repr=False)
    endpoint: str = ""
    offline: bool = False


@dataclass(frozen=True)
class CancelParams:
    """Which request, by its id."""

    id: int | str = 0


@dataclass(frozen=True)
class AgentStatus:
    """The agent: since when it runs (seconds since 1970), and how many jobs it follows.

    Attributes:
        connections: how many ask it, with the one that is answered.
        problems: what users should know of it.
    """

    version: str
    protocol: int
    pid: int
    started: float
    following: int
    connections: int = 0
    problems: Sequence[str] = ()


@dataclass(frozen=True)
class PlanParams:
    """What to run. What is None or empty is taken from the script's header, its command, then the
    estimate.

    Attributes:
        script: an absolute path.
        folder: the working folder of its arguments, absolute; empty: the script's.
        environment: "NAME=VALUE" each.
        secrets: names.
        available: the names of the variables that have a value where the user is.
        path: PATH where the user is, for programs of this machine.
        examples: rows of the data set, where the estimate shall not count them itself.
        tokens: of a row, in the mean; likewise.
        smoke: a few steps of a tiny model on this machine instead.
        schedule: when it is started again and again, as `hf jobs scheduled` takes it; empty: once.
        suspend: the schedule starts nothing until it is resumed.
    """

    script: str = ""
    engine: EngineName | None = None
    arguments: Sequence[str] = ()
    folder: str = ""
    flavor: str | None = None
    timeout: str | None = None
    image: str | None = None
    python: str | None = None
    dependencies: Sequence[str] = ()
    environment: Sequence[str] = ()
    secrets: Sequence[str] = ()
    available: Sequence[str] = ()
    path: str = ""
    namespace: str | None = None
    name: str | None = None
    examples: int | None = None
    tokens: int | None = None
    smoke: bool = False
    schedule: str = ""
    suspend: bool = False


@dataclass(frozen=True)
class PlanFinding:
    """A finding; `blocks` where it has to be overridden by hand. Lines and columns count from 1."""

    rule: str
    severity: Literal["error", "warning", "information"]
    message: str
    path: str
    line: int
    column: int
    blocks: bool

    @property
    def key(self) -> str:
        """As `SubmitParams.overridden` names it."""
        return f"{self.rule}:{self.line}"


@dataclass(frozen=True)
class PlanSecret:
    """A secret by its name, and whether it has a value here."""

    name: str
    is_set: bool
    asked_by_header: bool


@dataclass(frozen=True)
class PlanVersion:
    """A library of the job: the release in force, and who says so."""

    name: str
    version: str
    reason: str


@dataclass(frozen=True)
class PlanSchedule:
    """How often a job is started, and what that costs at most.

    Attributes:
        when: as `hf jobs scheduled` takes it.
        suspended: it starts nothing until it is resumed.
        runs: in the month that has most of them.
        run_dollars, month_dollars: if each run lasts as long as its timeout; no two run at once.
            None where the price is not known.
    """

    when: str
    suspended: bool
    runs: int
    run_dollars: float | None
    month_dollars: float | None


@dataclass(frozen=True)
class Plan:
    """What would be run, what it takes and costs, and what speaks against it.

    Attributes:
        key: names this plan in `submit`.
        timeout_reason: where the timeout is from.
        memory: the verdict of the estimate in one line; empty where it cannot tell.
        hours, dollars: low and high; None where not known.
        estimate: why there is none, or how sure it is.
        results, metrics: where they land; empty: nowhere, so they are lost.
        needs_consent: the header asks for secrets, and this script has not got them before.
        command: the same as `hf jobs uv run …` for a shell.
        warnings: what else there is to know.
        diff: of a smoke run, what is changed in the copy.
        schedule: None: it is started once.
        estimate_advice: what a user of the command line can do where there is no estimate.
    """

    key: str
    script: str
    engine: EngineName
    flavor: str | None
    machine: str
    memory: str
    fits: Literal["fits", "tight", "no", "unknown"]
    hours: Sequence[float] | None
    dollars: Sequence[float] | None
    estimate: str
    timeout_s: int | None
    timeout_reason: str
    image: str
    python: str
    versions: Sequence[PlanVersion]
    secrets: Sequence[PlanSecret]
    environment: Mapping[str, str]
    arguments: Sequence[str]
    namespace: str | None
    name: str
    results: str
    metrics: str
    findings: Sequence[PlanFinding]
    needs_consent: bool
    command: str
    warnings: Sequence[str] = ()
    diff: str = ""
    schedule: PlanSchedule | None = None
    estimate_advice: str = ""


@dataclass(frozen=True)
class SubmitParams:
    """Run a plan.

    Attributes:
        overridden: findings that block, as "rule:line" each, that the user runs in spite of.
        consent: the script may have the secrets that its header asks for.
        secrets: values by name; those of others are looked up by the agent. Never stored.
    """

    key: str = ""
    overridden: Sequence[str] = ()
    consent: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True)
class Job:
    """A job as the agent keeps it. Times in seconds since 1970.

    Attributes:
        id: the agent's; engines have their own in `remote_id`.
        stage: of the engine, or SENDING before it has taken it, and NOT_SENT where it never did.
    """

    id: str
    engine: EngineName
    stage: Literal[
        "SENDING",
        "NOT_SENT",
        "SCHEDULING",
        "RUNNING",
        "COMPLETED",
        "CANCELED",
        "ERROR",
        "DELETED",
    ]
    name: str
    script: str
    remote_id: str | None
    namespace: str
    flavor: str | None
    message: str | None
    url: str | None
    created: float
    started: float | None
    finished: float | None
    exit_code: int | None


@dataclass(frozen=True)
class JobParams:
    """Which job: by the agent's id, the engine's, or the beginning of either."""

    id: str = ""


@dataclass(frozen=True)
class JobsParams:
    """Which jobs: `all` with those that have ended; `refresh` asks the engines, for jobs that were
    started elsewhere too.
    """

    all: bool = False
    refresh: bool = False
    limit: int = 200


@dataclass(frozen=True)
class JobList:
    """Jobs, newest first; `problems` are engines that could not be asked."""

    jobs: Sequence[Job]
    problems: Sequence[str]


@dataclass(frozen=True)
class Schedule:
    """What starts a job again and again, as Hugging Face tells of it.

    Attributes:
        when: a cron expression of five fields, or `@daily` and the like.
        next_run: seconds since 1970.
        last_job: the id there of the job that it started last.
    """

    id: str
    name: str
    when: str
    suspended: bool
    namespace: str
    flavor: str | None
    next_run: float | None
    last_job: str | None


@dataclass(frozen=True)
class ScheduleParams:
    """Which schedule: by its id, or how that begins.

    Attributes:
        namespace: whose; None: the user's own.
    """

    id: str = ""
    namespace: str | None = None


@dataclass(frozen=True)
class SchedulesParams:
    """Whose schedules; None: the user's own."""

    namespace: str | None = None


@dataclass(frozen=True)
class ScheduleList:
    """Schedules."""

    schedules: Sequence[Schedule]


@dataclass(frozen=True)
class PruneParams:
    """Forget jobs that ended so many days ago; `dry_run`: only tell what that would be."""

    days: float = 90
    dry_run: bool = False


@dataclass(frozen=True)
class PruneResult:
    """How many jobs and plans are forgotten, and the bytes of their files."""

    jobs: int
    plans: int
    bytes: int


@dataclass(frozen=True)
class LogParams:
    """Which job, from which line on, and whether to go on until it ends."""

    id: str = ""
    start: int = 0
    follow: bool = False


@dataclass(frozen=True)
class Line:
    """A line of a log: its place from 0, seconds since 1970, its text."""

    ordinal: int
    time: float
    text: str


@dataclass(frozen=True)
class Lines:
    """More lines of a job. `gap`: what was sent before does not go on here."""

    id: str
    lines: Sequence[Line]
    gap: bool = False


@dataclass(frozen=True)
class DoctorParams:
    """For which script.

    Attributes:
        script: an absolute path; empty: the account alone.
        namespace: of the job; None: what the script's header says, else the user's own.
        available: the names of the variables that have a value where the user is.
    """

    script: str = ""
    namespace: str | None = None
    available: Sequence[str] = ()


@dataclass(frozen=True)
class DoctorLine:
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "missing", "unknown"]
    message: str
    next_step: str = ""


@dataclass(frozen=True)
class DoctorResult:
    """What was looked at, in the order in which to set it right."""

    lines: Sequence[DoctorLine]


@dataclass(frozen=True)
class HardwareParams:
    """Of which engine."""

    engine: EngineName = "hf"


@dataclass(frozen=True)
class OfferRow:
    """A machine: dollars an hour; `gpu` is empty for one without."""

    flavor: str
    title: str
    dollars: float
    gpu: str
    memory: str


@dataclass(frozen=True)
class HardwareResult:
    """The machines of an engine."""

    offers: Sequence[OfferRow]
