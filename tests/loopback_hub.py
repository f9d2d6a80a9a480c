"""A Hub on loopback that real clients create repositories, Spaces and buckets in, and push to.

It speaks what `huggingface_hub` speaks with HF_HUB_DISABLE_XET=1, and keeps everything in memory.
It stores no files in buckets, as these take Xet only.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote

OWNER = "username"
LARGE = (".bin", ".pt", ".pth", ".safetensors")
"""What goes through LFS; the real Hub decides by size and content."""


class Hub(ThreadingHTTPServer):
    """What was pushed, in memory.

    Attributes:
        repositories: "models/owner/name", "spaces/…" or "buckets/…" -> path -> content.
        commits: how often each was pushed to.
        refused: requests that it does not know, answered with 404.
    """

    daemon_threads = True

    def __init__(self, port: int = 0, handler: type[BaseHTTPRequestHandler] | None = None) -> None:
        super().__init__(("127.0.0.1", port), handler or _Handler)
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.commits: dict[str, int] = {}
        self.refused: list[str] = []
        self.large: dict[str, bytes] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def running() -> Iterator[Hub]:
    """A Hub that answers until the block ends."""
    hub = Hub()
    thread = Thread(target=hub.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        thread.join()
        hub.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *_: object) -> None:
        """Requests are no news."""

    def do_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = f"{self.command} {self.path.partition('?')[0]}"
        for pattern, answer in ROUTES.items():
            found = re.fullmatch(pattern, request)
            if found:
                return self.say(*answer(self.server, *found.groups(), body))
        self.server.refused.append(request)
        return self.say(404, {"error": "Not Found"}, "EntryNotFound")

    do_GET = do_HEAD = do_POST = do_PUT = do_any  # noqa: N815

    def say(
        self, status: int, answer: Any, code: str = "", about: Mapping[str, str] | None = None
    ) -> None:
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if code:
            self.send_header("X-Error-Code", code)
        for name, value in (about or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


Answer = tuple[Any, ...]
"""Status, content, the Hub's code for an error, and headers, if any."""


def who(hub: Hub, body: bytes) -> Answer:
    token = {"type": "access_token", "accessToken": {"displayName": "t", "role": "write"}}
    return 200, {"type": "user", "name": OWNER, "orgs": [], "auth": token}


def create(hub: Hub, body: bytes) -> Answer:
    asked = json.loads(body)
    name = f"{asked.get('organization') or OWNER}/{asked['name']}"
    repository = f"{asked.get('type', 'model')}s/{name}"
    if repository in hub.repositories:
        return 409, {"error": "You already created this repo", "url": f"{hub.url}/{name}"}
    hub.repositories[repository] = {}
    return 200, {"url": f"{hub.url}/{name}", "name": name, "id": name}


def info(hub: Hub, repository: str, body: bytes) -> Answer:
    files = hub.repositories.get(repository)
    if files is None:
        return 404, {"error": "Repository not found"}, "RepoNotFound"
    siblings = [{"rfilename": path} for path in files]
    oid = _oid(hub, repository)
    return 200, {"id": repository.partition("/")[2], "sha": oid, "siblings": siblings}


def tree(hub: Hub, repository: str, body: bytes) -> Answer:
    files = hub.repositories.get(repository, {})
    return 200, [
        {"type": "file", "path": path, "size": len(content), "oid": _digest(content)[:40]}
        for path, content in files.items()
    ]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _oid(hub: Hub, repository: str) -> str:
    """The last commit: another one after each push."""
    return f"{hub.commits.get(repository, 0):040x}"


def resolve(hub: Hub, name: str, path: str, body: bytes) -> Answer:
    """A file, which a request for its head asks about before."""
    content = hub.repositories.get(f"models/{name}", {}).get(unquote(path))
    if content is None:
        return 404, {"error": "Entry not found"}, "EntryNotFound"
    about = {"ETag": f'"{_digest(content)[:40]}"', "X-Repo-Commit": _oid(hub, f"models/{name}")}
    return 200, content, "", about


