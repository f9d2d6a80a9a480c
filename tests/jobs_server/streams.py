"""What is sent as it happens: logs and metrics, as server-sent events."""

from __future__ import annotations

import json
from collections.abc import Iterator

from jobs_server.jobs import Job, moment

KEEP_ALIVE = b": keep-alive\n\n"
BEAT_S = 30.0
"""A comment is sent after so long a silence."""


def log(job: Job, tail: int | None, beat_s: float) -> Iterator[bytes]:
    """All that it has printed, from the first line or the last `tail`, then more until it ends."""
    sent = max(0, len(job.lines) - tail) if tail is not None else 0
    while True:
        came = job.wait(lambda: len(job.lines) > sent or job.is_final, beat_s)  # noqa: B023
        if not came:
            yield KEEP_ALIVE
        for time, text in job.lines[sent:]:
            sent += 1
            event = json.dumps({"data": text, "timestamp": moment(time)}, ensure_ascii=False)
            yield f"data: {event}\n\n".encode()
        if job.is_final and sent == len(job.lines):
            return


def metrics(job: Job, beat_s: float) -> Iterator[bytes]:
    """Samples from now on. It is silent once the job has ended, until the client goes."""
    sent = max(0, len(job.samples) - 1)
    while True:
        if not job.wait(lambda: len(job.samples) > sent, beat_s):  # noqa: B023
            yield KEEP_ALIVE
        for sample in job.samples[sent:]:
            sent += 1
            yield f"event: metric\ndata: {json.dumps(sample)}\n\n".encode()
