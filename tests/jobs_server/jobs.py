"""Jobs: what was asked for, how far they are, what they have printed."""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition
from typing import Any

from jobs_server.hardware import HARDWARE
from jobs_server.http import RefusalError

FINAL = ("COMPLETED", "CANCELED", "ERROR", "DELETED")
STAGES = ("SCHEDULING", "RUNNING", *FINAL)
DEFAULT_TIMEOUT_S = 30 * 60
_LABEL = re.compile(r"[a-zA-Z0-9_-]{1,100}")
_NAME = re.compile(r"[a-zA-Z0-9._-]{0,100}")
_KINDS = ("bucket", "model", "dataset", "space")


def moment(seconds: float) -> str:
    """As JavaScript writes a time."""
    whole = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return whole.strftime("%Y-%m-%dT%H:%M:%S.") + f"{whole.microsecond // 1000:03d}Z"


@dataclass
class Job:
    """A job. Change it with its methods, which wake all who wait for it.

    Attributes:
        spec: the body that asked for it, with the values of its secrets.
        lines: (seconds since 1970, text) of what it printed.
        samples: what it has taken of its machine, as `/metrics` sends it.
        initiator: who or what started it.
    """

    id: str
    namespace: str
    kind: str
    spec: dict[str, Any]
    initiator: dict[str, Any]
    created: float = field(default_factory=time.time)
    started: float | None = None
    finished: float | None = None
    stage: str = "SCHEDULING"
    message: str | None = None
    lines: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    samples: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    changed: Condition = field(default_factory=Condition)

    @property
    def is_final(self) -> bool:
        return self.stage in FINAL

    @property
    def timeout_s(self) -> float:
        return self.spec.get("timeoutSeconds") or DEFAULT_TIMEOUT_S

    def start(self) -> bool:
        """Begin to run; False where it has ended before that."""
        with self.changed:
            if self.stage != "SCHEDULING":
                return False
            self.stage, self.started = "RUNNING", time.time()
            self._print(f"===== Job started at {moment(self.started)} =====")
            return True

    def print(self, text: str) -> None:
        with self.changed:
            self._print(text)

    def _print(self, text: str) -> None:
        self.lines.append((time.time(), text))
        self.changed.notify_all()

    def sample(self, **values: Any) -> None:
        """Note what it takes of its machine now; a machine without GPUs by default."""
        usual: dict[str, Any] = {
            "cpu_usage_pct": 12,
            "cpu_millicores": 2000,
            "memory_used_bytes": 2**30,
            "memory_total_bytes": 16 * 2**30,
            "rx_bps": 100,
            "tx_bps": 50,
            "gpus": {},
            "replica": "57vr7",
        }
        with self.changed:
            self.samples.append({**usual, **values})
            self.changed.notify_all()

    def end(self, stage: str = "COMPLETED", message: str | None = None) -> bool:
        """Stop; False where it had ended before."""
        with self.changed:
            if self.is_final:
                return False
            self.stage, self.message, self.finished = stage, message, time.time()
            self.changed.notify_all()
            return True

    def wait(self, holds: Callable[[], bool], timeout_s: float | None = None) -> bool:
        """Wait until something holds, which is asked at each change."""
        with self.changed:
            return self.changed.wait_for(holds, timeout_s)

    def as_json(self) -> dict[str, Any]:
        """As the Hub tells of it; it tells nobody the values of secrets."""
        spec = self.spec
        started, end = self.started, self.finished or time.time()
        return {
            "id": self.id,
            "createdAt": moment(self.created),
            "startedAt": moment(started) if started else None,
            "finishedAt": moment(self.finished) if self.finished else None,
            "dockerImage": spec.get("dockerImage"),
            "spaceId": spec.get("spaceId"),
            "command": spec.get("command"),
            "arguments": spec.get("arguments"),
            "environment": spec.get("environment"),
            "secrets": dict.fromkeys(spec.get("secrets") or {}, ""),
            "flavor": spec.get("flavor"),
            "labels": spec.get("labels") or {},
            "volumes": spec.get("volumes") or [],
            "status": {"stage": self.stage, "message": self.message},
            "durations": {
                "schedulingSecs": int((started or end) - self.created),
                "runningSecs": int(end - started) if started else None,
                "totalSecs": int(end - self.created),
            },
            "owner": {"id": f"owner-{self.namespace}", "name": self.namespace, "type": self.kind},
            "initiator": self.initiator,
        }


def check(spec: Any) -> None:
    """Refuse a job that the Hub would not run.

    The wording follows what users report; the rules are those of the Hub's documentation
    (https://huggingface.co/docs/hub/jobs-configuration) and of its client.

    Raises:
        RefusalError: with the status 400.
    """
    if not isinstance(spec, dict):
        raise RefusalError(400, "Expected an object in the body")
    flavors = [machine["name"] for machine in HARDWARE]
    if spec.get("flavor") not in flavors:
        listed = "|".join(f'"{name}"' for name in flavors)
        _refuse(f"Invalid option: expected one of {listed}", "flavor")
    if bool(spec.get("dockerImage")) == bool(spec.get("spaceId")):
        _refuse("Either dockerImage or spaceId is required", "dockerImage")
    command = spec.get("command")
    if not isinstance(command, list) or not all(isinstance(each, str) for each in command):
        _refuse("Invalid input: expected array of strings", "command")
    timeout = spec.get("timeoutSeconds")
    if timeout is not None and (not isinstance(timeout, int) or timeout < 1):
        _refuse("Invalid input: expected a positive integer", "timeoutSeconds")
    for name in ("environment", "secrets"):
        values = spec.get(name) or {}
        if not all(isinstance(value, str) for value in values.values()):
            _refuse("Invalid input: expected string", name)
    check_labels(spec.get("labels") or {})
    for volume in spec.get("volumes") or []:
        if volume.get("type") not in _KINDS or not str(volume.get("mountPath")).startswith("/"):
            _refuse("Invalid volume", "volumes")


def check_labels(labels: Any) -> None:
    """Raises RefusalError: one is longer than 100 characters, or has others than [a-zA-Z0-9_-]."""
    for key, value in labels.items():
        pattern = _NAME if key == "name" else _LABEL
        if not _LABEL.fullmatch(key) or not (value == "" or pattern.fullmatch(str(value))):
            _refuse(f"Invalid label {key}={value}: only [a-zA-Z0-9_-], at most 100", "labels")


def _refuse(message: str, where: str) -> None:
    raise RefusalError(400, f"✖ {message}\n  → at {where}")
