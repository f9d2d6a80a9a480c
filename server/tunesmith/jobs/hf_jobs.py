"""Jobs of Hugging Face, through the Hub's own client.

Of the client's calls, `run_uv_job` and `fetch_job_logs` are not used: the first prints, and stores
what it uploads under a new name each time; the second keeps the times of lines for itself.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tunesmith.jobs import hub_answers as answers
from tunesmith.jobs.account import Account
from tunesmith.jobs.hub_call import check_namespace, run_arguments
from tunesmith.jobs.hub_problems import Request, problem
from tunesmith.jobs.hub_stream import Event, events, seconds
from tunesmith.jobs.spec import (
    KEY_LABEL,
    EngineError,
    JobSpec,
    JobState,
    LogLine,
    Metrics,
    Offer,
    Schedule,
    Stage,
)

if TYPE_CHECKING:
    from huggingface_hub import HfApi, JobInfo

RERUN_LABEL = "tunesmith-rerun"
"""Of a job that is to be started again: the key of the new one, which gets it as its label then."""
SCHEDULE_LABEL = "tunesmith-schedule"
"""Of a schedule: its key. Its jobs have the same labels, so that KEY_LABEL would not be theirs."""

SILENCE_S = 90.0
"""The Hub sends a comment every 30 s; after three missing ones the connection is taken for dead."""
HISTORY_SILENCE_S = 5.0
"""What has been printed comes at once; after such a silence there is no more."""
METRICS_SILENCE_S = 10.0
PAUSE_S, LONGEST_PAUSE_S = 2.0, 10.0
"""Before a stream is asked for again; the stage lags a second behind the last line."""
MOST_FAILURES = 5
"""So many connections in a row may break, or be refused, without anything new."""

_MACHINES = "change what it names (`hf jobs hardware` lists the machines), then try again"
_HEADING = re.compile(r"===== Job started at .* =====")


class HfJobs:
    """The engine `hf`, with schedules. May be used on any thread.

    Args:
        account: whose jobs.
    """

    name = "hf"

    def __init__(self, account: Account) -> None:
        self._account = account
        self._names: dict[str, str] = {}

    def hardware(self) -> Sequence[Offer]:
        with self._asking(self._request("list the machines")):
            return [answers.offer(machine) for machine in self._client().list_jobs_hardware()]

    def submit(self, spec: JobSpec, secrets: Mapping[str, str]) -> JobState:
        client, namespace = self._member(spec.namespace)
        hidden = tuple(secrets.values())
        uploading = self._request("upload the script", namespace, hidden=hidden)
        arguments = run_arguments(client, spec, secrets, namespace, uploading)
        starting = self._request(
            "start a job", namespace, makes=True, hidden=hidden, advice=_MACHINES
        )
        with self._asking(starting):
            return answers.state(client.run_job(**arguments))

    def find(self, key: str, namespace: str | None) -> JobState | None:
        client, namespace = self._member(namespace)
        with self._asking(self._request("look for a job", namespace)):
            found = list(client.list_jobs(namespace=namespace, labels={KEY_LABEL: key}))
            if found:
                return answers.state(found[-1])  # newer are reruns without a label of their own
            for copy, labels in _unlabelled_copies(client, namespace, key):
                return answers.state(_labelled(client, copy, key, labels))
            return None

    def jobs(self, namespace: str | None) -> Iterator[JobState]:
        client, namespace = self._member(namespace)
        with self._asking(self._request("list jobs", namespace)):
            yield from map(answers.state, client.list_jobs(namespace=namespace))

    def inspect(self, job: JobState) -> JobState:
        return answers.state(self._inspected(job, "inspect a job"))

    def cancel(self, job: JobState) -> None:
        client, namespace = self._member(job.namespace)
        try:
            with self._asking(self._request("cancel a job", namespace, job.id)):
                client.cancel_job(job_id=job.id, namespace=namespace)
        except EngineError:
            if not self.inspect(job).stage.is_final:
                raise

    def rerun(self, job: JobState, key: str) -> JobState:
        """The Hub copies the old job, its secrets included; the copy is labelled afterwards.

        The old one is labelled before, so that `find` knows a copy that was left without its key.
        """
        client, namespace = self._member(job.namespace)
        old = self._inspected(job, "start a job again")
        with self._asking(self._request("label a job", namespace, job.id)):
            labels = {**(old.labels or {}), RERUN_LABEL: key}
            client.update_job_labels(job_id=old.id, labels=labels, namespace=namespace)
        request = self._request("start a job again", namespace, job.id, makes=True)
        with self._asking(request):
            copy = client.rerun_job(job_id=job.id, namespace=namespace)
        try:
            return answers.state(_labelled(client, copy, key, old.labels))
        except Exception as error:
            found = problem(request, error)
            found.may_be_done = True  # it runs, whatever is said of its labels
            raise found from None

    def log(self, job: JobState, *, follow: bool) -> Iterator[LogLine]:
        patience = _Patience(self._request("read a log", job.namespace, job.id))
        seen = 0
        while True:
            count = 0
            try:
                # Asked before the replay: a job that has ended by now has all its lines in it.
                stage = self.inspect(job).stage
                if stage is Stage.SCHEDULING and not follow:
                    return
                for line in self._replay(job, stage, follow=follow):
                    count = line.ordinal + 1
                    if count > seen:
                        seen = count
                        patience.renew()
                        yield line
                if not follow or (stage.is_final and count == seen):
                    return
                if stage.is_final:
                    message = (
                        f"the log of {job.id} ended before line {seen}, which was there before"
                    )
                    raise EngineError(message, "try again", can_retry=True)
            except Exception as error:
                patience.use(error)
            patience.pause()

    def _replay(self, job: JobState, stage: Stage, *, follow: bool) -> Iterator[LogLine]:
        """The log from its first line until the stream ends; without `follow`, to this moment."""
        import httpx2

        is_live = follow and not stage.is_final
        ordinal = 0
        try:
            for event in self._events(job, "logs", SILENCE_S if is_live else HISTORY_SILENCE_S):
                if not follow and not stage.is_final and not event.is_history:
                    return
                text = str(event.content.get("data", ""))
                if _HEADING.fullmatch(text):
                    continue
                for line in text.removesuffix("\n").split("\n"):
                    yield LogLine(ordinal, seconds(event.content.get("timestamp")), line)
                    ordinal += 1
        except httpx2.ReadTimeout:
            return  # there is no more, or the stream is dead: the job's stage tells

    def metrics(self, job: JobState) -> Iterator[Metrics]:
        import httpx2

        patience = _Patience(self._request("read metrics", job.namespace, job.id))
        while True:
            try:
                stage = self.inspect(job).stage
                if stage.is_final:
                    return
                if stage is Stage.RUNNING:
                    for event in self._events(job, "metrics", METRICS_SILENCE_S):
                        patience.renew()
                        yield answers.metrics(event.content)
            except httpx2.ReadTimeout:
                pass  # the job has ended, or its machine is not there yet
            except Exception as error:
                patience.use(error, allowed=(406, 500))  # it has just ended
            patience.pause()

    def schedule(
        self, spec: JobSpec, when: str, secrets: Mapping[str, str], *, is_paused: bool = False
    ) -> Schedule:
        client, namespace = self._member(spec.namespace)
        hidden = tuple(secrets.values())
        uploading = self._request("upload the script", namespace, hidden=hidden)
        arguments = run_arguments(client, spec, secrets, namespace, uploading, SCHEDULE_LABEL)
        starting = self._request(
            "schedule a job", namespace, makes=True, hidden=hidden, advice=_MACHINES
        )
        with self._asking(starting):
            suspend = is_paused or None
            made = client.create_scheduled_job(schedule=when, suspend=suspend, **arguments)
            return answers.schedule(made)

    def find_schedule(self, key: str, namespace: str | None) -> Schedule | None:
        client, namespace = self._member(namespace)
        with self._asking(self._request("look for a schedule", namespace)):
            labels = {SCHEDULE_LABEL: key}
            for found in client.list_scheduled_jobs(namespace=namespace, labels=labels):
                if (found.job_spec.labels or {}).get(SCHEDULE_LABEL) == key:
                    return answers.schedule(found)
            return None

    def schedules(self, namespace: str | None) -> Sequence[Schedule]:
        client, namespace = self._member(namespace)
        with self._asking(self._request("list schedules", namespace)):
            found = client.list_scheduled_jobs(namespace=namespace)
            return [answers.schedule(scheduled) for scheduled in found]

    def pause(self, schedule: Schedule) -> None:
        client, namespace = self._member(schedule.namespace)
        with self._asking(self._request("pause a schedule", namespace, schedule.id)):
            client.suspend_scheduled_job(scheduled_job_id=schedule.id, namespace=namespace)

    def resume(self, schedule: Schedule) -> None:
        client, namespace = self._member(schedule.namespace)
        with self._asking(self._request("resume a schedule", namespace, schedule.id)):
            client.resume_scheduled_job(scheduled_job_id=schedule.id, namespace=namespace)

    def delete(self, schedule: Schedule) -> None:
        client, namespace = self._member(schedule.namespace)
        with self._asking(self._request("delete a schedule", namespace, schedule.id)):
            client.delete_scheduled_job(scheduled_job_id=schedule.id, namespace=namespace)

    def _inspected(self, job: JobState, what: str) -> JobInfo:
        client, namespace = self._member(job.namespace)
        with self._asking(self._request(what, namespace, job.id)):
            return client.inspect_job(job_id=job.id, namespace=namespace)

    def _events(self, job: JobState, route: str, silence_s: float) -> Iterator[Event]:
        client, namespace = self._member(job.namespace)
        url = f"{client.endpoint}/api/jobs/{namespace}/{job.id}/{route}"
        headers = {"Authorization": f"Bearer {client.token}"}
        return events(url, headers, silence_s)

    def _client(self) -> HfApi:
        return self._account.client()

    def _member(self, namespace: str | None) -> tuple[HfApi, str]:
        """The client, with a token, and whose jobs are meant."""
        client = self._client()
        token = client.token
        if not isinstance(token, str):
            message = f"there is no token for {self._account.endpoint}"
            raise EngineError(message, "sign in with `hf auth login`, or set HF_TOKEN")
        if namespace:
            return client, check_namespace(namespace)
        if token not in self._names:
            with self._asking(self._request("find out whose token this is")):
                untyped: Any = client
                self._names[token] = str(untyped.whoami()["name"])
        return client, self._names[token]

    def _request(
        self,
        what: str,
        namespace: str = "",
        job_id: str = "",
        *,
        makes: bool = False,
        hidden: Sequence[str] = (),
        **more: str,
    ) -> Request:
        subject = f"{job_id!r}" if job_id else ""
        hidden = (*hidden, self._account.token or "")
        return Request(what, self._account.endpoint, namespace, subject, makes, hidden, **more)

    @contextmanager
    def _asking(self, request: Request) -> Generator[None]:
        try:
            yield
        except Exception as error:  # of the client, of its HTTP library, of an unexpected answer
            raise problem(request, error) from None


class _Patience:
    """How often a stream is asked for again."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._asked_s = 0.0
        self.renew()

    def renew(self) -> None:
        """Something new has come."""
        self._failures = 0

    def use(self, error: Exception, allowed: Sequence[int] = ()) -> None:
        """Go on in spite of an error, as long as that makes sense.

        Args:
            error: what happened.
            allowed: statuses of answers that are none.

        Raises:
            EngineError: it makes none.
        """
        if getattr(getattr(error, "response", None), "status_code", None) in allowed:
            return
        self._failures += 1
        found = problem(self._request, error)
        if not found.can_retry or self._failures > MOST_FAILURES:
            raise found from None
        self._asked_s = found.retry_after_s or 0

    def pause(self) -> None:
        time.sleep(max(self._asked_s, min(LONGEST_PAUSE_S, PAUSE_S * 2**self._failures)))
        self._asked_s = 0


def _unlabelled_copies(
    client: HfApi, namespace: str, key: str
) -> Iterator[tuple[JobInfo, Mapping[str, str]]]:
    """Jobs that `rerun` started with a key, cut off before it labelled them; the old labels."""
    marked = client.list_jobs(namespace=namespace, labels={RERUN_LABEL: key})
    labels = {job.id: job.labels or {} for job in marked}
    for job in client.list_jobs(namespace=namespace) if labels else ():
        origin = job.initiator
        if origin and origin.type == "duplicated-job" and origin.id in labels:
            old = labels[origin.id]
            if (job.labels or {}).get(KEY_LABEL) in (None, old.get(KEY_LABEL)):
                yield job, old


def _labelled(client: HfApi, copy: JobInfo, key: str, labels: Mapping[str, str] | None) -> JobInfo:
    """A copy with the labels of the old job, but for its key."""
    its_own = {**(labels or {}), KEY_LABEL: key}
    its_own.pop(RERUN_LABEL, None)
    return client.update_job_labels(job_id=copy.id, labels=its_own, namespace=copy.owner.name)