def preupload(hub: Hub, repository: str, body: bytes) -> Answer:
    modes = [
        {
            "path": each["path"],
            "uploadMode": "lfs" if each["path"].endswith(LARGE) else "regular",
            "shouldIgnore": False,
        }
        for each in json.loads(body)["files"]
    ]
    return 200, {"files": modes}


def lfs_batch(hub: Hub, body: bytes) -> Answer:
    objects = [
        {**each, "actions": {"upload": {"href": f"{hub.url}/lfs/{each['oid']}"}}}
        for each in json.loads(body)["objects"]
    ]
    return 200, {"transfer": "basic", "objects": objects}


def lfs_upload(hub: Hub, oid: str, body: bytes) -> Answer:
    if _digest(body) != oid:
        return 400, {"error": "the content is another one"}
    hub.large[oid] = body
    return 200, {}


def commit(hub: Hub, repository: str, body: bytes) -> Answer:
    files = hub.repositories[repository]
    for line in body.splitlines():
        change = json.loads(line)
        about = change["value"]
        if change["key"] == "file":
            assert about["encoding"] == "base64"
            files[about["path"]] = base64.b64decode(about["content"])
        elif change["key"] == "lfsFile":
            files[about["path"]] = hub.large[about["oid"]]
        elif change["key"] == "deletedFolder":
            for path in [each for each in files if each.startswith(about["path"])]:
                del files[path]
    hub.commits[repository] = hub.commits.get(repository, 0) + 1
    name = repository.removeprefix("models/")
    oid = _oid(hub, repository)
    return 200, {"commitOid": oid, "commitUrl": f"{hub.url}/{name}/commit/{oid}", "success": True}


def validate(hub: Hub, body: bytes) -> Answer:
    return 200, {"errors": [], "warnings": []}


def bucket_info(hub: Hub, bucket: str, body: bytes) -> Answer:
    if bucket not in hub.repositories:
        return 404, {"error": "Bucket not found"}, "RepoNotFound"
    about = {"id": bucket.partition("/")[2], "private": False, "size": 0, "totalFiles": 0}
    return 200, {**about, "createdAt": "2026-01-01T00:00:00.000Z"}


def create_bucket(hub: Hub, bucket: str, body: bytes) -> Answer:
    hub.repositories[bucket] = {}
    return 200, {"url": f"{hub.url}/{bucket}"}


def nothing(hub: Hub, body: bytes) -> Answer:
    """What a Space is set up with is taken and forgotten."""
    return 200, {}


def runtime(hub: Hub, body: bytes) -> Answer:
    return 200, {"stage": "BUILDING", "hardware": {"current": None, "requested": "cpu-basic"}}


REPOSITORY = "((?:models|datasets|spaces)/[^/]+/[^/]+)"
ROUTES = {
    "GET /api/whoami-v2": who,
    "POST /api/repos/create": create,
    "POST /api/validate-yaml": validate,
    f"GET /api/{REPOSITORY}(?:/revision/main)?": info,
    f"GET /api/{REPOSITORY}/tree/[^/]+": tree,
    "(?:GET|HEAD) /([^/]+/[^/]+)/resolve/[^/]+/(.+)": resolve,
    f"POST /api/{REPOSITORY}/preupload/main": preupload,
    f"POST /api/{REPOSITORY}/commit/main": commit,
    "GET /api/(buckets/[^/]+/[^/]+)": bucket_info,
    "GET /api/spaces/[^/]+/[^/]+/runtime": runtime,
    "POST /api/(buckets/[^/]+/[^/]+)": create_bucket,
    "(?:GET|POST|PUT) /api/spaces/[^/]+/[^/]+/(?:secrets|variables|volumes)": nothing,
    r"POST /.+\.git/info/lfs/objects/batch": lfs_batch,
    "PUT /lfs/([0-9a-f]{64})": lfs_upload,
}
