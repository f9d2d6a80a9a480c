"""An engine whose server is a folder: it outlives every agent, and counts what was asked of it.

<folder>/jobs/<id>.json   a job: its key and stage; tests write other stages
<folder>/jobs/<id>.log    its lines; tests add some
<folder>/fault.<method>   how the next request of that kind fails; `fault.<method>.always`, each
<folder>/requests         a line for each request
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from tunesmith.jobs.spec import EngineError, JobSpec, JobState, LogLine, Metrics, Offer, Stage

LOG = ("one", "two", "three")


class FileServer:
    """What the engine and the tests see."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs = folder / "jobs"
        self.jobs.mkdir(parents=True, exist_ok=True)

    def add(self, key: str, stage: str = "COMPLETED", lines: Sequence[str] = LOG) -> str:
        """Start a job, whether its key has one or not; returns its id."""
        job_id = uuid.uuid4().hex[:12]
        self.add_lines(job_id, lines)
        self.write(
            JobState(job_id, Stage(stage), created=time.time(), labels={"tunesmith-key": key})
        )
        return job_id

    def write(self, state: JobState) -> None:
        """Write where a job is."""
        partial = self.jobs / f"{state.id}.{uuid.uuid4().hex}.partial"
        partial.write_text(json.dumps(asdict(state)))
        partial.replace(self.jobs / f"{state.id}.json")

    def move(self, job_id: str, stage: str, message: str | None = None) -> None:
        """Have a job at another stage."""
        self.write(replace(self.state(job_id), stage=Stage(stage), message=message))

    def state(self, job_id: str) -> JobState:
        """Where a job is."""
        fields = json.loads((self.jobs / f"{job_id}.json").read_text())
        return JobState(**{**fields, "stage": Stage(fields["stage"])})

    def states(self) -> list[JobState]:
        """All jobs, newest first."""
        found = [self.state(path.stem) for path in self.jobs.glob("*.json")]
        return sorted(found, key=lambda state: state.created or 0, reverse=True)

    def hide(self, namespace: str) -> None:
        """List a namespace's jobs only where it is asked for."""
        (self.folder / f"hidden.{namespace}").touch()

    def hides(self, state: JobState) -> bool:
        """Whether a job is listed only where its namespace is asked for."""
        return (self.folder / f"hidden.{state.namespace}").exists()

    def add_lines(self, job_id: str, lines: Sequence[str]) -> None:
        """Print lines in a job."""
        with (self.jobs / f"{job_id}.log").open("a") as stream:
            stream.write("".join(f"{line}\n" for line in lines))

    def fail(self, method: str, kind: str, *, always: bool = False) -> None:
        """Have the next request of a kind fail, or each."""
        (self.folder / f"fault.{method}{'.always' if always else ''}").write_text(kind)

    def recover(self) -> None:
        """Fail no more."""
        for path in self.folder.glob("fault.*"):
            path.unlink()

    def fault(self, method: str) -> str:
        """How a request is to fail; empty: not."""
        for path in (self.folder / f"fault.{method}", self.folder / f"fault.{method}.always"):
            if path.exists():
                kind = path.read_text()
                if path.suffix != ".always":
                    path.unlink()
                return kind
        return ""

    def note(self, method: str) -> None:
        """Count a request."""
        with (self.folder / "requests").open("a") as stream:
            stream.write(f"{method}\n")

    def count(self, method: str) -> int:
        """How many requests of a kind there were."""
        path = self.folder / "requests"
        return path.read_text().splitlines().count(method) if path.exists() else 0


class FileEngine:
    """The engine; implements `tunesmith.jobs.spec.Engine`."""

    name = "hf"

    def __init__(self, folder: Path, token: str | None = None) -> None:
        self._server = FileServer(folder)
        self._token = token

    def hardware(self) -> Sequence[Offer]:
        self._begin("hardware")
        return [Offer("t4-small", "T4", 0.4, gpu="T4", gpus=1, gpu_memory="16 GB")]

    def submit(self, spec: JobSpec, secrets: Mapping[str, str]) -> JobState:
        fault = self._begin("submit")
        job_id = self._server.add(spec.key, "RUNNING" if spec.flavor == "long" else "COMPLETED")
        if fault == "lost":
            raise EngineError("the answer was lost", "try again", may_be_done=True, can_retry=True)
        return self._server.state(job_id)

    def find(self, key: str, namespace: str | None) -> JobState | None:
        self._begin("find")
        found = (each for each in self._server.states() if each.labels["tunesmith-key"] == key)
        return next(found, None)

    def jobs(self, namespace: str | None) -> Iterator[JobState]:
        self._begin(f"jobs of {namespace}" if namespace else "jobs")
        for state in self._server.states():
            if namespace == state.namespace or not (namespace or self._server.hides(state)):
                yield state

    def inspect(self, job: JobState) -> JobState:
        self._begin("inspect")
        try:
            return self._server.state(job.id)
        except FileNotFoundError:
            raise EngineError(f"there is no job {job.id}", "list them") from None

    def log(self, job: JobState, *, follow: bool) -> Iterator[LogLine]:
        fault = self._begin("log")
        ordinal = 0
        with (self._server.jobs / f"{job.id}.log").open() as stream:
            while True:
                is_over = not follow or self._server.state(job.id).stage.is_final
                for text in stream:
                    yield LogLine(ordinal, 1000.0 + ordinal, text.rstrip("\n"))
                    ordinal += 1
                    if fault == "cut":
                        raise EngineError("the log was cut", "try again", can_retry=True)
                if is_over:
                    return
                time.sleep(0.01)

    def metrics(self, job: JobState) -> Iterator[Metrics]:
        return iter(())

    def cancel(self, job: JobState) -> None:
        self._begin("cancel")
        self._server.move(job.id, "CANCELED")

    def rerun(self, job: JobState, key: str) -> JobState:
        return self.submit(JobSpec(key), {})

    def folder_of(self, job: JobState) -> Path | None:
        return self._server.jobs / f"{job.id}.log"

    def remove(self, job: JobState) -> None:
        self._begin("remove")
        with suppress(FileNotFoundError):
            if not self._server.state(job.id).stage.is_final:
                raise EngineError(f"the job {job.id} lives", "cancel it")
        for ending in (".json", ".log"):
            (self._server.jobs / f"{job.id}{ending}").unlink(missing_ok=True)

    def sweep(self) -> None:
        """There is nothing to sweep."""

    def _begin(self, method: str) -> str:
        fault = self._server.fault(method)
        self._server.note(method)
        next_step = "try again"
        if fault == "down":
            raise EngineError("the server is down", next_step, can_retry=True)
        if fault == "busy":
            raise EngineError("too many requests", next_step, can_retry=True, retry_after_s=0.05)
        if fault == "poor":
            raise EngineError("there is no credit left", "buy some")
        if fault == f"not {self._token}":
            raise EngineError("the token is not valid", "sign in")
        if fault == "leak":
            raise EngineError(f"the server says {self._token}", next_step)
        if fault == "crash":
            raise RuntimeError(f"a mistake near {self._token}")
        if fault == "slow":
            self._wait_for_go()
        return fault

    def _wait_for_go(self) -> None:
        deadline = time.monotonic() + 60
        while not (self._server.folder / "go").exists() and time.monotonic() < deadline:
            time.sleep(0.01)


def kill_self() -> None:
    """Die as by the power cord."""
    os.kill(os.getpid(), 9)
