"""What the account lacks in repositories: models, data sets, places to push to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tunesmith.agent.messages import DoctorLine
from tunesmith.jobs.doctor.account import unknown
from tunesmith.jobs.doctor.asked import AskedData, Repository
from tunesmith.jobs.doctor.columns import Columns, choices
from tunesmith.jobs.doctor.facts import Facts, Seen
from tunesmith.jobs.doctor.identity import Identity
from tunesmith.jobs.hub_facts import SIGN_IN, NoAnswerError


def model(facts: Facts, repository: Repository, endpoint: str) -> Iterator[DoctorLine]:
    """A model that is trained: that it exists, under this name, and that it can be read."""
    seen = facts.seen[repository]
    if isinstance(seen, NoAnswerError):
        yield _unseen(facts, "model", repository, seen)
        return
    name = repository.name
    if seen.name == name:
        yield DoctorLine("model", "ok", f"{name} exists")
    else:
        message = f"{name} is now called {seen.name}; the Hub still knows the old name"
        yield DoctorLine("model", "ok", message, f"write {seen.name} in the script")
    yield _access(facts, "licence", repository, seen, endpoint)


def data_set(facts: Facts, repository: Repository, endpoint: str) -> DoctorLine:
    """A data set that is trained on: that it exists and can be read."""
    seen = facts.seen[repository]
    if isinstance(seen, NoAnswerError):
        return _unseen(facts, "data set", repository, seen)
    return _access(facts, "data set", repository, seen, endpoint)


def _unseen(facts: Facts, line: str, repository: Repository, error: NoAnswerError) -> DoctorLine:
    """A repository that the Hub does not show. It says the same of what may not be seen."""
    name = repository.name
    if error.reason == "disabled":
        return DoctorLine(line, "missing", f"{name} is disabled on the Hub", "take another one")
    if error.reason not in ("not found", "no page"):
        return unknown(line, error, f"{name}: ")
    if not isinstance(facts.identity, Identity):
        message = f"{name} does not exist on the Hub, or cannot be seen without a login"
        return DoctorLine(line, "unknown", message, f"see whether the name is right, or {SIGN_IN}")
    if not facts.identity.token.sees_all:
        message = f"{name} does not exist on the Hub, or this token may not see it"
        step = "see whether the name is right, and what the token may read"
        return DoctorLine(line, "unknown", message, step)
    message = f"{name} does not exist on the Hub, or is private to others"
    return DoctorLine(line, "missing", message, "see whether the name is right")


def _access(
    facts: Facts, line: str, repository: Repository, seen: Seen, endpoint: str
) -> DoctorLine:
    error, name = facts.readable[repository], repository.name
    kind = "private, and " if seen.is_private else "gated, and " if seen.is_gated else ""
    if error is None:
        return DoctorLine(line, "ok", f"{name} is {kind}open to you")
    page = f"{endpoint}/{'datasets/' if repository.kind == 'dataset' else ''}{seen.name}"
    if error.reason in ("gated", "forbidden"):
        return _gated(facts.identity, line, name, page)
    if error.reason == "not found" and isinstance(facts.identity, Identity):
        message = f"{name} may not be read with this token"
        return DoctorLine(line, "missing", message, f"see {page}")
    return unknown(line, error, f"{name}: ")


def _gated(identity: Identity | NoAnswerError, line: str, name: str, page: str) -> DoctorLine:
    if not isinstance(identity, Identity):
        message = f"{name} is gated, so that it takes a login"
        return DoctorLine(line, "unknown", message, f"{SIGN_IN}, and accept its terms at {page}")
    if identity.token.reads_gated is False:
        message = f"{name} is gated, and the token may not read gated repositories"
        step = f"allow it to, in its settings; accept the terms at {page} if you have not yet"
        return DoctorLine(line, "missing", message, step)
    message = f"{name} is gated, and {identity.name} has no access to it"
    return DoctorLine(line, "missing", message, f"accept its terms at {page}")


def columns(data: AskedData, found: Columns | NoAnswerError | None) -> Iterator[DoctorLine]:
    """Whether a data set has what its trainer reads."""
    name, trainer = str(data.origin), data.trainer.rpartition(".")[2]
    wanted = choices(data.trainer, data.text_field)
    if not wanted:
        return
    if data.is_rewritten:
        message = f"the script makes other columns of {name}, which {trainer} gets"
        yield DoctorLine("columns", "unknown", message)
    elif isinstance(found, NoAnswerError):
        yield unknown("columns", found, f"{name}: ")
    elif found is None or not found.names:
        message = f"nothing tells the columns of {name}"
        yield DoctorLine("columns", "unknown", message, f"{trainer} reads {_words(wanted)}")
    elif fit := found.fitting(wanted):
        yield DoctorLine("columns", "ok", f"{name} has {', '.join(fit)}, as {trainer} reads")
    else:
        has = ", ".join(sorted(found.names)[:_MOST_COLUMNS])
        message = f"{trainer} reads {_words(wanted)}; {name} has {has}"
        step = "rename its columns in the script, or map its rows to these"
        state = "unknown" if found.may_fit(wanted) else "missing"
        yield DoctorLine("columns", state, message, step)


_MOST_COLUMNS = 10
_MOST_CHOICES = 3


def _words(wanted: Sequence[Sequence[str]]) -> str:
    return ", or ".join(" with ".join(each) for each in wanted[:_MOST_CHOICES])


def output(facts: Facts, repository: Repository) -> DoctorLine:
    """A place to push to: that it can be written to, or made."""
    error, identity = facts.writable[repository], facts.identity
    called = _called(repository, identity)
    if error is None:
        return DoctorLine("output", "ok", f"{called} exists, and you can write to it")
    if not isinstance(identity, Identity):
        return unknown("output", identity, f"{called}: ")
    if error.reason == "not found":
        return _creation(identity, repository, called)
    if error.reason in ("forbidden", "gated"):
        message = f"{called} exists, and you may not write to it: {error.message}"
        return DoctorLine(
            "output", "missing", message, "push to one of your own, or ask for rights"
        )
    return unknown("output", error, f"{called}: ")


def _creation(identity: Identity, repository: Repository, called: str) -> DoctorLine:
    """A repository that does not exist yet, or is private to others."""
    owner = repository.name.partition("/")[0] if "/" in repository.name else identity.name
    group = identity.organization(owner)
    if not identity.is_own(owner) and group is None:
        message = f"{called} cannot be made: {owner} is neither you nor an organization of yours"
        state = "missing" if identity.token.sees_all else "unknown"
        return DoctorLine("output", state, message, f"push to {identity.name}/… instead")
    if group and group.role == "read":
        message = f"{called} cannot be made: your role in {owner} is read"
        return DoctorLine("output", "missing", message, "ask its administrators for another one")
    may = identity.token.creates(owner)
    if may is False:
        message = f"{called} does not exist, and the token may make nothing in {owner}"
        return DoctorLine("output", "missing", message, f"allow it to write to {owner}")
    if may is None or (group and group.role is None):
        message = f"{called} does not exist yet; the Hub does not tell whether you may make it"
        return DoctorLine("output", "unknown", message, "make it by hand before the job")
    return DoctorLine("output", "ok", f"{called} does not exist yet: it can be made")


def _called(repository: Repository, identity: Identity | NoAnswerError) -> str:
    kind = {"model": "", "dataset": "the data set ", "space": "the Space "}[repository.kind]
    name = repository.name
    if "/" not in name:
        name = f"{identity.name}/{name}" if isinstance(identity, Identity) else f"your {name}"
    return f"{kind}{name}"
