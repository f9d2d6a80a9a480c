"""Asking the Hub for all that the checks need, side by side and within a time limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from threading import Thread
from typing import Any, NamedTuple, TypeVar, cast

from tunesmith.data.hub_data import chosen, read_descriptions
from tunesmith.jobs.doctor.asked import Asked, Repository
from tunesmith.jobs.doctor.identity import Identity, read_identity
from tunesmith.jobs.hub_facts import HubFacts, NoAnswerError
from tunesmith.sources.data_set import Origin

T = TypeVar("T")


class Seen(NamedTuple):
    """A repository that is read.

    Attributes:
        name: what it is called now, where it was renamed; the Hub redirects from its old name.
        is_gated: None where that is not told.
        is_private: likewise.
    """

    name: str
    is_gated: bool | None
    is_private: bool | None


@dataclass(frozen=True)
class Facts:
    """What the Hub says; in place of each answer, why there is none.

    Attributes:
        has_token: whether there is a token, good or not.
        identity: who is signed in.
        jobs: None where Jobs answers.
        seen: the repositories that are read.
        readable: None for those whose files can be read.
        writable: None for those that can be written to.
        columns: those of data sets on the Hub; None where nothing tells them.
    """

    has_token: bool | NoAnswerError
    identity: Identity | NoAnswerError
    jobs: NoAnswerError | None
    seen: Mapping[Repository, Seen | NoAnswerError]
    readable: Mapping[Repository, NoAnswerError | None]
    writable: Mapping[Repository, NoAnswerError | None]
    columns: Mapping[Origin, frozenset[str] | NoAnswerError | None]


def gather(
    hub: HubFacts,
    asked: Asked,
    hub_data: Mapping[Origin, Repository],
    namespace: str | None,
    limit_s: float,
) -> Facts:
    """Ask all questions at once.

    Args:
        hub: answers them.
        asked: what the script asks for.
        hub_data: its data sets that are on the Hub.
        namespace: of the job; None for the user's own.
        limit_s: what is not answered by then is not told.
    """
    asking = _Asking(hub, time.monotonic() + limit_s)
    read = [*(Repository("model", each) for each in asked.models), *hub_data.values()]
    has_token, jobs = _start(hub.has_token), _start(asking.jobs, namespace)
    found = {each: _start(hub.repository, each.kind, each.name) for each in read}
    readable = {each: _start(hub.check_read, each.kind, each.name) for each in read}
    writable = {each: _start(asking.check_write, each) for each in asked.outputs}
    columns = {
        origin: _start(asking.columns, origin, each, found[each])
        for origin, each in hub_data.items()
    }
    answer = asking.answer
    return Facts(
        answer(has_token),
        answer(asking.identity),
        answer(jobs),
        {each: _seen(each, answer(future)) for each, future in found.items()},
        {each: answer(future) for each, future in readable.items()},
        {each: answer(future) for each, future in writable.items()},
        {each: answer(future) for each, future in columns.items()},
    )


class _Asking:
    """Questions that wait for the answer to another one, all until one time."""

    def __init__(self, hub: HubFacts, ends: float) -> None:
        self._hub = hub
        self._ends = ends
        self.identity = _start(_identity, hub)

    def wait(self, future: Future[T]) -> T:
        try:
            return future.result(max(0.0, self._ends - time.monotonic()))
        except FutureTimeoutError:
            raise NoAnswerError("slow", "the Hub did not answer in time") from None

    def answer(self, future: Future[T]) -> T | NoAnswerError:
        try:
            return self.wait(future)
        except NoAnswerError as error:
            return error

    def jobs(self, namespace: str | None) -> None:
        """Whether Jobs answers, to the user where there is one."""
        try:
            who = self.wait(self.identity)
        except NoAnswerError:
            self._hub.hardware()
        else:
            self._hub.jobs(namespace or who.name)

    def check_write(self, output: Repository) -> None:
        is_whole = "/" in output.name
        name = output.name if is_whole else f"{self.wait(self.identity).name}/{output.name}"
        self._hub.check_write(output.kind, name)

    def columns(
        self, origin: Origin, repository: Repository, found: Future[object]
    ) -> frozenset[str] | None:
        """As its card describes it, else as the viewer has found."""
        card = _dict(_dict(self.wait(found)).get("cardData"))
        told = _described(card.get("dataset_info"), origin)
        if told is None:
            viewed = self._hub.viewed_data(repository.name)
            told = _described(_dict(viewed).get("dataset_info"), origin)
        return told


def _identity(hub: HubFacts) -> Identity:
    found = read_identity(hub.identity())
    if found is None:
        raise NoAnswerError("odd", "the Hub does not say whose token it is")
    return found


def _seen(repository: Repository, content: object) -> Seen | NoAnswerError:
    if isinstance(content, NoAnswerError):
        return content
    fields = _dict(content)
    name, gated, private = fields.get("id"), fields.get("gated"), fields.get("private")
    if not isinstance(name, str) or not name:
        return NoAnswerError("odd", f"the Hub answers about {repository.name} with something else")
    return Seen(
        name,
        gated if isinstance(gated, bool) else gated in ("auto", "manual") or None,
        private if isinstance(private, bool) else None,
    )


def _described(content: object, origin: Origin) -> frozenset[str] | None:
    known = read_descriptions(content)
    name = chosen(known, origin)
    return frozenset(known[name].columns) or None if name else None


def _start(work: Callable[..., T], *arguments: Any) -> Future[T]:
    """Do something on a thread that may be left behind, whatever it raises."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work(*arguments))
        except NoAnswerError as error:
            future.set_exception(error)
        except Exception as error:  # its text may hold anything, a token as well
            odd = NoAnswerError("odd", f"asking the Hub ended in a {type(error).__name__}")
            future.set_exception(odd)

    Thread(target=run, daemon=True, name="doctor").start()
    return future


def _dict(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
