"""Doctor where the Hub is away, slow or strange: what is unknown is never called missing."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from answering_hub import Answer, AnsweringHub, answering, as_json
from doctor_hub import TOKEN, add_data, add_model, allow_writes, as_user, organization, whoami
from tunesmith.agent.messages import DoctorLine, DoctorParams
from tunesmith.errors import UserError
from tunesmith.jobs import hub_facts
from tunesmith.jobs.account import Account
from tunesmith.jobs.doctor import Limits, diagnose, examine
from tunesmith.jobs.spec import EngineError
from tunesmith.one_script import OneScript, read_script

SCRIPT = """\
# /// script
# dependencies = ["trl==1.16.0", "transformers==5.23.0", "datasets"]
# [tool.hf-jobs]
# secrets = ["HF_TOKEN"]
# ///
from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

data = load_dataset("me/chats", split="train")
config = SFTConfig(output_dir="out", push_to_hub=True, hub_model_id="lab/tuned")
trainer = SFTTrainer(model="maker/base", args=config, train_dataset=data)
trainer.train()
"""
SHORT = Limits(request_s=0.5, total_s=1.5)


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OneScript:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    path = tmp_path / "train.py"
    path.write_text(SCRIPT)
    return read_script(str(path))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringHub]:
    with answering() as made:
        monkeypatch.setattr(hub_facts, "viewer", lambda _: made.url)
        add_model(made, "maker/base")
        add_data(made, "me/chats", ["messages"])
        allow_writes(made, "models/lab/tuned")
        as_user(made, whoami(orgs=[organization(plan="team")]))
        yield made


def states(lines: Sequence[DoctorLine]) -> dict[str, str]:
    """What the Hub tells; that there is a token needs no Hub."""
    assert TOKEN not in repr(lines)
    return {each.name: each.state for each in lines if each.name != "secrets"}


def test_offline(hub: AnsweringHub, script: OneScript):
    found = examine(script, Account(hub.url, TOKEN, offline=True)).lines
    assert set(states(found).values()) == {"unknown"}
    assert "HF_HUB_OFFLINE is set" in found[0].message
    assert hub.asked == []


def test_a_hub_that_is_away(script: OneScript):
    found = examine(script, Account("http://127.0.0.1:9", TOKEN)).lines
    assert set(states(found).values()) == {"unknown"}
    assert found[0].message == "http://127.0.0.1:9 cannot be reached: Connection refused"


@pytest.mark.parametrize("address", ["hf.co", "ftp://127.0.0.1", "http://[", "http://", ""])
def test_an_address_that_is_none(script: OneScript, address: str):
    found = examine(script, Account(address, TOKEN), limits=SHORT).lines
    assert set(states(found).values()) == {"unknown"}


@pytest.mark.parametrize("status", [400, 418, 429, 500, 502, 503, 504])
def test_a_hub_that_is_down(hub: AnsweringHub, script: OneScript, status: int):
    hub.answers = {path: Answer(status, b"<html>") for path in hub.answers}
    found = examine(script, Account(hub.url, TOKEN)).lines
    assert set(states(found).values()) == {"unknown"}


_LARGE = b'{"name": "me", "id": "maker/base"' + b" " * hub_facts.MAX_BYTES + b"}"


@pytest.mark.parametrize("content", [b"", b"<html>", b"[" * 100_000, _LARGE, b"[]", b"7", b'""'])
def test_answers_of_another_kind(hub: AnsweringHub, script: OneScript, content: bytes):
    hub.answers = {path: Answer(200, content) for path in hub.answers}
    found = states(examine(script, Account(hub.url, TOKEN)).lines)
    assert "missing" not in found.values()
    assert found["login"] == found["model"] == found["data set"] == "unknown"


@pytest.mark.parametrize("value", [None, 7, "x", True, [], {}, [None], {"a": 1}])
def test_fields_of_other_types(hub: AnsweringHub, script: OneScript, value: Any):
    strange = dict.fromkeys(whoami(), value) | {"name": "me"}
    hub.answers["/api/whoami-v2"] = as_json(strange)
    inside = whoami(orgs=[dict.fromkeys(organization(), value) | {"name": "lab"}])
    inside["auth"]["accessToken"] = {"role": "fineGrained", "fineGrained": {"scoped": value}}
    for content in (strange, inside):
        hub.answers["/api/whoami-v2"] = as_json(content)
        found = states(examine(script, Account(hub.url, TOKEN), "lab").lines)
        assert found["login"] == "ok"
    add_model(hub, "maker/base", id=value, gated=value, private=value)
    add_data(hub, "me/chats", [], gated=value, private=value, cardData=value)
    found = states(examine(script, Account(hub.url, TOKEN)).lines)
    assert found["columns"] == "unknown"


def test_one_slow_answer_holds_up_no_other(hub: AnsweringHub, script: OneScript):
    path = "/api/models/maker/base/auth-check"
    hub.answers[path] = Answer(delay_s=60)
    found = examine(script, Account(hub.url, TOKEN), limits=SHORT).lines
    slow = [each for each in found if each.state == "unknown"]
    assert [each.name for each in slow] == ["licence"]
    assert "did not answer within 0.5 s" in slow[0].message


def test_an_identity_that_is_slow(hub: AnsweringHub, script: OneScript):
    hub.answers["/api/whoami-v2"].delay_s = 60
    found = states(examine(script, Account(hub.url, TOKEN), limits=SHORT).lines)
    assert found == {
        "login": "unknown", "Jobs": "ok", "model": "ok", "licence": "ok", "data set": "ok",
        "columns": "ok", "output": "ok",
    }  # fmt: skip


def test_all_together_has_a_limit(hub: AnsweringHub, script: OneScript):
    for answer in hub.answers.values():
        answer.delay_s = 60
    limits = Limits(request_s=60, total_s=0.5)
    found = examine(script, Account(hub.url, TOKEN), limits=limits).lines
    assert found[0].message == "the Hub did not answer in time"
    assert set(states(found).values()) == {"unknown"}


def test_an_answer_that_trickles(script: OneScript):
    """Each piece comes in time, and the whole never."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=_trickle, args=(server,), daemon=True).start()
        account = Account(f"http://127.0.0.1:{server.getsockname()[1]}", TOKEN)
        found = examine(None, account, limits=Limits(request_s=0.3, total_s=60)).lines
    assert states(found) == {"login": "unknown", "Jobs": "unknown"}
    assert "did not answer within 0.3 s" in found[0].message


