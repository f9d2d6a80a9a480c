"""What jobs do once they are accepted. A behaviour runs on a thread of its own for each job."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from jobs_server.jobs import Job
from tunesmith.platform import group_options, kill_group

if TYPE_CHECKING:
    from jobs_server.server import JobsServer

SAMPLE_S = 0.2
UV_OPTIONS = ("--with", "--python", "-p", "--env-file")


def by_hand(server: JobsServer, job: Job) -> None:
    """Nothing by itself: the test starts, prints and ends."""


@dataclass(frozen=True)
class Plays:
    """Prints lines without running anything."""

    lines: tuple[str, ...] = ("hello", "done")
    scheduling_s: float = 0
    line_s: float = 0
    stage: str = "COMPLETED"
    message: str | None = None

    def __call__(self, server: JobsServer, job: Job) -> None:
        time.sleep(self.scheduling_s)
        if not job.start():
            return
        job.sample()
        for line in self.lines:
            time.sleep(self.line_s)
            if job.is_final:
                return
            job.print(line)
        job.end(self.stage, self.message)


@dataclass(frozen=True)
class Runs:
    """Really runs what was asked for, in an empty folder of this machine instead of an image.

    Volumes of buckets are folders there, of which what is written goes back to the bucket; paths
    below their mounts are changed in the command. The job has its environment and secrets alone,
    and the server as its Hub.

    Attributes:
        python: the interpreter that runs scripts instead of `uv run`, whose `--with` is ignored
            then; None: uv does.
        environment: what the machine itself has set.
    """

    python: str | None = None
    scheduling_s: float = 0
    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    def __call__(self, server: JobsServer, job: Job) -> None:
        time.sleep(self.scheduling_s)
        if not job.start():
            return
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            try:
                with _mounted(server, job, Path(folder)) as mounts:
                    status = self._run(server, job, Path(folder), mounts)
                failure = f"Job failed with exit code: {status}"
                job.end(*(("ERROR", failure) if status else ("COMPLETED", None)))
            except OSError as error:
                job.end("ERROR", f"the command could not be started: {error.strerror}")

    def _run(self, server: JobsServer, job: Job, folder: Path, mounts: Mapping[str, Path]) -> int:
        process = subprocess.Popen(
            self._command(job, mounts),
            cwd=folder,
            env=self._environment(server, job, folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            **group_options(()),
        )
        Thread(target=_guard, args=(job, process), daemon=True).start()
        Thread(target=_measure, args=(job,), daemon=True).start()
        assert process.stdout
        with process.stdout:
            for line in process.stdout:
                if not job.is_final:
                    job.print(line.removesuffix("\n"))
        return process.wait()

    def _command(self, job: Job, mounts: Mapping[str, Path]) -> list[str]:
        command = [_moved(each, mounts) for each in [*job.spec["command"], *job.spec["arguments"]]]
        if self.python is None or command[:2] != ["uv", "run"]:
            return command
        rest = command[2:]
        while rest and rest[0] in UV_OPTIONS:
            rest = rest[2:]
        return [self.python, *rest]

    def _environment(self, server: JobsServer, job: Job, folder: Path) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(folder),
            "HF_HOME": str(folder / "huggingface"),
            "HF_ENDPOINT": server.url,
            "HF_HUB_DISABLE_XET": "1",  # repositories of the server take no Xet
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "PYTHONUNBUFFERED": "1",
            **self.environment,
            "JOB_ID": job.id,
            "ACCELERATOR": "none",
            "CPU_CORES": "2",
            "MEMORY": "16Gi",
            **(job.spec.get("environment") or {}),
            **(job.spec.get("secrets") or {}),
        }


@contextmanager
def _mounted(server: JobsServer, job: Job, folder: Path) -> Iterator[dict[str, Path]]:
    """The folder of each mount; what is new in those of buckets is stored afterwards."""
    mounts: dict[str, Path] = {}
    writable: list[tuple[dict[str, bytes], str, Path]] = []
    for volume in job.spec.get("volumes") or []:
        files = server.repositories.get(f"{volume['type']}s/{volume['source']}", {})
        prefix = f"{volume['path']}/" if volume.get("path") else ""
        place = folder / "mounts" / volume["mountPath"].strip("/")
        place.mkdir(parents=True)
        mounts[volume["mountPath"].rstrip("/")] = place
        for path, content in files.items():
            if path.startswith(prefix):
                target = place / path.removeprefix(prefix)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        if volume["type"] == "bucket" and not volume.get("readOnly"):
            writable.append((files, prefix, place))
    yield mounts
    for files, prefix, place in writable:
        for path in filter(Path.is_file, place.rglob("*")):
            files[prefix + path.relative_to(place).as_posix()] = path.read_bytes()


def _moved(argument: str, mounts: Mapping[str, Path]) -> str:
    for mount, place in mounts.items():
        if argument == mount or argument.startswith(f"{mount}/"):
            return str(place) + argument.removeprefix(mount)
    return argument


def _guard(job: Job, process: subprocess.Popen[str]) -> None:
    """End the process when the job is cancelled or takes too long."""
    if not job.wait(lambda: job.is_final, job.timeout_s):
        job.end("ERROR", "Job timeout")
    if process.poll() is None:
        kill_group(process.pid)


def _measure(job: Job) -> None:
    """Samples that nobody measured, more often than the Hub's once a second."""
    while not job.wait(lambda: job.is_final, SAMPLE_S):
        job.sample()
