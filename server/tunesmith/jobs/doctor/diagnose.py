"""All checks of an account and a script, in the order in which to set things right."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tunesmith.agent.messages import DoctorLine, DoctorParams, DoctorResult
from tunesmith.data.hub_data import named
from tunesmith.errors import UserError
from tunesmith.hub_cache import is_model_id
from tunesmith.jobs.account import Account, load_client
from tunesmith.jobs.doctor import account as account_checks
from tunesmith.jobs.doctor import repositories
from tunesmith.jobs.doctor.asked import Asked, AskedData, Repository, asked
from tunesmith.jobs.doctor.columns import Columns, choices
from tunesmith.jobs.doctor.facts import Facts, gather
from tunesmith.jobs.doctor.identity import Identity
from tunesmith.jobs.hub_facts import HubFacts, NoAnswerError
from tunesmith.one_script import OneScript, read_script
from tunesmith.sources.data_set import Origin
from tunesmith.text import regex


class Limits(NamedTuple):
    """Seconds that a request may take, and all of them together."""

    request_s: float = 10.0
    total_s: float = 20.0


LIMITS = Limits()
_NAMESPACE = regex(r"\w[\w.-]{0,95}")


def diagnose(params: DoctorParams, account: Account) -> DoctorResult:
    """Look at everything that the agent is asked about.

    Raises:
        UserError: the script cannot be read, or the Hub's client is missing.
    """
    try:
        one = read_script(params.script) if params.script else None
    except UserError as error:
        step = error.next_step or "give a Python script or a notebook"
        raise UserError(f"{params.script}: {error.message}", step) from None
    return examine(one, account, params.namespace, params.available)


def examine(
    one: OneScript | None,
    account: Account,
    namespace: str | None = None,
    available: Collection[str] = (),
    limits: Limits = LIMITS,
) -> DoctorResult:
    """Look at everything.

    Args:
        one: the script; None for the account alone.
        account: on whose behalf.
        namespace: of the job; None for that of the script's header, else the user's own.
        available: names of variables that have a value where the user is.
        limits: what takes longer is not told.

    Raises:
        UserError: the Hub's client is missing, or the namespace cannot be one.
    """
    wants = asked(one) if one else Asked()
    namespace = namespace or wants.namespace
    if namespace and not _NAMESPACE.fullmatch(namespace):
        message = f"the namespace {namespace!r} is none"
        raise UserError(message, "give the name of a user or of an organization")
    load_client()
    hub_data = _on_hub(wants, one)
    facts = gather(HubFacts(account, limits.request_s), wants, hub_data, namespace, limits.total_s)
    lines = [
        *_account_lines(facts, wants, namespace, account.endpoint),
        *_secret_lines(facts, wants, available),
        *_model_lines(facts, wants, account.endpoint),
        *(_data_lines(facts, wants, hub_data, one, account.endpoint) if one else ()),
        *(repositories.output(facts, each) for each in wants.outputs),
    ]
    return DoctorResult(lines)


def _account_lines(
    facts: Facts, wants: Asked, namespace: str | None, endpoint: str
) -> Iterator[DoctorLine]:
    identity = facts.identity
    yield account_checks.login(identity, wants)
    if not isinstance(identity, Identity):
        yield account_checks.jobs(identity, facts.jobs, namespace or "", endpoint)
        return
    payer = namespace or identity.name
    yield account_checks.token(identity, payer, endpoint)
    outputs = (each.name.partition("/")[0] for each in wants.outputs if "/" in each.name)
    for owner in dict.fromkeys([payer, *outputs]):
        if not identity.is_own(owner):
            yield account_checks.organization(identity, owner, endpoint)
    group = None if identity.is_own(payer) else identity.organization(payer)
    if group or identity.is_own(payer):
        yield account_checks.plan(identity, group)
        yield account_checks.payment(identity, group, endpoint)
    yield account_checks.jobs(identity, facts.jobs, payer, endpoint)


def _secret_lines(facts: Facts, wants: Asked, available: Collection[str]) -> Iterator[DoctorLine]:
    """The token stands for HF_TOKEN; whether there is one, the line on the login tells as well."""
    names, found = wants.secrets, set(available)
    if facts.has_token is True:
        found.add("HF_TOKEN")
    elif isinstance(facts.has_token, NoAnswerError):
        names = [each for each in names if each != "HF_TOKEN"]
    yield from account_checks.secrets(names, found)


def _model_lines(facts: Facts, wants: Asked, endpoint: str) -> Iterator[DoctorLine]:
    for name in wants.models:
        yield from repositories.model(facts, Repository("model", name), endpoint)
    for name in wants.folders:
        message = f"{name} is a folder of this machine, which no job elsewhere has"
        yield DoctorLine("model", "unknown", message, "push it to the Hub, or run it here")
    if wants.trains and not wants.models and not wants.folders:
        message = "the script does not tell which model it trains"
        yield DoctorLine("model", "unknown", message)


def _data_lines(
    facts: Facts,
    wants: Asked,
    hub_data: Mapping[Origin, Repository],
    one: OneScript,
    endpoint: str,
) -> Iterator[DoctorLine]:
    for repository in dict.fromkeys(hub_data.values()):
        yield repositories.data_set(facts, repository, endpoint)
    for data in wants.data:
        yield from repositories.columns(data, _columns(facts, data, one))
    if wants.untold_data:
        yield DoctorLine("data set", "unknown", wants.untold_data)


def _on_hub(wants: Asked, one: OneScript | None) -> Mapping[Origin, Repository]:
    """The data sets of a script that are on the Hub."""
    found: dict[Origin, Repository] = {}
    folders = [Path(each) for each in one.project.run_folders(one.script.path)] if one else []
    for data in wants.data:
        origin = named(data.origin)
        is_own = origin.loader != "named" or any((each / origin.name).is_dir() for each in folders)
        if not is_own and is_model_id(origin.name):
            found[data.origin] = Repository("dataset", origin.name)
    return found


def _columns(facts: Facts, data: AskedData, one: OneScript) -> Columns | NoAnswerError | None:
    """The columns of a data set, as the Hub tells, else as this machine has it."""
    told = facts.columns.get(data.origin)
    if isinstance(told, frozenset):
        return Columns(told)
    if data.is_rewritten or not choices(data.trainer, data.text_field):
        return None
    stored = one.project.data_of(data.origin, one.script.path)
    rows = [*stored.sample, stored.columns]
    names = frozenset(name for row in rows for name in row)
    if names:
        return Columns(names, is_whole=False)
    if told is None and stored.problem and data.origin not in facts.columns:
        return NoAnswerError("not found", stored.problem, "see whether the path is right")
    return told