def _trickle(server: socket.socket) -> None:
    with suppress(OSError):
        while True:
            connection, _ = server.accept()
            Thread(target=_trickle_to, args=(connection,), daemon=True).start()


def _trickle_to(connection: socket.socket) -> None:
    with suppress(OSError), connection:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        connection.settimeout(0.02)
        while True:
            connection.sendall(b" ")
            with suppress(TimeoutError):
                connection.recv(65536)


def test_a_connection_that_is_cut(hub: AnsweringHub):
    hub.answers["/api/whoami-v2"] = Answer(200, b"{", {"Content-Length": "1000"})
    found = examine(None, Account(hub.url, TOKEN), limits=SHORT).lines
    assert states(found)["login"] == "unknown"
    assert "cannot be reached" in found[0].message


def test_independent_questions_are_asked_at_once(hub: AnsweringHub, script: OneScript):
    """None of six is answered before all are asked."""
    barrier = Barrier(6)

    class AllAtOnce(dict[str, Answer]):
        def get(self, path: str, default: Any = None) -> Any:
            if not path.startswith("/api/jobs/"):
                barrier.wait(30)
            return super().get(path, default)

    hub.answers = AllAtOnce(hub.answers)
    found = states(examine(script, Account(hub.url, TOKEN)).lines)
    assert set(found.values()) == {"ok"}


def test_the_token_stays_with_its_host(hub: AnsweringHub, script: OneScript):
    with answering() as other:
        as_user(other)
        where = {"Location": f"{other.url}/api/whoami-v2"}
        hub.answers["/api/whoami-v2"] = Answer(307, b"", where)
        states(examine(script, Account(hub.url, TOKEN)).lines)
        assert [token for _, token in other.asked] == [None]


def test_a_server_that_repeats_the_token(hub: AnsweringHub, script: OneScript):
    echo = Answer(403, TOKEN.encode(), {"X-Error-Message": f"Bearer {TOKEN} may not"})
    hub.answers = dict.fromkeys(hub.answers, echo)
    found = examine(script, Account(hub.url, TOKEN)).lines
    states(found)
    assert "Bearer … may not" in repr(found)


def test_a_failure_that_nobody_foresaw(
    hub: AnsweringHub, script: OneScript, monkeypatch: pytest.MonkeyPatch
):
    def fail(_: Account) -> str:
        raise RuntimeError(f"the store said {TOKEN}")

    monkeypatch.setattr(Account, "current_token", fail)
    found = examine(script, Account(hub.url)).lines
    assert states(found)["login"] == "unknown"
    assert "ended in a RuntimeError" in found[0].message


def test_a_stored_login_that_cannot_be_renewed(
    hub: AnsweringHub, script: OneScript, monkeypatch: pytest.MonkeyPatch
):
    def fail(_: Account) -> str:
        raise EngineError("the stored login cannot be used", "sign in again")

    monkeypatch.setattr(Account, "current_token", fail)
    found = examine(script, Account(hub.url)).lines
    assert states(found)["login"] == "missing"
    assert states(found)["model"] == states(found)["data set"] == "ok"
    assert found[0].message == "the token cannot be used: the stored login cannot be used"


def test_without_the_client_of_the_hub(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UserError, match=r"pip install 'tunesmith\[jobs\]'"):
        examine(None, Account("http://127.0.0.1:9", TOKEN))


def test_what_the_agent_is_asked(hub: AnsweringHub, script: OneScript):
    params = DoctorParams(str(script.script.path), "lab", ["HF_TOKEN"])
    found = states(diagnose(params, Account(hub.url, TOKEN)).lines)
    assert set(found.values()) == {"ok"}
    with pytest.raises(UserError, match=r"/gone\.py: No such file"):
        diagnose(DoctorParams("/gone.py"), Account(hub.url, TOKEN))
