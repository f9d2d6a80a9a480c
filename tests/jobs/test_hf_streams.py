"""Logs and metrics of Hugging Face Jobs: nothing is lost, nothing comes twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from jobs.hub_engine import SPEC, failure
from jobs_server import Job, JobsServer
from tunesmith.jobs import hf_jobs
from tunesmith.jobs.hf_jobs import HfJobs
from tunesmith.jobs.hub_stream import seconds
from tunesmith.jobs.spec import (
    GpuUse,
    JobState,
    LogLine,
)

PLAYED = tuple(f"line {number}" for number in range(20))


def texts(lines: Iterator[LogLine]) -> list[str]:
    return [line.text for line in lines]


def played(server: JobsServer, engine: HfJobs) -> tuple[Job, JobState]:
    """A job that has printed PLAYED and runs on."""
    job = engine.submit(SPEC, {})
    server.job.start()
    for line in PLAYED:
        server.job.print(line)
    return server.job, job


@pytest.mark.parametrize("cut", [None, "stream"])
def test_a_stream_that_ends_early_loses_and_doubles_nothing(
    server: JobsServer, engine: HfJobs, cut: str | None
) -> None:
    remote, job = played(server, engine)
    for count in (0, 1, 5, 3, 21):
        server.fault("GET .*/logs", events=count, cut=cut)
    reader = engine.log(job, follow=True)
    found = [next(reader) for _ in PLAYED]
    remote.print("last")
    remote.end()
    found += reader
    assert [line.text for line in found] == [*PLAYED, "last"]
    assert [line.ordinal for line in found] == list(range(len(PLAYED) + 1))
    assert list(engine.log(job, follow=True)) == found


def test_the_last_replay_is_whole(server: JobsServer, engine: HfJobs) -> None:
    remote, job = played(server, engine)
    server.fault("GET .*/logs", events=10)
    server.fault("GET .*/logs", events=3, times=2)
    reader = engine.log(job, follow=True)
    first = next(reader).text
    remote.end()
    assert [first, *texts(reader)] == list(PLAYED)


@pytest.mark.parametrize("what", [{"cut": "before"}, {"status": 503}, {"status": 429}])
def test_a_log_goes_on_after_a_few_failures(
    server: JobsServer, engine: HfJobs, what: dict[str, Any]
) -> None:
    remote, job = played(server, engine)
    server.fault("GET .*/logs", times=3, **what)
    server.fault("GET /api/jobs/username/[^/]*", times=2, **what)
    remote.end()
    assert texts(engine.log(job, follow=True)) == list(PLAYED)


@pytest.mark.parametrize("what", [{"cut": "before"}, {"status": 503}])
def test_a_log_that_never_comes_is_given_up(
    server: JobsServer, engine: HfJobs, what: dict[str, Any]
) -> None:
    _, job = played(server, engine)
    server.fault("GET .*/logs", times=None, **what)
    error = failure(lambda: list(engine.log(job, follow=True)))
    assert error.can_retry
    assert "read a log" in error.message
    assert len(server.asked("GET .*/logs")) == hf_jobs.MOST_FAILURES + 1


def test_a_log_without_a_right_to_it_is_given_up_at_once(
    server: JobsServer, engine: HfJobs
) -> None:
    _, job = played(server, engine)
    server.fault("GET .*/logs", status=403, times=None)
    failure(lambda: list(engine.log(job, follow=True)))
    assert len(server.asked("GET .*/logs")) == 1


def test_comments_keep_a_silent_stream_alive(
    server: JobsServer, engine: HfJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hf_jobs, "SILENCE_S", 2.0)
    server.beat_s = 0.1
    remote, job = played(server, engine)
    reader = engine.log(job, follow=True)
    assert [next(reader).text for _ in PLAYED] == list(PLAYED)
    timer = threading.Timer(3.0, remote.end)
    timer.start()
    assert texts(reader) == []
    timer.join()
    assert len(server.asked("GET .*/logs")) == 2  # the second when it had ended


def test_a_dead_stream_is_asked_for_again(
    server: JobsServer, engine: HfJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hf_jobs, "SILENCE_S", 0.2)
    remote, job = played(server, engine)
    reader = engine.log(job, follow=True)
    assert [next(reader).text for _ in PLAYED] == list(PLAYED)
    threading.Timer(1.0, lambda: (remote.print("last"), remote.end())).start()
    assert texts(reader) == ["last"]
    assert len(server.asked("GET .*/logs")) > 2


def test_what_is_there_now_ends_though_the_job_goes_on_printing(
    server: JobsServer, engine: HfJobs
) -> None:
    remote, job = played(server, engine)
    stop = threading.Event()

    def print_on() -> None:
        while not stop.wait(0.02):
            remote.print("more")

    thread = threading.Thread(target=print_on)
    thread.start()
    try:
        found = texts(engine.log(job, follow=False))
    finally:
        stop.set()
        thread.join()
    assert found[: len(PLAYED)] == list(PLAYED)
    assert set(found[len(PLAYED) :]) <= {"more"}


def test_only_headings_of_the_hub_are_left_out(server: JobsServer, engine: HfJobs) -> None:
    job = engine.submit(SPEC, {})
    server.job.start()
    for text in ("===== Job started my way", "a\nb", "c\n", "===== Job started at noon ====="):
        server.job.print(text)
    server.job.end()
    expected = ["===== Job started my way", "a", "b", "c"]
    assert texts(engine.log(job, follow=True)) == expected


def test_a_job_that_waits_has_no_log(server: JobsServer, engine: HfJobs) -> None:
    job = engine.submit(SPEC, {})
    assert list(engine.log(job, follow=False)) == []
    assert not server.asked("GET .*/logs")


def test_metrics_name_what_gpus_do(server: JobsServer, engine: HfJobs) -> None:
    job = engine.submit(SPEC, {})
    server.job.start()
    gpu = {"utilization": 97, "memory_used_bytes": 5, "memory_total_bytes": 24}
    server.job.sample(cpu_usage_pct=50, gpus={"d901cd7f": gpu})
    server.fault("GET .*/metrics", events=1)
    server.fault("GET .*/metrics", status=500)
    server.fault("GET .*/metrics", status=406)
    server.fault("GET /api/jobs/username/[^/]*", status=503)
    samples = engine.metrics(job)
    first, second = next(samples), next(samples)
    assert (first.cpu, first.received, first.sent) == (50, 100, 50)
    assert first.gpus == second.gpus == {"d901cd7f": GpuUse(97, 5, 24)}
    server.job.end()
    assert list(samples) == []


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2026-11-22T10:00:00.250Z", 1795341600.25),
        ("2026-11-22T10:00:00.250000000Z", 1795341600.25),
        ("2026-11-22T10:00:00.2Z", 1795341600.2),
        ("2026-11-22T10:00:00Z", 1795341600),
        ("2026-11-22T10:00:00+00:00", 1795341600),
        ("2026-13-22T10:00:00Z", 0),
        ("noon", 0),
        (None, 0),
    ],
)
def test_times_are_read(time: object, expected: float) -> None:
    assert seconds(time) == pytest.approx(expected)
