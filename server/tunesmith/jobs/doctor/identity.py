"""Whose token it is and what it may do, out of `GET /api/whoami-v2`.

Shapes: `ApiWhoAmIUser` of @huggingface/hub 2.7 (src/types/api/api-who-am-i.ts), `whoami` and
`OAuthOrgInfo` of huggingface_hub 2.4, and answers that people have published. A field of another
type counts as not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

JOBS = "job.write"
WRITE = "repo.write"
READ = "repo.content.read"


@dataclass(frozen=True)
class Organization:
    """An organization of the user.

    Attributes:
        role: of the user in it: "admin", "write", "contributor" or "read"; None where not told.
        plan: "team", "enterprise" and the like, "free"; None where not told.
        can_pay: whether it has a way to pay.
        restrictions: what it asks of its members before they may use it: "sso", "mfa", …
    """

    name: str
    role: str | None = None
    plan: str | None = None
    can_pay: bool | None = None
    restrictions: Sequence[str] = ()


@dataclass(frozen=True)
class Token:
    """What is told of a token.

    Attributes:
        kind: "access_token" is one of the user's settings, any other a sign-in by a browser or app.
        role: "read", "write", "fineGrained"; None where not told.
        name: as its user calls it.
        until: the day it ends; empty where it does not, or is not told.
        scopes: what a fine-grained one may do with a user, an organization or a repository, by its
            name; None where not told.
        reads_gated: whether a fine-grained one reads public gated repositories; None: not told.
    """

    kind: str | None = None
    role: str | None = None
    name: str = ""
    until: str = ""
    scopes: Mapping[str, frozenset[str]] | None = None
    reads_gated: bool | None = None

    @property
    def sees_all(self) -> bool:
        """Whether it surely sees what its user sees."""
        return self.role in ("read", "write")

    def allows(self, permission: str, owner: str) -> bool | None:
        """Whether it may do something with what an owner has; None where that is not told."""
        if self.role == "write":
            return True
        if self.role == "read":
            return permission == READ
        if self.role != "fineGrained" or self.scopes is None:
            return None
        return permission in self.scopes.get(owner.casefold(), ())

    def creates(self, owner: str) -> bool | None:
        """Whether it may make repositories there: also one that writes to nothing but its own.

        Source: https://huggingface.co/changelog of 12 October 2026.
        """
        may = self.allows(WRITE, owner)
        if may is False and self.role == "fineGrained" and self.scopes:
            return any("contribut" in each for each in self.scopes.get(owner.casefold(), ()))
        return may


@dataclass(frozen=True)
class Identity:
    """Who is signed in.

    Attributes:
        name: of the user, or of the organization that a token belongs to.
        is_pro: whether the user has a PRO subscription.
        can_pay: whether the user has a way to pay.
    """

    name: str
    is_pro: bool | None = None
    can_pay: bool | None = None
    organizations: Sequence[Organization] = ()
    token: Token = field(default_factory=Token)

    def organization(self, name: str) -> Organization | None:
        """One of the user's; the case of names does not count."""
        wanted = name.casefold()
        return next((each for each in self.organizations if each.name.casefold() == wanted), None)

    def is_own(self, name: str) -> bool:
        """Whether a namespace is the user's own."""
        return name.casefold() == self.name.casefold()


def read_identity(content: object) -> Identity | None:
    """What an answer says; None where it names nobody."""
    fields = _dict(content)
    name = _text(fields.get("name"))
    if not name:
        return None
    organizations = (_organization(_dict(each)) for each in _list(fields.get("orgs")))
    return Identity(
        name,
        is_pro=_flag(fields.get("isPro")),
        can_pay=_flag(fields.get("canPay")),
        organizations=[each for each in organizations if each.name],
        token=_token(_dict(fields.get("auth"))),
    )


def _organization(fields: Mapping[str, Any]) -> Organization:
    return Organization(
        _text(fields.get("name")) or "",
        role=_text(fields.get("roleInOrg")),
        plan=_plan(fields),
        can_pay=_flag(fields.get("canPay")),
        restrictions=list(_texts(fields.get("securityRestrictions"))),
    )


def _plan(fields: Mapping[str, Any]) -> str | None:
    """`plan` where it is given; `isEnterprise` may be true, false, or "plus"."""
    if plan := _text(fields.get("plan")):
        return plan
    enterprise = fields.get("isEnterprise")
    if isinstance(enterprise, str) and enterprise:
        return f"enterprise {enterprise}"
    return "enterprise" if enterprise is True else None


def _token(auth: Mapping[str, Any]) -> Token:
    about = _dict(auth.get("accessToken"))
    fine = about.get("fineGrained")
    until = _text(auth.get("expiresAt")) or _text(about.get("expiration")) or ""
    return Token(
        kind=_text(auth.get("type")),
        role=_text(about.get("role")),
        name=_text(about.get("displayName")) or "",
        until=until[:10],
        scopes=_scopes(_dict(fine)),
        reads_gated=_flag(_dict(fine).get("canReadGatedRepos")),
    )


def _scopes(fine: Mapping[str, Any]) -> Mapping[str, frozenset[str]] | None:
    scoped = fine.get("scoped")
    if not isinstance(scoped, list):
        return None
    found: dict[str, frozenset[str]] = {}
    for each in map(_dict, cast("list[object]", scoped)):
        name = _text(_dict(each.get("entity")).get("name"))
        if name is None or not isinstance(each.get("permissions"), list):
            return None
        allowed = frozenset(_texts(each["permissions"]))
        found[name.casefold()] = found.get(name.casefold(), frozenset()) | allowed
    return found


def _dict(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _texts(value: object) -> Iterator[str]:
    return (each for each in _list(value) if isinstance(each, str))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
