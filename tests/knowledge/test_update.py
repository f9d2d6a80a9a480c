"""Against an index on this machine, with the real pip and the real uv."""

from __future__ import annotations

import datetime
import errno
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tunesmith import update
from tunesmith.knowledge import tables

OWN = tables.described(tables.PACKAGED)
assert OWN is not None
DATE = datetime.date.fromisoformat(OWN["date"])
NEWER = (DATE + datetime.timedelta(days=9)).isoformat()
OLDER = (DATE - datetime.timedelta(days=9)).isoformat()


def packaged() -> dict[str, Any]:
    return {
        path.relative_to(tables.PACKAGED).as_posix(): json.loads(path.read_text("utf-8"))
        for path in tables.PACKAGED.rglob("*.json")
    }


def texts_of(found: Mapping[str, Any]) -> dict[str, bytes]:
    return {path: json.dumps(table).encode() for path, table in found.items()}


def tables_of(date: str, about: Mapping[str, Any] | None = None) -> dict[str, bytes]:
    found = packaged()
    found["tables.json"].update({"date": date, **(about or {})})
    return texts_of(found)


def wheel(texts: Mapping[str, bytes]) -> bytes:
    info = "tunesmith-9.0.dist-info"
    files = {f"tunesmith/knowledge/data/{path}": text for path, text in texts.items()} | {
        "tunesmith/__init__.py": b"raise SystemExit('code of the wheel ran')",
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tunesmith\nVersion: 9.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**files, f"{info}/RECORD": record.encode()}.items():
            archive.writestr(name, text)
    return content.getvalue()


