"""What the account lacks: a login, rights, a way to pay."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from tunesmith.agent.messages import DoctorLine
from tunesmith.jobs.doctor.asked import Asked
from tunesmith.jobs.doctor.identity import JOBS, WRITE, Identity, Organization, Token
from tunesmith.jobs.hub_facts import SIGN_IN, NoAnswerError
from tunesmith.knowledge.credentials import ANY_CREDENTIAL
from tunesmith.text import regex


def unknown(name: str, error: NoAnswerError, about: str = "") -> DoctorLine:
    """A line for what the Hub did not tell."""
    return DoctorLine(name, "unknown", f"{about}{error.message}", error.next_step)


def login(identity: Identity | NoAnswerError, asked: Asked) -> DoctorLine:
    """Who is signed in."""
    if isinstance(identity, Identity):
        return DoctorLine("login", "ok", f"signed in as {identity.name}")
    if identity.reason == "no login":
        need = f", and the script {asked.token_need}" if asked.token_need else ""
        return DoctorLine("login", "missing", f"{identity.message}{need}", SIGN_IN)
    if identity.reason == "refused":
        message = f"the token cannot be used: {identity.message}"
        return DoctorLine("login", "missing", message, f"{SIGN_IN}; a token may have expired")
    return unknown("login", identity)


def token(identity: Identity, namespace: str, endpoint: str) -> DoctorLine:
    """The token's kind and role, and whether it may start jobs in a namespace."""
    held = identity.token
    settings = f"{endpoint}/settings/tokens"
    if held.kind not in (None, "access_token") and held.role is None:
        message = "a sign-in by the browser, of which the Hub does not tell what it may do"
        return DoctorLine("token", "unknown", message, "see the line on Jobs, or use a token")
    if held.role == "read":
        message = f"{_described(held)} may neither start jobs nor push"
        step = f"make one that may write, or a fine-grained one with {JOBS} and {WRITE}"
        return DoctorLine("token", "missing", message, f"{step}, at {settings}")
    if held.allows(JOBS, namespace) is False:
        message = f"{_described(held)} may not start jobs of {namespace}: {_scopes(held)}"
        step = f"allow {JOBS} for {namespace} at {settings}"
        return DoctorLine("token", "missing", message, step)
    if held.allows(JOBS, namespace) is None:
        message = f"{_described(held)}: the Hub does not tell what it may do"
        return DoctorLine("token", "unknown", message, f"look at {settings}")
    details = f": {_scopes(held)}" if held.role == "fineGrained" else ""
    return DoctorLine("token", "ok", f"{_described(held)}{details}")


_ROLES = {"fineGrained": "fine-grained", None: "token of no known role"}


def _described(held: Token) -> str:
    role = _ROLES.get(held.role, held.role)
    name = f" {held.name!r}" if held.name else ""
    until = f", until {held.until}" if held.until else ""
    return f"{role} token{name}{until}" if held.role else f"{role}{name}{until}"


_MOST_SCOPES = 5


def _scopes(held: Token) -> str:
    """What a fine-grained token may do with whom, as far as jobs are concerned."""
    found = [
        f"{', '.join(sorted(each for each in allowed if _matters(each))) or 'nothing here'} on {of}"
        for of, allowed in (held.scopes or {}).items()
    ]
    more = f" and {len(found) - _MOST_SCOPES} more" if len(found) > _MOST_SCOPES else ""
    return "; ".join(found[:_MOST_SCOPES]) + more or "it has no permissions"


def _matters(permission: str) -> bool:
    return permission.startswith(("repo.", "job."))


def organization(identity: Identity, owner: str, endpoint: str) -> DoctorLine:
    """The user's role where a job or an output belongs, which is not the user's own namespace."""
    found = identity.organization(owner)
    page = f"{endpoint}/{owner}"
    if found is None:
        message = f"{identity.name} is no member of {owner}, as far as this token sees"
        state = "missing" if identity.token.sees_all else "unknown"
        return DoctorLine("organization", state, message, f"ask to join at {page}")
    if found.restrictions:
        message = f"{owner} asks its members for {', '.join(found.restrictions)} first"
        return DoctorLine("organization", "missing", message, f"see {page}")
    if found.role is None:
        message = f"the Hub does not tell your role in {owner}"
        return DoctorLine("organization", "unknown", message, f"see {page}")
    if found.role == "read":
        message = f"your role in {owner} is read, which neither starts jobs nor pushes"
        step = "ask one of its administrators for the role contributor or write"
        return DoctorLine("organization", "missing", message, step)
    return DoctorLine("organization", "ok", f"your role in {owner} is {found.role}")


