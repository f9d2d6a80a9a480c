"""`tunesmith doctor`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from answering_hub import Answer, AnsweringHub, answering
from doctor_hub import TOKEN, add_data, add_model, allow_writes, as_user, whoami
from tunesmith.cli import main

SCRIPT = """\
# /// script
# dependencies = ["trl==1.16.0", "transformers==5.23.0", "datasets"]
# [tool.hf-jobs]
# secrets = ["HF_TOKEN", "WANDB_API_KEY"]
# ///
from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

data = load_dataset("me/chats", split="train")
config = SFTConfig(output_dir="out", push_to_hub=True, hub_model_id="me/tuned")
trainer = SFTTrainer(model="maker/base", args=config, train_dataset=data)
trainer.train()
"""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringHub]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    (tmp_path / "train.py").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    with answering() as made:
        monkeypatch.setenv("HF_ENDPOINT", made.url)
        add_model(made, "maker/base")
        add_data(made, "me/chats", ["messages"])
        allow_writes(made, "models/me/tuned")
        as_user(made)
        yield made


def test_a_line_for_each_check(hub: AnsweringHub, capsys: pytest.CaptureFixture[str]):
    hub.answers["/api/models/maker/base/auth-check"] = Answer(503)
    assert main(["doctor", "train.py"]) == 1
    out, err = capsys.readouterr()
    assert (out.replace(hub.url, "HUB"), err) == (
        """\
ok       login     signed in as me
ok       token     write token 'laptop'
ok       plan      me: PRO
ok       payment   me has a payment method
ok       Jobs      the jobs of me can be reached
missing  secrets   WANDB_API_KEY has no value here, and the script asks for it
                   -> set WANDB_API_KEY where you submit from
ok       model     maker/base exists
unknown  licence   maker/base: HUB says: status 503
                   -> try again later
ok       data set  me/chats is open to you
ok       columns   me/chats has messages, as SFTTrainer reads
ok       output    me/tuned exists, and you can write to it
""",
        "",
    )


def test_what_is_unknown_fails_nothing(
    hub: AnsweringHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    hub.answers["/api/models/maker/base/auth-check"] = Answer(503)
    assert main(["doctor", "train.py"]) == 0
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert main(["doctor", "train.py"]) == 0
    out = capsys.readouterr().out
    assert out.count("-> unset it\n") == 1, "the same advice is given once"


def test_for_programs(hub: AnsweringHub, capsys: pytest.CaptureFixture[str]):
    assert main(["doctor", "train.py", "--json", "--namespace", "lab"]) == 1
    lines = json.loads(capsys.readouterr().out)["lines"]
    assert lines[0] == {
        "name": "login", "state": "ok", "message": "signed in as me", "next_step": "",
    }  # fmt: skip
    assert {each["name"]: each["state"] for each in lines}["organization"] == "missing"


def test_the_account_alone(hub: AnsweringHub, capsys: pytest.CaptureFixture[str]):
    as_user(hub, whoami("read"))
    assert main(["doctor"]) == 1
    assert "read token 'laptop' may neither start jobs nor push" in capsys.readouterr().out


def test_what_cannot_be_looked_at(hub: AnsweringHub, capsys: pytest.CaptureFixture[str]):
    assert main(["doctor", "gone.py"]) == 2
    assert capsys.readouterr().err == "gone.py: error: No such file or directory\n"
    assert main(["doctor", "--namespace", "a/b"]) == 2
    assert "the namespace 'a/b' is none; give the name of a user" in capsys.readouterr().err
    assert hub.asked == []


@pytest.mark.parametrize("debug", ["", "1"])
def test_no_output_holds_the_token(hub: AnsweringHub, debug: str):
    """In a process of its own, with the client's own messages; the Hub fails and repeats it."""
    echo = Answer(500, TOKEN.encode(), {"X-Error-Message": TOKEN, "X-HF-Warning": TOKEN})
    hub.answers = dict.fromkeys(hub.answers, echo)
    environment = {**os.environ, "HF_DEBUG": debug} if debug else dict(os.environ)
    ended = subprocess.run(
        [sys.executable, "-m", "tunesmith", "doctor", "train.py"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1, ended.stderr
    assert TOKEN not in ended.stdout
    assert TOKEN not in ended.stderr
    assert "Traceback" not in ended.stderr
