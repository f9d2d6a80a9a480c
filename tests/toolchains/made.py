"""A small toolchain, and a package index on this machine that serves it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import os
import random
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CLI = Path(__file__).parent / "tiny_cli.py"
NOISE = random.Random(5).randbytes(3_000_000)
"""Does not compress."""


def wheel(
    name: str, version: str, files: Mapping[str, bytes | str], requires: Iterable[str] = ()
) -> bytes:
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {each}\n" for each in requires)
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
    tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    return zipped({**files, f"{info}/METADATA": about, f"{info}/WHEEL": tags}, info)


def zipped(files: Mapping[str, bytes | str], info: str) -> bytes:
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, data)
    return content.getvalue()


@cache
def pip_wheel() -> bytes:
    """The pip that is installed here, as a wheel again."""
    pip = importlib.metadata.distribution("pip")
    unwanted = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
    files = {
        path.as_posix(): path.read_binary()
        for path in pip.files or ()
        if ".." not in path.parts and path.suffix != ".pyc" and path.name not in unwanted
    }
    return zipped(files, f"pip-{pip.version}.dist-info")


class Index:
    """A package index. It can stall when it is asked for a file."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.stalls_at = ""
        self.stalled = threading.Event()
        self.go_on = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self.server.daemon_threads = True
        self.url = f"http://user:canary-secret@127.0.0.1:{self.server.server_port}/simple"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stall_at(self, name: str) -> None:
        self.stalls_at = name
        self.stalled.clear()
        self.go_on.clear()

    def stall_no_more(self) -> None:
        self.stalls_at = ""
        self.go_on.set()

    def close(self) -> None:
        self.stall_no_more()
        self.server.shutdown()
        self.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, index: Index, *arguments: Any) -> None:
        self.index = index
        super().__init__(*arguments)

    def do_GET(self) -> None:
        folder, _, name = self.path.strip("/").rpartition("/")
        if folder == "simple":
            names = [file for file in self.index.files if file.startswith(f"{name}-")]
            links = "".join(f'<a href="/files/{file}">{file}</a>' for file in names)
            self.answer("text/html", links.encode()) if names else self.send_error(404)
        elif content := self.index.files.get(name):
            self.index.asked.append(name)
            half = len(content) // 2 if self.is_stalling(name) else len(content)
            self.answer("application/octet-stream", content, half)
        else:
            self.send_error(404)

    def is_stalling(self, name: str) -> bool:
        return bool(self.index.stalls_at) and name.startswith(f"{self.index.stalls_at}-")

    def answer(self, kind: str, content: bytes, half: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            self.wfile.write(content[:half])
            if half is not None and half < len(content):
                self.index.stalled.set()
                self.index.go_on.wait(60)
                self.wfile.write(content[half:])
        except OSError:
            pass  # the client was killed

    def log_message(self, *_: object) -> None:
        pass


class Tiny:
    """The toolchain `tiny`: a torch, two libraries, and the index that has them."""

    def __init__(self, folder: Path, index: Index) -> None:
        self.folder = folder
        self.index = index
        self.lock = folder / "tiny.json"
        self.packages: dict[str, dict[str, Any]] = {}
        pip = importlib.metadata.version("pip")
        self.add("pip", pip, pip_wheel(), "pip")
        self.add_library("torch", "2.13.0", group="torch")
        self.add_library("alpha", "1.0", requires=["torch"])
        self.add_library("omega", "1.0", {"omega/noise.bin": NOISE})
        self.write()

    @property
    def place(self) -> Path:
        return self.folder / "tunesmith" / "toolchains" / "tiny"

    def add_library(
        self,
        name: str,
        version: str,
        files: Mapping[str, bytes | str] | None = None,
        group: str = "libraries",
        requires: Sequence[str] = (),
        code: str = "",
    ) -> None:
        files = {f"{name}/__init__.py": code, **(files or {})}
        self.add(name, version, wheel(name, version, files, requires), group)

    def add(self, name: str, version: str, content: bytes, group: str) -> None:
        file = f"{name}-{version}-py3-none-any.whl"
        self.index.files[file] = content
        digest = hashlib.sha256(content).hexdigest()
        wheels = [[file, digest, len(content)]]
        fields = {"name": name, "version": version, "marker": "", "group": group}
        self.packages[name] = {**fields, "wheels": wheels}

    def write(self, python: str = ">=3.10") -> None:
        packages = list(self.packages.values())
        lock = {"requirements": ["torch", "alpha", "omega"], "python": python}
        self.lock.write_text(json.dumps({**lock, "packages": packages}))

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(CLI), str(self.lock), "toolchain", *arguments]

    def run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), capture_output=True, text=True, timeout=300, **options
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=os.name == "posix",
        )

    def environments(self) -> list[Path]:
        return sorted(self.place.glob("environment-*/"))

    def status(self) -> str:
        [state] = json.loads(self.run("list", "--json").stdout)["result"]["toolchains"]
        return state["status"]

    def doctor(self) -> dict[str, Any]:
        ran = self.run("doctor", "tiny", "--json")
        [state] = json.loads(ran.stdout.splitlines()[-1])["result"]["toolchains"]
        assert ran.returncode == (0 if state["status"] == "ok" else 1), ran.stderr
        return state
