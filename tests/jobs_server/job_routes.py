"""What can be asked about jobs.

As huggingface_hub asks it; where only the real Hub could tell what it answers, this is a guess: the
texts of refusals, 409 for the cancelling of a job that has ended, labels and secrets of a rerun.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jobs_server import streams
from jobs_server.hardware import HARDWARE
from jobs_server.http import Answer, RefusalError, Request
from jobs_server.jobs import Job, check, check_labels

if TYPE_CHECKING:
    from jobs_server.server import JobsServer


def who(server: JobsServer, request: Request) -> Answer:
    user = server.user(request)
    organizations = [
        {
            "type": "org",
            "id": f"owner-{name}",
            "name": name,
            "fullname": name,
            "canPay": True,
            "isEnterprise": False,
            "roleInOrg": role,
        }
        for name, role in user.organizations.items()
    ]
    token = {"displayName": "made by tests", "role": user.role}
    about = {
        "type": "user",
        "id": f"owner-{user.name}",
        "name": user.name,
        "fullname": user.name,
        "canPay": True,
        "isPro": True,
        "orgs": organizations,
        "auth": {"type": "access_token", "accessToken": token},
    }
    return Answer(about)


def hardware(server: JobsServer, request: Request) -> Answer:
    return Answer(HARDWARE)


def submit(server: JobsServer, request: Request, namespace: str) -> Answer:
    user = server.check_member(request, namespace)
    spec = request.json()
    check(spec)
    initiator = {"type": "user", "id": f"owner-{user.name}", "name": user.name}
    return Answer(server.add_job(namespace, spec, initiator).as_json())


def listing(server: JobsServer, request: Request, namespace: str) -> Answer:
    """Newest first, a page at a time; the next one is in the Link header."""
    server.check_member(request, namespace)
    stages = request.values("stage")
    labels = [label.partition("=")[::2] for label in request.values("label")]

    def is_meant(job: Job) -> bool:
        its = job.spec.get("labels") or {}
        return (
            job.namespace == namespace
            and (not stages or job.stage in stages)
            and all(its.get(key) == value for key, value in labels)
        )

    found = [job for job in reversed(list(server.jobs.values())) if is_meant(job)]
    start = int((request.values("cursor") or ["0"])[0])
    page = found[start : start + server.page_size]
    headers: dict[str, str] = {}
    if start + server.page_size < len(found):
        kept = [pair for pair in request.query if pair[0] != "cursor"]
        query = urlencode([*kept, ("cursor", start + server.page_size)])
        headers["Link"] = f'<{server.url}{request.path}?{query}>; rel="next"'
    return Answer([job.as_json() for job in page], headers=headers)


def inspect(server: JobsServer, request: Request, namespace: str, job_id: str) -> Answer:
    return Answer(_job(server, request, namespace, job_id).as_json())


def cancel(server: JobsServer, request: Request, namespace: str, job_id: str) -> Answer:
    job = _job(server, request, namespace, job_id)
    if not job.end("CANCELED"):
        raise RefusalError(409, "Job is not running")
    return Answer(job.as_json())


def duplicate(server: JobsServer, request: Request, namespace: str, job_id: str) -> Answer:
    job = _job(server, request, namespace, job_id)
    initiator = {"type": "duplicated-job", "id": job.id}
    return Answer(server.add_job(namespace, copy.deepcopy(job.spec), initiator).as_json())


def label(server: JobsServer, request: Request, namespace: str, job_id: str) -> Answer:
    job = _job(server, request, namespace, job_id)
    labels: Any = request.json().get("labels")
    if not isinstance(labels, dict):
        raise RefusalError(400, "labels are missing")
    check_labels(labels)
    job.spec["labels"] = labels
    return Answer(job.as_json())


def log(server: JobsServer, request: Request, namespace: str, job_id: str) -> Answer:
    job = _job(server, request, namespace, job_id)
    tail = request.values("tail")
    return Answer(events=streams.log(job, int(tail[0]) if tail else None, server.beat_s))


def metrics(server: JobsServer, request: Request, namespace: str, job_id: str) -> Answer:
    job = _job(server, request, namespace, job_id)
    if job.is_final:
        raise RefusalError(406, "Job is not running")
    return Answer(events=streams.metrics(job, server.beat_s))


def _job(server: JobsServer, request: Request, namespace: str, job_id: str) -> Job:
    server.check_member(request, namespace)
    job = server.jobs.get(job_id)
    if job is None or job.namespace != namespace:
        raise RefusalError(404, "Job not found")
    return job


JOB = "([^/]+)/([^/]+)"
ROUTES = {
    "GET /api/whoami-v2": who,
    "GET /api/jobs/hardware": hardware,
    "POST /api/jobs/([^/]+)": submit,
    "GET /api/jobs/([^/]+)": listing,
    f"GET /api/jobs/{JOB}": inspect,
    f"POST /api/jobs/{JOB}/cancel": cancel,
    f"POST /api/jobs/{JOB}/duplicate": duplicate,
    f"PUT /api/jobs/{JOB}/labels": label,
    f"GET /api/jobs/{JOB}/logs": log,
    f"GET /api/jobs/{JOB}/metrics": metrics,
}
