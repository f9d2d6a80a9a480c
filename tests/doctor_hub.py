"""A Hub for doctor's tests: it answers in the words of the real one, and as it is told."""

from __future__ import annotations

from typing import Any

from answering_hub import Answer, AnsweringHub, as_json

TOKEN = "hf_canaryCanary0123456789abcdefghij"


def whoami(role: str | None = "write", **fields: Any) -> dict[str, Any]:
    """As `/api/whoami-v2` answers."""
    about: dict[str, Any] = {"displayName": "laptop", "role": role}
    about |= fields.pop("about", {})
    return {
        "type": "user", "id": "5e", "name": "me", "fullname": "Me", "email": "me@example.com",
        "isPro": True, "canPay": True, "periodEnd": None, "orgs": [], "avatarUrl": "",
        "auth": {"type": "access_token", "accessToken": about},
    } | fields  # fmt: skip


def organization(**fields: Any) -> dict[str, Any]:
    return {
        "type": "org", "id": "6f", "name": "lab", "fullname": "The Lab", "email": None,
        "canPay": True, "periodEnd": None, "isEnterprise": False, "roleInOrg": "write",
    } | fields  # fmt: skip


def fine_grained(*scoped: tuple[str, list[str]], **fields: Any) -> dict[str, Any]:
    """Of a token, what it may do with a user, an organization or a repository."""
    entities = [
        {"entity": {"_id": "0", "type": "user", "name": name}, "permissions": permissions}
        for name, permissions in scoped
    ]
    return {"fineGrained": {"canReadGatedRepos": True, "global": [], "scoped": entities} | fields}


NOT_FOUND = Answer(
    404,
    b'{"error":"Repository not found"}',
    {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"},
)
NOT_SEEN = Answer(
    401,
    b'{"error":"Invalid username or password."}',
    {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Invalid username or password."},
)
"""Of a repository that does not exist or is private, without a token."""
REFUSED = Answer(
    401,
    b'{"error":"Invalid credentials in Authorization header"}',
    {"X-Error-Message": "Invalid credentials in Authorization header"},
)
GATED = Answer(
    403,
    b'{"error":"Access to this repository is restricted"}',
    {
        "X-Error-Code": "GatedRepo",
        "X-Error-Message": "Access to this repository is restricted and you are not in the "
        "authorized list. Visit its page to ask for access.",
    },
)
FORBIDDEN = Answer(
    403, b'{"error":"Forbidden"}', {"X-Error-Message": "You don't have the required permissions"}
)
DISABLED = Answer(
    403, b'{"error":"x"}', {"X-Error-Message": "Access to this resource is disabled."}
)


def add_model(hub: AnsweringHub, name: str, **fields: Any) -> None:
    """A model that can be read, unless another answer is put at its `auth-check`."""
    path = f"/api/models/{name}"
    content = {"_id": "0", "id": name, "private": False, "gated": False} | fields
    hub.answers[f"{path}?expand=gated&expand=private"] = as_json(content)
    hub.answers[f"{path}/auth-check"] = Answer()


def add_data(hub: AnsweringHub, name: str, columns: list[str], **fields: Any) -> None:
    """A data set whose card tells its columns."""
    features = [{"name": each, "dtype": "string"} for each in columns]
    splits = [{"name": "train", "num_bytes": 100, "num_examples": 10}]
    card = {"dataset_info": {"features": features, "splits": splits}} if columns else {}
    content = {"_id": "0", "id": name, "private": False, "gated": False, "cardData": card} | fields
    hub.answers[data_path(name)] = as_json(content)
    hub.answers[f"/api/datasets/{name}/auth-check"] = Answer()


def data_path(name: str) -> str:
    return f"/api/datasets/{name}?expand=gated&expand=private&expand=cardData"


def allow_writes(hub: AnsweringHub, path: str) -> None:
    hub.answers[f"/api/{path}/auth-check/write"] = Answer()


def as_user(hub: AnsweringHub, content: Any = None) -> None:
    """Somebody is signed in, and jobs can be listed."""
    hub.answers["/api/whoami-v2"] = as_json(content or whoami())
    for namespace in ("me", "lab"):
        hub.answers[f"/api/jobs/{namespace}?stage=RUNNING"] = as_json([])
