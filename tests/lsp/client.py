"""A language client for tests and benchmarks: raw messages to a real server process."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

Json = dict[str, Any]

PATIENCE = 30.0
"""Seconds after which a message that does not come is an error: ample for a busy machine."""
SERVER = ("-m", "tunesmith", "server", "--stdio")
CAPABILITIES: Json = {
    "workspace": {
        "configuration": True,
        "workspaceFolders": True,
        "didChangeWatchedFiles": {"dynamicRegistration": True},
        "workspaceEdit": {"documentChanges": True},
        "applyEdit": True,
        "codeLens": {"refreshSupport": True},
    },
    "textDocument": {"publishDiagnostics": {"versionSupport": True}},
    "notebookDocument": {"synchronization": {}},
    "general": {"positionEncodings": ["utf-8", "utf-16"]},
}


class ResponseError(Exception):
    """The server answered a request with an error."""

    def __init__(self, error: Json) -> None:
        super().__init__(error["message"])
        self.code: int = error["code"]


class Client:
    """Speaks with one server process.

    Args:
        arguments: of the interpreter; they start the server.
        settings: the `tunesmith` section that the server is told, by folder URI (or None).

    Attributes:
        received: all messages, in their order.
        applied: the edits that the server had the editor make.
    """

    def __init__(
        self,
        arguments: Iterable[str] = SERVER,
        *,
        settings: Mapping[str | None, Json] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = dict(settings or {})
        self.received: list[Json] = []
        self.applied: list[Json] = []
        self._open: set[str] = set()
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
        )
        self._messages: queue.Queue[Json] = queue.Queue()
        self._kept: deque[Json] = deque()
        self._next_id = 0
        self._errors: list[bytes] = []
        self._threads = [
            threading.Thread(target=target, daemon=True) for target in (self._read, self._drain)
        ]
        for thread in self._threads:
            thread.start()

    # Starting and ending

    def initialize(self, *folders: Path, **options: Any) -> Json:
        params = {
            "processId": os.getpid(),
            "rootUri": None,
            "capabilities": CAPABILITIES,
            "workspaceFolders": [_folder(folder) for folder in folders],
            "initializationOptions": {"debounce": 0.02, **options},
        }
        result = self.request("initialize", params)
        self.notify("initialized", {})
        return result

    def shut_down(self) -> int:
        """Leave as the protocol wants it; returns the exit code."""
        self.request("shutdown", None)
        self.notify("exit", None)
        return self.wait()

    def wait(self) -> int:
        code = self._process.wait(PATIENCE)
        for thread in self._threads:
            thread.join(PATIENCE)
        return code

    def close(self) -> None:
        """End the process, however it is."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream and not stream.closed:
                with suppress(BrokenPipeError):
                    stream.close()

    def hang_up(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def log(self) -> str:
        """What the server wrote to standard error so far."""
        return b"".join(self._errors).decode("utf-8", "replace")

    # Messages

    def request(self, method: str, params: Any) -> Any:
        self._next_id += 1
        identity = self._next_id
        self.send({"jsonrpc": "2.0", "id": identity, "method": method, "params": params})
        return self.response(identity)

    def response(self, identity: int | str) -> Any:
        answer = self.wait_for(
            lambda message: message.get("id") == identity and "method" not in message
        )
        if "error" in answer:
            raise ResponseError(answer["error"])
        return answer["result"]

    def notify(self, method: str, params: Any) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def send(self, message: Json) -> None:
        self.send_bytes(json.dumps(message).encode())

    def send_bytes(self, body: bytes) -> None:
        assert self._process.stdin
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def wait_for(self, wanted: Callable[[Json], bool], patience: float = PATIENCE) -> Json:
        """The next message that is wanted; others are kept for later."""
        for message in list(self._kept):
            if wanted(message):
                self._kept.remove(message)
                return message
        end = time.monotonic() + patience
        while True:
            try:
                message = self._messages.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"no such message in {patience} s; log:\n{self.log}") from None
            if wanted(message):
                return message
            self._kept.append(message)

    def diagnostics(self, uri: str, version: int | None = None) -> list[Json]:
        """What the server publishes next for a document, or for a version of it."""

        def is_wanted(message: Json) -> bool:
            params = message.get("params")
            return (
                message.get("method") == "textDocument/publishDiagnostics"
                and params["uri"] == uri
                and (version is None or params.get("version") == version)
            )

        return self.wait_for(is_wanted)["params"]["diagnostics"]

    def codes(self, uri: str, version: int | None = None) -> list[str]:
        return [diagnostic["code"] for diagnostic in self.diagnostics(uri, version)]

    def wait_until_ready(self) -> None:
        """Wait until all folders were read."""
        self.wait_for(
            lambda message: (
                message.get("method") == "tunesmith/status"
                and message["params"]["state"] == "ready"
            )
        )

    def change_folders(self, added: Iterable[Path] = (), removed: Iterable[Path] = ()) -> None:
        event = {"added": [*map(_folder, added)], "removed": [*map(_folder, removed)]}
        self.notify("workspace/didChangeWorkspaceFolders", {"event": event})

    def forget(self) -> None:
        """Forget all messages that came so far."""
        self._kept.clear()
        self.applied.clear()
        while not self._messages.empty():
            self._messages.get_nowait()

    # Documents

    def open(self, uri: str, text: str, language: str = "python", version: int = 1) -> None:
        self._open.add(uri)
        item = {"uri": uri, "languageId": language, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, version: int, *changes: Json) -> None:
        document = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    def close_documents(self) -> None:
        for uri in list(self._open):
            self.close_document(uri)

    def close_document(self, uri: str) -> None:
        self._open.discard(uri)
        self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    # Threads

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream
        while header := stream.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                header = stream.readline()
            message = json.loads(stream.read(length))
            self.received.append(message)
            if "method" in message and "id" in message:
                self._answer(message)
            else:
                self._messages.put(message)

    def _drain(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self._errors.append(line)

    def _answer(self, request: Json) -> None:
        result: Any = None
        if request["method"] == "workspace/configuration":
            items = request["params"]["items"]
            result = [self.settings.get(item.get("scopeUri")) for item in items]
        if request["method"] == "workspace/applyEdit":
            self.applied.append(request["params"]["edit"])
            result = {"applied": True}
        with suppress(BrokenPipeError, ValueError):  # the test has hung up
            self.send({"jsonrpc": "2.0", "id": request["id"], "result": result})


def _folder(folder: Path) -> Json:
    return {"uri": folder.as_uri(), "name": folder.name}


Start = Callable[..., Client]
"""Starts a client; see the fixture of that name."""


def edit(start: tuple[int, int], end: tuple[int, int], text: str) -> Json:
    """A change of the text between two positions (line, UTF-16 column)."""
    first, last = ({"line": line, "character": column} for line, column in (start, end))
    return {"range": {"start": first, "end": last}, "text": text}
