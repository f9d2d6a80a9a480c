"""The server as a process: how it ends, what it survives, what it never does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from lsp.client import CAPABILITIES, Client, ResponseError, Start, edit

TOKEN = "hf_" + "S3cr3tS3cr3tS3cr3tS3cr3tS3cr3tS3cr"
COMMAND = "hf jobs uv run greet.py --flavor a10g-large\n"

FORBIDDEN_MODULES = ("torch", "transformers", "huggingface_hub", "scipy", "numpy", "requests")


def _with_rule(check: str, before: str = "") -> tuple[str, str]:
    """Arguments that start a server with one more rule, for every launch command."""
    code = f"""
import os, sys, time
from tunesmith.lint import engine
from tunesmith.lint.rule import WARNING, Finding, Rule

def check(command, project):
{textwrap.indent(textwrap.dedent(check), "    ")}
    yield from ()

sources = frozenset({{"LaunchCommand"}})
rule = Rule("test-rule", "TST001", WARNING, "test", sources, (), __name__, check)
rules = (rule, *engine.all_rules())
engine.all_rules = lambda: rules
{textwrap.dedent(before)}
from tunesmith.lsp.server import main
main()
"""
    return "-c", code


def _start_with_rule(start: Start, folder: Path, check: str, before: str = "") -> Client:
    client = start(*_with_rule(check, before))
    client.initialize(folder)
    return client


def _open(fresh_client: Client, folder: Path, name: str = "run.sh") -> str:
    uri = (folder / name).as_uri()
    fresh_client.open(uri, COMMAND, "shellscript")
    return uri


def test_the_initialize_result_tells_the_protocols_version(start: Start, folder: Path):
    client = start()
    result = client.initialize(folder)
    assert result["serverInfo"]["name"] == "tunesmith"
    assert result["capabilities"]["experimental"]["tunesmith"]["protocol"] == 2
    assert result["capabilities"]["positionEncoding"] == "utf-16"
    assert result["capabilities"]["textDocumentSync"]["change"] == 2
    assert result["capabilities"]["executeCommandProvider"]["commands"] == []


def test_the_status_goes_from_scanning_to_ready(fresh_client: Client):
    states = [
        message["params"]["state"]
        for message in fresh_client.received
        if message.get("method") == "tunesmith/status"
    ]
    assert states == ["scanning", "ready"]


def test_shutdown_and_exit_end_the_process_well(fresh_client: Client):
    assert fresh_client.shut_down() == 0
    assert fresh_client.log == ""


def test_exit_without_shutdown_is_an_error(fresh_client: Client):
    fresh_client.notify("exit", None)
    assert fresh_client.wait() == 1


def test_the_server_ends_when_the_client_hangs_up(fresh_client: Client, folder: Path):
    _open(fresh_client, folder)
    fresh_client.hang_up()
    assert fresh_client.wait() == 1
    assert "Traceback" not in fresh_client.log


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_the_server_ends_with_a_killed_client_whose_pipe_stays_open(start: Start):
    parent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    client = start()
    params = {"processId": parent.pid, "rootUri": None, "capabilities": CAPABILITIES}
    client.request("initialize", params)
    client.notify("initialized", {})
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert client.wait() == 1


def test_a_rule_that_raises_is_named_and_the_others_run(start: Start, folder: Path):
    client = _start_with_rule(start, folder, f"raise ValueError('{TOKEN}')")
    uri = _open(client, folder)
    assert client.codes(uri, 1) == ["flags-after-script"]
    assert client.shut_down() == 0
    assert "rule test-rule failed" in client.log
    assert "ValueError" in client.log
    assert TOKEN not in client.log


def test_what_a_rule_prints_does_not_reach_the_client(start: Start, folder: Path):
    check = "print('stray'); os.write(1, b'straight'); os.system('echo from below')"
    client = _start_with_rule(start, folder, check)
    uri = _open(client, folder)
    assert client.codes(uri, 1) == ["flags-after-script"]
    assert client.shut_down() == 0
    for text in ("stray", "straight", "from below"):
        assert text in client.log


def test_a_check_that_hangs_holds_up_nothing_else(start: Start, folder: Path):
    check = """
    if command.path.name.startswith("hang"):
        time.sleep(3600)
    """
    before = "from tunesmith.lsp import language_server; language_server.TIME_LIMIT = 0.3"
    client = _start_with_rule(start, folder, check, before)
    hanging = [_open(client, folder, f"hang{number}.sh") for number in range(3)]
    healthy = _open(client, folder)
    assert client.codes(healthy, 1) == ["flags-after-script"]
    for version in (2, 3):
        client.change(hanging[0], version, edit((0, 0), (0, 0), "# \n"))
        time.sleep(0.5)
    client.change(healthy, 2, edit((0, 0), (0, 0), "echo\n"))
    assert client.codes(healthy, 2) == ["flags-after-script"]
    assert client.shut_down() == 0
    notes = [
        m["params"]["message"] for m in client.received if m.get("method") == "window/logMessage"
    ]
    assert len([note for note in notes if "hang0.sh" in note]) == 1


def test_it_imports_no_training_library_and_opens_no_socket(start: Start, folder: Path):
    events = """
    def hook(event, arguments):
        if event.startswith(("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess",
                             "os.exec", "os.fork", "os.posix_spawn", "os.system")):
            print("AUDIT", event, file=sys.stderr)
    sys.addaudithook(hook)
    """
    check = "print('MODULES', *sys.modules, file=sys.stderr)"
    (folder / "train.py").write_text("import torch, trl\n")
    client = _start_with_rule(start, folder, check, events)
    client.wait_until_ready()
    client.open((folder / "train.py").as_uri(), "import torch\nfrom trl import SFTTrainer\n")
    uri = _open(client, folder)
    client.diagnostics(uri, 1)
    assert client.shut_down() == 0
    assert "AUDIT" not in client.log
    loaded = {name.partition(".")[0] for name in client.log.partition("MODULES ")[2].split()}
    assert "libcst" in loaded
    assert not loaded.intersection(FORBIDDEN_MODULES)


def test_messages_that_make_no_sense_are_survived_in_silence(fresh_client: Client, folder: Path):
    uri = _open(fresh_client, folder)
    fresh_client.diagnostics(uri, 1)
    fresh_client.send_bytes(f"no JSON {TOKEN}".encode())
    fresh_client.notify("textDocument/didChange", {"textDocument": TOKEN, "contentChanges": TOKEN})
    fresh_client.notify("textDocument/didOpen", {"token": TOKEN})
    fresh_client.notify("notebookDocument/didChange", {"notebookDocument": {"uri": TOKEN}})
    fresh_client.notify("workspace/didChangeConfiguration", {"settings": {"tunesmith": [TOKEN]}})
    fresh_client.notify("no/such", {"token": TOKEN})
    fresh_client.notify("$/cancelRequest", {"id": 99})
    fresh_client.change("file:///not/open.py", 2, edit((0, 0), (0, 0), TOKEN))
    with pytest.raises(ResponseError):
        fresh_client.request("textDocument/hover", {"textDocument": TOKEN})
    with pytest.raises(ResponseError):
        fresh_client.request("no/such", {"token": TOKEN})
    fresh_client.change(uri, 2, edit((0, 0), (1, 0), ""))
    assert fresh_client.diagnostics(uri, 2) == []
    assert fresh_client.shut_down() == 0
    assert TOKEN not in fresh_client.log
    shown = [m for m in fresh_client.received if m.get("method", "").startswith("window/")]
    assert shown == []


def test_no_text_of_a_document_is_logged(fresh_client: Client, folder: Path):
    uri = (folder / "train.py").as_uri()
    fresh_client.open(uri, f"from huggingface_hub import login\nlogin('{TOKEN}')\nif (:\n")
    published = fresh_client.diagnostics(uri, 1)
    assert TOKEN not in json.dumps(published)
    fresh_client.change(uri, 2, edit((99, 0), (0, 0), TOKEN))
    fresh_client.diagnostics(uri, 2)
    assert fresh_client.shut_down() == 0
    assert TOKEN not in fresh_client.log