class Index:
    """A package index with one wheel."""

    def __init__(self) -> None:
        self.wheel: bytes | None = None
        self.asked = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self.server.daemon_threads = True
        self.url = f"http://user:secret@127.0.0.1:{self.server.server_port}/simple"


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, index: Index, *arguments: Any) -> None:
        self.index = index
        super().__init__(*arguments)

    def do_GET(self) -> None:
        name = "tunesmith-9.0-py3-none-any.whl"
        content = self.index.wheel
        if content is None or "tunesmith" not in self.path:
            self.send_error(404)
        elif self.path.endswith("/tunesmith/"):
            self.answer("text/html", f'<a href="/{name}">{name}</a>'.encode())
        else:
            self.index.asked.set()
            self.index.may_answer.wait(20)
            self.answer("application/octet-stream", content)

    def answer(self, kind: str, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def index() -> Iterator[Index]:
    made = Index()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.may_answer.set()
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture(autouse=True)
def user(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of a user who has nothing but this index."""
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_")):
            monkeypatch.delenv(name)
    for name in ("HOME", "LOCALAPPDATA", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_INDEX_URL", index.url)
    monkeypatch.setenv("UV_DEFAULT_INDEX", index.url)
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    return tmp_path


def tunesmith(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tunesmith", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


def date_in_use() -> str:
    code = "from tunesmith.knowledge import tables; print(tables.date())"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def assert_nothing_changed() -> None:
    assert tables.updated_tables() is None
    assert [path.name for path in tables.updates().iterdir()] == []


def test_newer_tables_are_taken_out_of_the_newest_wheel(index: Index, user: Path):
    index.wheel = wheel(tables_of(NEWER))
    hostile = user / "project"
    hostile.mkdir()
    (hostile / "pip.py").write_text("raise SystemExit('code of the project ran')")
    ended = tunesmith("update", cwd=hostile)
    assert ended.returncode == 0, ended.stderr
    assert f"now of {NEWER}; they were of {DATE}" in ended.stdout
    assert "started again" in ended.stdout
    assert date_in_use() == NEWER
    assert tunesmith("update").stdout == f"The tables are the newest that there are: of {NEWER}.\n"


def test_uv_where_there_is_no_pip(index: Index, monkeypatch: pytest.MonkeyPatch):
    index.wheel = wheel(tables_of(NEWER))
    monkeypatch.setattr(update.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    assert update.update() == update.Updated(DATE, datetime.date.fromisoformat(NEWER))
    newest = tables.updated_tables()
    assert newest is not None
    assert {path.relative_to(newest).as_posix() for path in newest.rglob("*.json")} == set(
        packaged()
    )


def test_neither_pip_nor_uv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(update.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(update.UpdateError, match=r"neither pip nor uv .* install uv, or run"):
        update.update()


@pytest.mark.parametrize("date", [str(DATE), OLDER])
def test_what_is_not_newer_is_left(index: Index, date: str):
    index.wheel = wheel(tables_of(date))
    assert update.update() == update.Updated(DATE, DATE)
    assert_nothing_changed()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "the newest wheel of Tunesmith cannot be downloaded. pip said:"),
        (b"not a wheel", "the newest wheel of Tunesmith"),
        (wheel(tables_of(NEWER))[:-4000], "the newest wheel of Tunesmith"),
        (wheel({}), "tables that cannot be used"),
        (wheel(tables_of(NEWER, {"format": tables.FORMAT + 1})), "upgrade Tunesmith"),
    ],
    ids=["no release", "garbage", "cut off", "no tables", "newer format"],
)
def test_what_cannot_be_used_changes_nothing(index: Index, content: bytes | None, said: str):
    index.wheel = content
    ended = tunesmith("update")
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "secret" not in ended.stderr
    assert "Traceback" not in ended.stderr
    assert_nothing_changed()


def test_no_network(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://user:secret@127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    ended = tunesmith("update")
    assert ended.returncode == 2
    assert "cannot be reached; check the network" in ended.stderr
    assert "secret" not in ended.stderr


def test_logins_are_not_shown():
    said = update._failure("uv", "ERROR: 404 for https://user:secret@example.com/simple/")
    assert "secret" not in said
    assert "https://****@example.com/simple/" in said


def test_a_run_that_is_killed_leaves_the_tables_as_they_were(index: Index):
    index.wheel = wheel(tables_of(NEWER))
    index.may_answer.clear()
    with subprocess.Popen(
        [sys.executable, "-m", "tunesmith", "update"], start_new_session=True
    ) as run:
        assert index.asked.wait(30)
        os.killpg(run.pid, signal.SIGKILL) if os.name == "posix" else run.kill()
    assert date_in_use() == str(DATE)
    left = [path for path in tables.updates().iterdir() if path.name.startswith("update-")]
    assert left, "what this test is about"
    long_ago = time.time() - 86400
    for path in left:
        os.utime(path, (long_ago, long_ago))
    index.may_answer.set()
    assert tunesmith("update").returncode == 0
    assert [path.name for path in tables.updates().iterdir()] == [NEWER]


def test_a_full_disk(index: Index, monkeypatch: pytest.MonkeyPatch):
    index.wheel = wheel(tables_of(NEWER))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(update.os, "fsync", full)
    with pytest.raises(update.UpdateError, match=rf"No space left.*tables of {DATE} stay"):
        update.update()
    assert_nothing_changed()


def test_a_data_folder_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "file").write_text("")
    for name in ("HOME", "LOCALAPPDATA", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "file"))
    ended = tunesmith("update")
    assert ended.returncode == 2
    assert f"cannot write the tables to {tmp_path / 'file'}" in ended.stderr


def damaged(path: str, table: Any) -> dict[str, bytes]:
    return {**tables_of(NEWER), path: json.dumps(table).encode()}


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("tables.json", []),
        ("tables.json", {"date": NEWER, "packages": []}),
        ("tables.json", {"format": 1, "date": "tomorrow", "packages": []}),
        ("tables.json", {"format": 1, "date": NEWER, "packages": ["no-such-package"]}),
        ("releases/trl.json", {"date": NEWER}),
        ("releases/trl.json", {**packaged()["releases/trl.json"], "releases": {"1.0": "never"}}),
        ("releases/trl.json", None),
        ("hf_cli.json", {}),
    ],
)
def test_every_table_must_read(path: str, table: Any):
    with pytest.raises(update.UpdateError, match="cannot be used"):
        update.checked(damaged(path, table))


def test_a_table_that_is_missing():
    texts = tables_of(NEWER)
    del texts["hf_cli.json"]
    with pytest.raises(update.UpdateError, match=r"hf_cli\.json"):
        update.checked(texts)
    with pytest.raises(update.UpdateError):
        update.checked({**tables_of(NEWER), "hf_cli.json": b"{" * 100_000})


def test_no_more_than_tables_can_be():
    with pytest.raises(update.UpdateError, match="expected at most"):
        update._check_size(update.MAX_BYTES + 1)
