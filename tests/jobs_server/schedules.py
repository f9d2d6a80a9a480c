"""Jobs that are started again and again. The server has no clock for them: trigger them."""

from __future__ import annotations

import copy
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs_server.http import Answer, RefusalError, Request
from jobs_server.jobs import check, check_labels, moment

if TYPE_CHECKING:
    from jobs_server.server import JobsServer

_WHEN = re.compile(r"@(?:annually|yearly|monthly|weekly|daily|hourly)|\S+(?: \S+){4}")
HOUR_S = 3600


@dataclass
class ScheduledJob:
    id: str
    namespace: str
    kind: str
    spec: dict[str, Any]
    when: str
    is_paused: bool
    concurrency: bool
    created: float = field(default_factory=time.time)
    last: tuple[str, float] | None = None

    def as_json(self) -> dict[str, Any]:
        spec = {**self.spec, "secrets": dict.fromkeys(self.spec.get("secrets") or {}, "")}
        last = {"id": self.last[0], "at": moment(self.last[1])} if self.last else None
        following = None if self.is_paused else moment(time.time() + HOUR_S)
        return {
            "id": self.id,
            "createdAt": moment(self.created),
            "jobSpec": spec,
            "schedule": self.when,
            "suspend": self.is_paused,
            "concurrency": self.concurrency,
            "status": {"lastJob": last, "nextJobRunAt": following},
            "owner": {"id": f"owner-{self.namespace}", "name": self.namespace, "type": self.kind},
        }


def create(server: JobsServer, request: Request, namespace: str) -> Answer:
    server.check_member(request, namespace)
    asked = request.json()
    when = _checked(asked.get("schedule"))
    check(asked.get("jobSpec"))
    scheduled = ScheduledJob(
        server.new_id(),
        namespace,
        server.kind_of(namespace),
        asked["jobSpec"],
        when,
        bool(asked.get("suspend")),
        bool(asked.get("concurrency")),
    )
    server.schedules[scheduled.id] = scheduled
    return Answer(scheduled.as_json())


def listing(server: JobsServer, request: Request, namespace: str) -> Answer:
    server.check_member(request, namespace)
    labels = [label.partition("=")[::2] for label in request.values("label")]
    return Answer(
        [
            scheduled.as_json()
            for scheduled in reversed(list(server.schedules.values()))
            if scheduled.namespace == namespace
            and all((scheduled.spec.get("labels") or {}).get(key) == text for key, text in labels)
        ]
    )


def inspect(server: JobsServer, request: Request, namespace: str, name: str) -> Answer:
    return Answer(_scheduled(server, request, namespace, name).as_json())


def delete(server: JobsServer, request: Request, namespace: str, name: str) -> Answer:
    del server.schedules[_scheduled(server, request, namespace, name).id]
    return Answer({})


def suspend(server: JobsServer, request: Request, namespace: str, name: str) -> Answer:
    _scheduled(server, request, namespace, name).is_paused = True
    return Answer({})


def resume(server: JobsServer, request: Request, namespace: str, name: str) -> Answer:
    _scheduled(server, request, namespace, name).is_paused = False
    return Answer({})


def reschedule(server: JobsServer, request: Request, namespace: str, name: str) -> Answer:
    scheduled = _scheduled(server, request, namespace, name)
    scheduled.when = _checked(request.json().get("schedule"))
    return Answer(scheduled.as_json())


def label(server: JobsServer, request: Request, namespace: str, name: str) -> Answer:
    scheduled = _scheduled(server, request, namespace, name)
    labels = request.json().get("labels") or {}
    check_labels(labels)
    scheduled.spec["labels"] = labels
    return Answer(scheduled.as_json())


def trigger(server: JobsServer, request: Request, namespace: str, name: str) -> Answer:
    scheduled = _scheduled(server, request, namespace, name)
    last = server.jobs.get(scheduled.last[0]) if scheduled.last else None
    if last and not last.is_final and not scheduled.concurrency:
        raise RefusalError(409, "Another instance of this scheduled job is running")
    initiator = {"type": "scheduled-job", "id": scheduled.id}
    job = server.add_job(namespace, copy.deepcopy(scheduled.spec), initiator)
    scheduled.last = (job.id, job.created)
    return Answer(job.as_json())


def _checked(when: Any) -> str:
    if not isinstance(when, str) or not _WHEN.fullmatch(when):
        raise RefusalError(400, "✖ Invalid schedule\n  → at schedule")
    return when


def _scheduled(server: JobsServer, request: Request, namespace: str, name: str) -> ScheduledJob:
    server.check_member(request, namespace)
    scheduled = server.schedules.get(name)
    if scheduled is None or scheduled.namespace != namespace:
        raise RefusalError(404, "Scheduled job not found")
    return scheduled


ONE = "/api/scheduled-jobs/([^/]+)/([^/]+)"
ROUTES = {
    "POST /api/scheduled-jobs/([^/]+)": create,
    "GET /api/scheduled-jobs/([^/]+)": listing,
    f"GET {ONE}": inspect,
    f"DELETE {ONE}": delete,
    f"POST {ONE}/suspend": suspend,
    f"POST {ONE}/resume": resume,
    f"POST {ONE}/schedule": reschedule,
    f"PUT {ONE}/labels": label,
    f"POST {ONE}/run": trigger,
}
