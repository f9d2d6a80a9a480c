"""Buckets, and the content-addressed store that their files are uploaded to."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from jobs_server.http import Answer, RefusalError, Request

if TYPE_CHECKING:
    from jobs_server.server import JobsServer


def create(server: JobsServer, request: Request, bucket: str) -> Answer:
    namespace = bucket.split("/")[1]
    server.check_member(request, namespace)
    url = f"{server.url}/{bucket}"
    if bucket in server.repositories:
        body = {"error": "You already created this bucket", "url": url}
        return Answer(body, 409, {"X-Error-Message": body["error"]})
    server.repositories[bucket] = {}
    return Answer({"url": url, "name": bucket.partition("/")[2], "id": bucket})


def info(server: JobsServer, request: Request, bucket: str) -> Answer:
    files = _files(server, bucket)
    about = {"id": bucket.partition("/")[2], "private": True, "totalFiles": len(files)}
    size = sum(map(len, files.values()))
    return Answer({**about, "size": size, "createdAt": "2026-01-01T00:00:00.000Z"})


def write_token(server: JobsServer, request: Request, bucket: str) -> Answer:
    """Where to upload to, in the headers as well."""
    _files(server, bucket)
    expires = int(time.time()) + 3600
    url = f"{server.url}/cas"
    headers = {
        "X-Xet-Cas-Url": url,
        "X-Xet-Access-Token": server.store_token,
        "X-Xet-Token-Expiration": str(expires),
    }
    body = {"casUrl": url, "accessToken": server.store_token, "exp": expires}
    return Answer(body, headers=headers)


def unknown_chunk(server: JobsServer, request: Request, chunk: str) -> Answer:
    """No chunk is shared with other uploads, so that every file is sent whole."""
    raise RefusalError(404, "Not Found")


def older(server: JobsServer, request: Request, *_: str) -> Answer:
    """The client goes on as with a store of the first version."""
    raise RefusalError(404, "Not Found")


def xorb(server: JobsServer, request: Request, name: str) -> Answer:
    return Answer({"was_inserted": server.store.add_xorb(name, request.body)})


def shard(server: JobsServer, request: Request) -> Answer:
    try:
        server.store.add_shard(request.body)
    except KeyError as error:
        raise RefusalError(400, f"xorb {error} is not there") from None
    return Answer({"result": 1})


def change(server: JobsServer, request: Request, bucket: str) -> Answer:
    """Add and delete files; a file is named by the hash of what was uploaded."""
    files = _files(server, bucket)
    failed: list[dict[str, str]] = []
    changes = [json.loads(line) for line in request.body.splitlines() if line.strip()]
    for each in changes:
        path = each["path"]
        if each["type"] == "deleteFile":
            files.pop(path, None)
        elif each.get("xetHash") in server.store.files:
            files[path] = server.store.files[each["xetHash"]]
        else:
            failed.append({"path": path, "error": "File not found in Xet storage"})
    done = len(changes) - len(failed)
    counts = {"processed": len(changes), "succeeded": done, "failed": failed}
    return Answer({"success": not failed, **counts}, 200 if done or not failed else 422)


def _files(server: JobsServer, bucket: str) -> dict[str, bytes]:
    if bucket not in server.repositories:
        raise RefusalError(404, "Bucket not found", "RepoNotFound")
    return server.repositories[bucket]


BUCKET = "(buckets/[^/]+/[^/]+)"
ROUTES = {
    f"GET /api/{BUCKET}": info,
    f"POST /api/{BUCKET}": create,
    f"GET /api/{BUCKET}/xet-write-token": write_token,
    f"POST /api/{BUCKET}/batch": change,
    "GET /cas/v1/chunks/default/([0-9a-f]{64})": unknown_chunk,
    "POST /cas/v1/xorb-grants/default/([0-9a-f]{64})": older,
    "POST /cas/v2/shards": older,
    "POST /cas/v1/xorbs/default/([0-9a-f]{64})": xorb,
    "POST /cas/v1/shards": shard,
}
