"""What the Hub's client answers, in our words."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tunesmith.jobs.spec import GpuUse, JobState, Metrics, Offer, Schedule, Stage

if TYPE_CHECKING:
    from huggingface_hub import JobHardwareInfo, JobInfo
    from huggingface_hub._jobs_api import ScheduledJobInfo

_EXIT_CODE = re.compile(r"exit code:? (-?\d+)")
_NUMBER = re.compile(r"[\d.]+")
_HOURS = {"minute": 60, "hour": 1}


def state(job: JobInfo) -> JobState:
    """A job; the Hub tells the exit code of a failed script in its message."""
    stage, message = _stage(job.status.stage), job.status.message
    told = _EXIT_CODE.search(message or "")
    failure = int(told[1]) if told else None
    labels = job.labels or {}
    return JobState(
        id=job.id,
        stage=stage,
        namespace=job.owner.name,
        message=message,
        created=_seconds(job.created_at),
        started=_seconds(job.started_at),
        finished=_seconds(job.finished_at),
        flavor=str(job.flavor) if job.flavor else None,
        labels=labels,
        name=labels.get("name"),
        url=job.url,
        exit_code=0 if stage is Stage.COMPLETED else failure,
    )


def _stage(name: str) -> Stage:
    """A stage that later releases add is taken for one before the end."""
    try:
        return Stage(name)
    except ValueError:
        return Stage.RUNNING


def _seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


def offer(machine: JobHardwareInfo) -> Offer:
    """A machine; the Hub tells the memory of all GPUs together."""
    gpu = machine.accelerator
    count = int(gpu.quantity) if gpu else 0
    return Offer(
        flavor=machine.name,
        title=machine.pretty_name,
        dollars=round(machine.unit_cost_usd * _HOURS[machine.unit_label], 2),
        cpu=machine.cpu,
        memory=machine.ram,
        gpu=f"{gpu.manufacturer} {gpu.model}" if gpu else None,
        gpus=count,
        gpu_memory=_shared(gpu.vram, count) if gpu else "",
    )


def _shared(memory: str, count: int) -> str:
    """Of "48 GB" in two GPUs: "24 GB"."""
    found = _NUMBER.search(memory)
    return memory.replace(found[0], f"{float(found[0]) / count:g}", 1) if found else memory


def metrics(sample: Mapping[str, Any]) -> Metrics:
    """What was measured just now: the Hub tells no time."""
    gpus: Mapping[str, Any] = sample.get("gpus") or {}
    return Metrics(
        time=time.time(),
        cpu=float(sample.get("cpu_usage_pct") or 0),
        memory=int(sample.get("memory_used_bytes") or 0),
        total_memory=int(sample.get("memory_total_bytes") or 0),
        received=float(sample.get("rx_bps") or 0),
        sent=float(sample.get("tx_bps") or 0),
        gpus={
            name: GpuUse(
                busy=float(gpu.get("utilization") or 0),
                memory=int(gpu.get("memory_used_bytes") or 0),
                total_memory=int(gpu.get("memory_total_bytes") or 0),
            )
            for name, gpu in gpus.items()
        },
    )


def schedule(scheduled: ScheduledJobInfo) -> Schedule:
    """A schedule."""
    last = scheduled.status.last_job
    return Schedule(
        id=scheduled.id,
        when=scheduled.schedule or "",
        is_paused=bool(scheduled.suspend),
        namespace=scheduled.owner.name,
        next_run=_seconds(scheduled.status.next_job_run_at),
        last_job=last.id if last else None,
        flavor=str(scheduled.job_spec.flavor) if scheduled.job_spec.flavor else None,
        name=(scheduled.job_spec.labels or {}).get("name"),
    )
