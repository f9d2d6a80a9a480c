"""The generator of tables against an index on this machine, through pip's own session."""

from __future__ import annotations

import io
import json
import os
import random
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import update_tables
from tables import index, rows
from tables.tracked import PACKAGES, SCANNED

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pip's own, of its parts

METADATA = "Metadata-Version: 2.1\nName: trackio\nVersion: {}\nRequires-Dist: {}\n"


def wheel(version: str, requires: str, source: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("trackio/__init__.py", source)
        archive.writestr(
            f"trackio-{version}.dist-info/METADATA", METADATA.format(version, requires)
        )
    return content.getvalue()


class Site:
    """A package index, by the JSON API, that remembers which wheels were asked for."""

    def __init__(self) -> None:
        self.wheels: dict[str, bytes] = {}
        self.yanked: set[str] = set()
        self.asked: list[str] = []
        self.has_ranges = False
        self.sent = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self.url = f"http://127.0.0.1:{self.server.server_port}/simple"

    def add(self, version: str, requires: str, source: str) -> None:
        self.wheels[f"trackio-{version}-py3-none-any.whl"] = wheel(version, requires, source)

    def page(self) -> bytes:
        files = [
            {
                "filename": name,
                "url": f"/files/{name}",
                "size": len(content),
                "upload-time": f"2025-01-0{day}T00:00:00.000Z",
                "requires-python": ">=3.10",
                "yanked": name in self.yanked,
            }
            for day, (name, content) in enumerate(self.wheels.items(), 1)
        ]
        return json.dumps({"meta": {"api-version": "1.1"}, "files": files}).encode()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, site: Site, *arguments: Any) -> None:
        self.site = site
        super().__init__(*arguments)

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        if name in self.site.wheels:
            self.site.asked.append(name.split("-")[1])
            self.answer("application/octet-stream", self.site.wheels[name])
        else:
            self.answer(index.ACCEPT, self.site.page())

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def answer(self, kind: str, content: bytes) -> None:
        span = self.headers.get("Range", "") if self.site.has_ranges else ""
        start, _, end = span.removeprefix("bytes=").partition("-")
        part = content[int(start) : int(end) + 1] if span else content
        self.send_response(206 if span else 200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(part)))
        if self.site.has_ranges:
            self.send_header("Accept-Ranges", "bytes")
        self.end_headers()
        if self.command == "GET":
            self.site.sent += len(part)  # before the client has it and looks
            self.wfile.write(part)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    made = Site()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", made.url)
    monkeypatch.setenv("TUNESMITH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(rows, "DATA", tmp_path / "data")
    for known in (PACKAGES, SCANNED):
        for package in set(known) - {"trackio"}:
            monkeypatch.delitem(known, package)
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def table(name: str) -> Any:
    found = rows.read(name)
    assert found is not None
    return found


def test_only_what_is_new_is_read(site: Site):
    site.add("0.2.0", "trackio-extra", "def init(project): ...\ndef finish(): ...\n")
    site.add("0.10.0rc1", "trackio[x]>1", "def init(project): ...\n")
    site.add("0.10.0", "trackio[x]>1", "def init(project, name=None): ...\n")
    update_tables.update(["trackio"], is_rescan=False)
    assert sorted(set(site.asked)) == ["0.10.0", "0.10.0rc1", "0.2.0"]
    released = table("releases/trackio")
    assert list(released["releases"]) == ["0.2.0", "0.10.0rc1", "0.10.0"]
    assert released["requires"] == {"trackio[x]": [["0.10.0rc1", ">1"]]}
    assert released["requires_python"] == [["0.2.0", ">=3.10"]]
    assert table("tables")["packages"] == ["trackio"]

    site.asked.clear()
    site.add("0.9.1", "trackio[x]>1", "def init(project, name=None): ...\n")
    site.yanked.add("trackio-0.2.0-py3-none-any.whl")
    update_tables.update(["trackio"], is_rescan=False)
    assert set(site.asked) == {"0.9.1"}
    released = table("releases/trackio")
    assert list(released["releases"]) == ["0.2.0", "0.9.1", "0.10.0rc1", "0.10.0"]
    assert released["yanked"] == ["0.2.0"]
    signed = table("signatures/trackio")
    assert signed["releases"] == ["0.2.0", "0.9.1", "0.10.0"]
    assert signed["objects"]["trackio.init"]["parameters"] == {
        "project": {"default": [["0.2.0", ""]]},
        "name": {"default": [["0.9.1", "None"]]},
    }
    assert signed["objects"]["trackio.finish"]["module"] == [["0.2.0", "trackio"], ["0.9.1", None]]


def test_a_rescan_gives_the_same_without_the_network(site: Site):
    site.add("0.2.0", "trackio>1", "def init(project): ...\n")
    update_tables.update(["trackio"], is_rescan=False)
    before = {path: path.read_bytes() for path in rows.DATA.rglob("*.json")}
    site.asked.clear()
    update_tables.update(["trackio"], is_rescan=True)
    assert site.asked == [], "what was read is kept"
    assert {path: path.read_bytes() for path in rows.DATA.rglob("*.json")} == before


def test_a_wheel_without_sources_is_unknown(site: Site):
    site.add("0.2.0", "trackio", "def init(project): ...\n")
    site.add("0.3.0", "trackio", "")
    update_tables.update(["trackio"], is_rescan=False)
    assert table("signatures/trackio")["releases"] == ["0.2.0"]
    assert list(table("releases/trackio")["releases"]) == ["0.2.0", "0.3.0"]


def test_an_index_without_the_json_api(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(index, "ACCEPT", "text/html")
    with pytest.raises(index.UnusableIndexError, match="set pip's index-url"):
        update_tables.update(["trackio"], is_rescan=False)


def test_a_package_that_is_not_tracked(site: Site, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        update_tables.main(["no-such-package"])
    assert "not tracked: no-such-package; see scripts/tables/tracked.py" in capsys.readouterr().err


@pytest.mark.parametrize("has_ranges", [True, False])
def test_of_a_large_wheel_only_what_is_read_is_downloaded(
    site: Site, monkeypatch: pytest.MonkeyPatch, *, has_ranges: bool
):
    noise = "# " + random.Random(0).randbytes(100_000).hex() + "\n"
    site.has_ranges = has_ranges
    site.add("0.2.0", "trackio", noise + "def init(project): ...\n")
    monkeypatch.setattr(index, "SMALL", 0)
    monkeypatch.setattr(index, "CHUNK", 1000)
    asked = index.Index()
    (file,) = asked.files("trackio")
    site.sent = 0
    assert asked.requirements(file) == ["trackio"]
    assert (site.sent < 10_000) == has_ranges
    assert "def init" in (asked.wheel(file).read("trackio/__init__.py") or "")
