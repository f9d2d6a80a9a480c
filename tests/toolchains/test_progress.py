from __future__ import annotations

import io
import json

import pytest

from tunesmith.toolchains import progress
from tunesmith.toolchains.progress import Progressing, bar, described
from tunesmith.workers.events import Progress

EVENTS = [
    Progress("install", 0, 4e9, "torch"),
    Progress("install", 1e9, 4e9, "torch"),
    Progress("install", 2e9, 4e9, "trl"),
    Progress("import", 1, 2, "trl"),
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]):
    shown = Progressing(as_json=False)
    for event in EVENTS:
        shown(event)
    shown.end()
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "0 kB of 4.0 GB: torch",
        "2.0 GB of 4.0 GB: trl",
        "import trl (1 of 2)",
    ]


def test_every_line_of_json_is_an_event(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(progress, "_PAUSE_S", 0)
    shown = Progressing(as_json=True)
    for event in EVENTS:
        shown(event)
    shown.end()
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["stage"], each["done"], each["message"]) for each in said] == [
        (event.stage, event.done, event.message) for event in EVENTS
    ]


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(progress, "_PAUSE_S", 0)
    shown = Progressing(as_json=False)
    for event in EVENTS:
        shown(event)
    shown.end()
    frames = terminal.getvalue().split("\r")
    assert frames[2].rstrip() == f"[{'#' * 6}{'.' * 18}] 1.0 GB of 4.0 GB: torch"
    assert "\n" not in terminal.getvalue()
    assert frames[-2].strip() == frames[-1] == ""


def test_an_unknown_total():
    event = Progress("start")
    assert bar(event) == f"[{'.' * 24}]"
    assert described(event) == "start"
