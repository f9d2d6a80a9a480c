"""What tests in other languages set and ask, at `/_control/…`; see `ROUTES`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs_server.http import Answer, Fault, RefusalError, Request

if TYPE_CHECKING:
    from jobs_server.jobs import Job
    from jobs_server.server import JobsServer


def jobs(server: JobsServer, request: Request) -> Answer:
    """All jobs as the Hub tells of them, oldest first."""
    return Answer([job.as_json() for job in server.jobs.values()])


def exchanges(server: JobsServer, request: Request) -> Answer:
    """All requests: method, path, status, and the body as text."""
    told = [
        {
            "method": each.request.method,
            "path": each.request.path,
            "status": each.status,
            "body": each.request.body.decode("utf-8", "replace"),
        }
        for each in list(server.exchanges)
    ]
    return Answer(told)


def files(server: JobsServer, request: Request) -> Answer:
    """Repository or bucket -> path -> size in bytes."""
    return Answer(
        {
            name: {path: len(content) for path, content in each.items()}
            for name, each in server.repositories.items()
        }
    )


def fault(server: JobsServer, request: Request) -> Answer:
    """Add a fault: the fields of `Fault` as JSON."""
    try:
        made = Fault(**request.json())
    except TypeError as error:
        raise RefusalError(400, str(error)) from None
    server.faults.append(made)
    return Answer({})


def start(server: JobsServer, request: Request, job_id: str) -> Answer:
    return Answer(_job(server, job_id).start())


def say(server: JobsServer, request: Request, job_id: str) -> Answer:
    """Print the lines of the body, a list."""
    for line in request.json():
        _job(server, job_id).print(line)
    return Answer({})


def end(server: JobsServer, request: Request, job_id: str) -> Answer:
    """End a job: {"stage", "message"}."""
    return Answer(_job(server, job_id).end(**request.json()))


def _job(server: JobsServer, job_id: str) -> Job:
    try:
        return server.jobs[job_id]
    except KeyError:
        raise RefusalError(404, "Job not found") from None


ROUTES = {
    "GET /_control/jobs": jobs,
    "GET /_control/exchanges": exchanges,
    "GET /_control/files": files,
    "POST /_control/fault": fault,
    "POST /_control/jobs/([^/]+)/start": start,
    "POST /_control/jobs/([^/]+)/print": say,
    "POST /_control/jobs/([^/]+)/end": end,
}
