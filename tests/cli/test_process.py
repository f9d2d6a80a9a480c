"""The command line as a process: pipes, signals, terminals, start-up."""

from __future__ import annotations

import os
import pty
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TUNESMITH = [sys.executable, "-m", "tunesmith"]
BAD = "hf jobs uv run --secret HF_TOKEN train.py\n"


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*TUNESMITH, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        timeout=60,
    )


def test_version(tmp_path: Path):
    ran = run("--version", cwd=tmp_path)

    assert ran.returncode == 0
    assert ran.stdout.startswith(b"tunesmith ")


def test_the_mistakes_of_the_command_line_import_no_parser(tmp_path: Path):
    script = "import sys; from tunesmith import cli; cli._parser(); print('libcst' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert ran.stdout == "False\n"


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path):
    (tmp_path / "run.sh").write_text(BAD * 300)
    process = subprocess.Popen(
        [*TUNESMITH, "check", "run.sh"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()

    assert process.stderr.read() == b""
    assert process.wait(30) == 2
    process.stderr.close()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_an_interrupt_is_one_line(tmp_path: Path):
    process = subprocess.Popen(
        [*TUNESMITH, "check", "-"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    assert process.stdin
    process.stdin.write(b"#" * 2**20)  # more than a pipe holds: it is being read
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)

    assert process.returncode == 2
    assert err == b"tunesmith: interrupted\n"


@pytest.mark.skipif(os.name != "posix", reason="streams of POSIX")
@pytest.mark.parametrize("arguments", ["check run.sh", "rule --all", "--help"])
def test_closed_streams_are_nobody_s(tmp_path: Path, arguments: str):
    (tmp_path / "run.sh").write_text(BAD)
    command = f"{shlex.join(TUNESMITH)} {arguments}"

    for streams in (">&-", "<&- >&-"):
        ran = subprocess.run(
            ["sh", "-c", f"{command} {streams}"], cwd=tmp_path, capture_output=True
        )
        assert ran.stderr == b""
        assert ran.returncode == ("check" in arguments)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_finds_no_room(tmp_path: Path):
    (tmp_path / "run.sh").write_text(BAD)
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [*TUNESMITH, "check", "run.sh"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE
        )

    assert ran.returncode == 2
    assert ran.stderr == (
        b"tunesmith: error: what is found cannot be written: No space left on device\n"
    )


@pytest.mark.skipif(os.name != "posix", reason="other systems keep a folder that is in use")
@pytest.mark.parametrize("command", ["check .", "submit --dry-run a.py", "new sft-lora"])
def test_a_folder_that_is_gone(tmp_path: Path, command: str):
    (tmp_path / "gone").mkdir()
    program = f"rmdir ../gone && {shlex.join(TUNESMITH)} {command}"
    ran = subprocess.run(["sh", "-c", program], cwd=tmp_path / "gone", capture_output=True)

    assert ran.returncode == 2
    assert ran.stderr == (
        b"tunesmith: error: the folder that you are in was deleted; change to another\n"
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_that_lacks_characters(tmp_path: Path, encoding: str):
    (tmp_path / "run.sh").write_text(f"echo '\u65e5\u672c'; {BAD}", "utf-8")
    ran = run("check", "run.sh", cwd=tmp_path, PYTHONIOENCODING=encoding, PYTHONUTF8="0")

    assert ran.returncode == 1
    assert b"\\u65e5" in ran.stdout
    assert ran.stderr == b""


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_an_unreadable_folder(tmp_path: Path):
    folder = tmp_path / "secret"
    folder.mkdir(mode=0o000)
    ran = run("check", "secret", cwd=tmp_path)

    assert ran.returncode == 2
    assert b"cannot be read" in ran.stderr


def _on_a_terminal(folder: Path, **environment: str) -> bytes:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*TUNESMITH, "check", "run.sh"],
        cwd=folder,
        env={**os.environ, "TERM": "xterm", **environment},
        stdout=theirs,
    )
    os.close(theirs)
    output = b""
    try:
        while chunk := os.read(ours, 4096):
            output += chunk
    except OSError:  # Linux's way to say that the terminal is closed
        pass
    os.close(ours)
    process.wait(30)
    return output


def test_colour_only_where_it_is_wanted(tmp_path: Path):
    (tmp_path / "run.sh").write_text(BAD)
    os.environ.pop("NO_COLOR", None)

    assert b"\x1b[" in _on_a_terminal(tmp_path)
    assert b"\x1b[" not in _on_a_terminal(tmp_path, NO_COLOR="1")
    assert b"\x1b[" not in _on_a_terminal(tmp_path, TERM="dumb")
    assert b"\x1b[" not in run("check", "run.sh", cwd=tmp_path).stdout


def test_nothing_heavy_is_imported_and_no_socket_is_opened(tmp_path: Path):
    (tmp_path / "run.sh").write_text(BAD)
    (tmp_path / "train.py").write_text("from trl import SFTTrainer\nSFTTrainer('m')\n")
    script = (
        "import sys\n"
        "sys.addaudithook(lambda e, a: e.startswith(('socket.', 'subprocess.')) and sys.exit(e))\n"
        "from tunesmith.cli import main\n"
        "main(['check', '.'])\n"
        "heavy = {'torch', 'transformers', 'huggingface_hub', 'scipy', 'pygls'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert ran.returncode == 0, ran.stderr
