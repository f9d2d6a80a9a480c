"""The engine that runs jobs on this machine, each under a supervisor that outlives us."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import tunesmith
from tunesmith.jobs import local_machine
from tunesmith.jobs.local_command import command_of, environment_of, working_folder
from tunesmith.jobs.local_folder import GRACE_S, JobFolder
from tunesmith.jobs.local_log import LogReader
from tunesmith.jobs.spec import (
    KEY_LABEL,
    EngineError,
    JobSpec,
    JobState,
    LogLine,
    Metrics,
    Offer,
    Stage,
)
from tunesmith.platform import ask_group_to_end, kill_group, user_state_folder
from tunesmith.processes import Detached, output_of

FLAVOR = local_machine.FLAVOR
_LOOK_S = 0.2
_METRICS_S = 1.0
_GONE = ".gone-"
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from tunesmith.jobs.supervisor import main; sys.exit(main())"
)


class Local:
    """Runs jobs on this machine.

    Args:
        folder: where the jobs are; None: in the state folder of the user.
        secret_of: finds the value of a secret for a job that is started again.
    """

    name = "local"

    def __init__(
        self,
        folder: Path | None = None,
        secret_of: Callable[[str], str | None] = os.environ.get,
    ) -> None:
        self._folder = folder or user_state_folder() / "local"
        self._secret_of = secret_of

    def hardware(self) -> Sequence[Offer]:
        """This machine."""
        return (local_machine.offer(),)

    def submit(self, spec: JobSpec, secrets: Mapping[str, str]) -> JobState:
        """Start a job; where its key has one, that is the answer."""
        folder = self._job_folder(spec.key)
        if known := _state(folder):
            return known
        command = command_of(spec)
        request = {
            "folder": str(folder.path),
            "job": {"created": time.time(), "spec": asdict(spec), "command": command},
            "command": command,
            "cwd": str(working_folder(spec)),
            "environment": environment_of(spec, secrets),
            "timeout_s": spec.timeout_s,
        }
        self._start(request)
        state = _state(folder)
        if state is None:
            raise EngineError(
                f"the folder of the job {spec.key} was removed while it started",
                "start it again",
                may_be_done=True,
            )
        return state

    def find(self, key: str, namespace: str | None = None) -> JobState | None:
        """The job of a key."""
        return _state(self._job_folder(key))

    def jobs(self, namespace: str | None = None) -> Iterator[JobState]:
        """All jobs, newest first."""
        found = [state for folder in self._job_folders() if (state := _state(folder))]
        yield from sorted(found, key=lambda state: state.created or 0, reverse=True)

    def inspect(self, job: JobState) -> JobState:
        """How a job is now; one whose folder is gone is DELETED."""
        return _state(self._job_folder(job.id)) or replace(job, stage=Stage.DELETED)

    def log(self, job: JobState, *, follow: bool) -> Iterator[LogLine]:
        """What a job printed; `follow` waits for more until it ends."""
        folder = self._job_folder(job.id)
        reader = LogReader(folder.log)
        ordinal = 0
        while True:
            is_last = not follow or self.inspect(job).stage.is_final
            for moment, text in reader.lines():
                yield LogLine(ordinal, moment, text)
                ordinal += 1
            if is_last:
                return
            time.sleep(_LOOK_S)

    def metrics(self, job: JobState) -> Iterator[Metrics]:
        """What a job takes, about once a second, until it ends."""
        folder = self._job_folder(job.id)
        meter: local_machine.Meter | None = None
        while not (state := self.inspect(job)).stage.is_final:
            started = folder.started()
            if meter is None and started and state.stage is Stage.RUNNING:
                meter = local_machine.Meter(started["pid"])
            if meter and (metrics := meter.read()):
                yield metrics
            time.sleep(_METRICS_S)

    def cancel(self, job: JobState) -> None:
        """Ask a job to end; its supervisor does it, or we do where that was killed."""
        folder = self._job_folder(job.id)
        state = _state(folder)
        if state is None or state.stage.is_final:
            return
        try:
            folder.ask_to_end()
            if not folder.is_supervised:
                _end_unsupervised(folder)
        except OSError as error:
            raise self._unwritable(error) from None

    def rerun(self, job: JobState, key: str) -> JobState:
        """Start the same again; the values of its secrets are looked up anew."""
        stored = self._job_folder(job.id).job()
        if stored is None:
            raise EngineError(
                f"no job {job.id} is known on this machine", "list them with `tunesmith jobs ps`"
            )
        fields: dict[str, Any] = {**stored["spec"], "key": key}
        spec = JobSpec(**fields)
        secrets = {name: value for name in spec.secrets if (value := self._secret_of(name))}
        return self.submit(spec, secrets)

    def folder_of(self, job: JobState) -> Path | None:
        """Where all of a job is."""
        path = self._job_folder(job.id).path
        return path if path.exists() else None

    def remove(self, job: JobState) -> None:
        """Delete a job that has ended."""
        folder = self._job_folder(job.id).path
        if not folder.exists():
            return
        if not self.inspect(job).stage.is_final:
            raise EngineError(f"the job {job.id} has not ended", "cancel it first")
        gone = folder.with_name(f"{_GONE}{folder.name}")
        try:
            folder.rename(gone)  # so that no half of a job is seen
        except OSError as error:
            raise self._unwritable(error) from None
        shutil.rmtree(gone, ignore_errors=True)

    def sweep(self) -> None:
        """Delete what is left of jobs that somebody was killed over deleting."""
        for gone in self._folder.glob(f"{_GONE}*"):
            shutil.rmtree(gone, ignore_errors=True)

    def _start(self, request: Mapping[str, Any]) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            package = str(Path(tunesmith.__file__).parents[1])
            command = [sys.executable, "-I", "-X", "utf8", "-c", _START, package]
            given = json.dumps(request)
            said = Detached(command, cwd=self._folder, given=given, answers=True).answer()
        except OSError as error:
            raise self._unwritable(error) from None
        answer = _answer(said)
        if "error" in answer:
            raise self._unwritable(answer["error"])
        if "taken" not in answer:
            raise EngineError(
                f"the job's supervisor did not start: {said.strip()[-500:] or 'it was killed'}",
                "look with `tunesmith jobs ps` whether the job runs, then start it again",
                may_be_done=True,
                can_retry=True,
            )

    def _unwritable(self, error: OSError | str) -> EngineError:
        why = error if isinstance(error, str) else error.strerror or str(error)
        return EngineError(
            f"{self._folder} cannot be written: {why}",
            "make room or set its permissions, or name another folder in TUNESMITH_STATE",
        )

    def _job_folder(self, key: str) -> JobFolder:
        if not _KEY.fullmatch(key):
            raise EngineError(
                f"{key!r} is no job of this machine",
                "expected letters, digits, '-', '_' and '.': list them with `tunesmith jobs ps`",
            )
        return JobFolder(self._folder / key)

    def _job_folders(self) -> Iterator[JobFolder]:
        with suppress(OSError):
            for path in self._folder.iterdir():
                if _KEY.fullmatch(path.name):
                    yield JobFolder(path)


def _state(folder: JobFolder) -> JobState | None:
    """How a job is; None where none was taken."""
    job = folder.job()
    if job is None:
        return None
    started = folder.started() or {}
    end = folder.state()
    if end is None and not folder.is_supervised:
        end = folder.state() or _abandoned(folder)
    spec = job["spec"]
    state = JobState(
        id=folder.path.name,
        stage=Stage.RUNNING if started else Stage.SCHEDULING,
        created=job["created"],
        started=started.get("time"),
        flavor=FLAVOR,
        labels={**spec["labels"], KEY_LABEL: spec["key"]},
        name=spec["name"],
    )
    if not end:
        return state
    return replace(
        state,
        stage=Stage(end["stage"]),
        message=end["message"],
        finished=end["finished"],
        exit_code=end["exit_code"],
    )


def _abandoned(folder: JobFolder) -> Mapping[str, Any]:
    """The state of a job whose supervisor is gone without saying how the job ended."""
    if folder.is_alive:
        return {
            "stage": Stage.RUNNING,
            "message": "its supervisor was killed: what it prints now is lost, and so is its end",
            "finished": None,
            "exit_code": None,
        }
    with suppress(OSError):
        return {
            "stage": Stage.ERROR,
            "message": "its supervisor was killed, or the machine went down: how it ended is lost",
            "finished": folder.log.stat().st_mtime,
            "exit_code": None,
        }
    return {"stage": Stage.DELETED, "message": None, "finished": None, "exit_code": None}


def _end_unsupervised(folder: JobFolder) -> None:
    """End the script of a killed supervisor; the lock proves that its group lives."""
    started = folder.started()
    for end in (ask_group_to_end, _kill):
        if started and folder.is_alive:
            end(started["pid"])
            _wait_for_end(folder)
    if not folder.is_alive and not folder.state():
        folder.write_state(Stage.CANCELED.value, time.time(), None, None)


def _kill(leader: int) -> None:
    if command := kill_group(leader):
        output_of(command, timeout_s=GRACE_S)


def _wait_for_end(folder: JobFolder) -> None:
    deadline = time.monotonic() + GRACE_S
    while folder.is_alive and time.monotonic() < deadline:
        time.sleep(_LOOK_S)


def _answer(said: str) -> Mapping[str, Any]:
    try:
        answer = json.loads(said)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}  # pyright: ignore[reportUnknownVariableType]