def plan(identity: Identity, payer: Organization | None) -> DoctorLine:
    """The subscription of whom the job belongs to; jobs take none."""
    if payer:
        if payer.plan is None:
            message = f"the Hub does not tell the plan of {payer.name}; jobs need none"
            return DoctorLine("plan", "unknown", message)
        return DoctorLine("plan", "ok", f"{payer.name} has the plan {payer.plan}")
    if identity.is_pro is None:
        return DoctorLine("plan", "unknown", "the Hub does not tell your plan; jobs need none")
    name = "PRO" if identity.is_pro else "free; jobs are paid by credit and need no subscription"
    return DoctorLine("plan", "ok", f"{identity.name}: {name}")


def payment(identity: Identity, payer: Organization | None, endpoint: str) -> DoctorLine:
    """Whether there is a way to pay; how much credit is left the Hub does not tell.

    A job without enough credit is refused with status 402.
    """
    can_pay = payer.can_pay if payer else identity.can_pay
    name = payer.name if payer else identity.name
    page = f"{endpoint}/organizations/{name}/settings/billing" if payer else _BILLING % endpoint
    if can_pay:
        return DoctorLine("payment", "ok", f"{name} has a payment method")
    if can_pay is None:
        message = f"the Hub does not tell whether {name} can pay"
        return DoctorLine("payment", "unknown", message, f"see {page}")
    message = f"{name} has no payment method, so jobs run on credit that was granted, if any"
    return DoctorLine("payment", "missing", message, f"add one, or credit, at {page}")


_BILLING = "%s/settings/billing"


def jobs(
    identity: Identity | NoAnswerError,
    error: NoAnswerError | None,
    namespace: str,
    endpoint: str,
) -> DoctorLine:
    """Whether Jobs can be reached, on behalf of a namespace."""
    if error is None:
        if isinstance(identity, Identity):
            return DoctorLine("Jobs", "ok", f"the jobs of {namespace} can be reached")
        return DoctorLine("Jobs", "ok", "Jobs can be reached; to start one takes a login")
    if error.reason in ("not found", "no page"):
        message = f"the Hub knows no jobs of {namespace}" if namespace else "this Hub has no Jobs"
        step = "see whether the namespace and HF_ENDPOINT are right"
        return DoctorLine("Jobs", "missing", message, step)
    if error.reason == "forbidden":
        message = f"you may not see the jobs of {namespace}: {error.message}"
        return DoctorLine("Jobs", "missing", message, f"use a token with {JOBS} for {namespace}")
    if error.reason == "unpaid":
        message = f"Jobs asks {namespace} for a payment: {error.message}"
        return DoctorLine("Jobs", "missing", message, f"add credit at {_BILLING % endpoint}")
    return unknown("Jobs", error)


def secrets(names: Sequence[str], available: Collection[str]) -> Iterator[DoctorLine]:
    """Whether what the script asks for has a value here. What is no name may be a secret itself."""
    known = [each for each in names if _NAME.fullmatch(each) and not ANY_CREDENTIAL.search(each)]
    if len(known) < len(names):
        message = "one of the secrets that the script asks for is no name of a variable"
        yield DoctorLine("secrets", "missing", message, "write names only, such as HF_TOKEN")
    lacking = [each for each in known if each not in available]
    if lacking:
        lacks, it = ("has no value", "it") if len(lacking) == 1 else ("have no values", "them")
        message = f"{', '.join(lacking)} {lacks} here, and the script asks for {it}"
        step = f"set {lacking[0]} where you submit from"
        yield DoctorLine("secrets", "missing", message, step)
    elif known:
        yield DoctorLine("secrets", "ok", f"set here: {', '.join(known)}")


_NAME = regex(r"[A-Za-z_]\w*")
