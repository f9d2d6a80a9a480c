"""A Hub with jobs on loopback, for tests: the Hub's own client works with it as with the real one.

    with running(Runs(sys.executable)) as server:
        HfApi(endpoint=server.url, token="hf_any").run_job(...)

`python -m jobs_server` is the same as a program, for tests in other languages (`__main__.py`).
Set HF_HOME to an empty folder: the client remembers there what it has uploaded to which address.
"""

from jobs_server.behaviours import Plays, Runs, by_hand
from jobs_server.http import Exchange, Fault, Request
from jobs_server.jobs import Job
from jobs_server.server import JobsServer, User, running

__all__ = [
    "Exchange",
    "Fault",
    "Job",
    "JobsServer",
    "Plays",
    "Request",
    "Runs",
    "User",
    "by_hand",
    "running",
]
