"""Fetching from the Hub, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from answering_hub import HARDWARE, Answer, AnsweringHub, answering, as_json
from tunesmith import hub, hub_cache
from tunesmith.errors import UserError
from tunesmith.platform import user_cache_folder

QWEN = {"model_type": "qwen3", "hidden_size": 1024, "num_hidden_layers": 28}
MODEL = "/me/tuned/resolve/main/config.json"
TOKEN = "hf_notARealToken0123"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringHub]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr(hub, "TIMEOUT_S", 5)
    with answering() as made:
        monkeypatch.setenv("HF_ENDPOINT", made.url)
        yield made


def kept() -> list[str]:
    return sorted(path.name for path in user_cache_folder().rglob("*") if path.is_file())


def refusal(*about: str) -> str:
    with pytest.raises(UserError) as caught:
        hub.fetch_model(*about) if about else hub.fetch_prices()
    return str(caught.value)


def test_a_model_is_fetched_and_kept(asked: AnsweringHub):
    asked.answers[MODEL] = as_json(QWEN)
    assert hub_cache.stored_model("me/tuned") is None
    hub.fetch_model("me/tuned")
    found = hub_cache.stored_model("me/tuned")
    assert found
    assert found.fields == QWEN
    assert found.source.startswith("the Hub, fetched on 20")


def test_prices_are_fetched_and_kept(asked: AnsweringHub):
    assert hub_cache.stored_prices() is None
    hub.fetch_prices()
    found = hub_cache.stored_prices()
    assert found
    assert found.usd_per_hour == {"cpu-basic": 0.01, "a10g-large": 1.2}
    assert kept() == ["jobs-hardware.json"]


def test_what_one_hub_said_does_not_hold_for_another(
    asked: AnsweringHub, monkeypatch: pytest.MonkeyPatch
):
    hub.fetch_prices()
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example.org")
    assert hub_cache.stored_prices() is None


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (401, "GatedRepo", "the configuration of me/tuned is gated"),
        (403, "", "accept its terms on its page"),
        (401, "RepoNotFound", "log in with `hf auth login` if it is private"),
        (404, "EntryNotFound", "(404); check the name"),
        (500, "", "answered 500 when asked for the configuration of me/tuned; try again later"),
    ],
)
def test_refusals_say_the_next_step(asked: AnsweringHub, status: int, code: str, said: str):
    asked.answers[MODEL] = Answer(status, b"no", {"X-Error-Code": code})
    assert said in refusal("me/tuned")
    assert kept() == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html>Welcome to the hotel</html>", "no JSON"),
        (b"", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"{}", "no list of prices"),
        (b"[]", "no list of prices"),
        (b'[1, null, {"name": 2}, {"name": "x", "unitCostUSD": "y"}]', "no list of prices"),
        (b'[{"name": "x", "unitCostUSD": 1, "unitLabel": "moon"}]', "no list of prices"),
        (b"\xff\xfe", "no JSON"),
    ],
)
def test_nonsense_is_told_and_changes_nothing(asked: AnsweringHub, content: bytes, said: str):
    hub.fetch_prices()
    before = hub_cache.stored_prices()
    asked.answers["/api/jobs/hardware"] = Answer(content=content)
    assert said in refusal()
    assert hub_cache.stored_prices() == before


def test_a_model_that_transformers_did_not_write(asked: AnsweringHub):
    asked.answers[MODEL] = as_json({"architectures": ["unet"]})
    assert "is none that transformers wrote" in refusal("me/tuned")


def test_a_dead_hub(asked: AnsweringHub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    said = refusal()
    assert said.startswith("the prices of jobs cannot be fetched from http://127.0.0.1:9: ")
    assert said.endswith("; try again later, or go without --online")


def test_a_hub_that_does_not_answer(asked: AnsweringHub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub, "TIMEOUT_S", 0.2)
    asked.answers["/api/jobs/hardware"] = Answer(content=b"[]", delay_s=1)
    assert "timed out" in refusal()


def test_an_answer_without_end(asked: AnsweringHub):
    asked.answers["/api/jobs/hardware"] = Answer(content=b"[" + b" " * 2_000_000)
    assert "too long" in refusal()


def test_the_token_goes_to_the_hub_alone(asked: AnsweringHub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    asked.answers[MODEL] = Answer(307, headers={"Location": "/me/renamed.json"})
    asked.answers["/me/renamed.json"] = as_json(QWEN)
    hub.fetch_model("me/tuned")
    assert [token for _, token in asked.asked] == [f"Bearer {TOKEN}"] * 2
    assert all(TOKEN not in path.read_text() for path in user_cache_folder().rglob("*.json"))
    with answering() as other:
        other.answers["/stolen"] = as_json(QWEN)
        asked.answers[MODEL] = Answer(307, headers={"Location": f"{other.url}/stolen"})
        hub.fetch_model("me/tuned")
        assert other.asked == [("/stolen", None)]


def test_the_token_that_hf_auth_login_keeps(asked: AnsweringHub, tmp_path: Path):
    (tmp_path / "hf").mkdir()
    (tmp_path / "hf/token").write_text(f"{TOKEN}\n")
    hub.fetch_prices()
    assert asked.asked == [("/api/jobs/hardware", f"Bearer {TOKEN}")]


@pytest.mark.parametrize("token", ["two\nlines", "schlüssel", "  "])
def test_a_token_that_cannot_be_sent_is_not(
    asked: AnsweringHub, monkeypatch: pytest.MonkeyPatch, token: str
):
    monkeypatch.setenv("HF_TOKEN", token)
    hub.fetch_prices()
    assert asked.asked == [("/api/jobs/hardware", None)]


def test_no_message_has_the_token(asked: AnsweringHub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    asked.answers[MODEL] = Answer(403, TOKEN.encode())
    assert TOKEN not in refusal("me/tuned")


def test_offline_means_offline(asked: AnsweringHub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE is set" in refusal()
    assert asked.asked == []


@pytest.mark.parametrize("address", ["file:///etc", "hub.example.org", "ftp://127.0.0.1"])
def test_an_endpoint_that_is_none(
    asked: AnsweringHub, monkeypatch: pytest.MonkeyPatch, address: str
):
    monkeypatch.setenv("HF_ENDPOINT", address)
    assert f"HF_ENDPOINT is '{address}', which is no address" in refusal()


def test_a_proxy_is_asked(asked: AnsweringHub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.example.org")
    monkeypatch.setenv("http_proxy", asked.url)
    asked.answers["http://hub.example.org/api/jobs/hardware"] = as_json(HARDWARE)
    hub.fetch_prices()
    assert hub_cache.stored_prices()


@pytest.mark.parametrize(
    "name", ["../../etc", "a/b/c", "/abs", "a//b", "", "a/..", "x" * 200, "a--b/c", "https://x/y"]
)
def test_names_that_are_no_ids_are_never_asked_for(asked: AnsweringHub, name: str):
    assert not hub_cache.is_model_id(name)
    assert hub_cache.stored_model(name) is None
    refusal(name)
    assert asked.asked == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"endpoint": "x"}', "null", "\x00", '{"date"'])
def test_a_file_that_was_half_written_counts_as_none(asked: AnsweringHub, text: str):
    hub.fetch_prices()
    (place,) = user_cache_folder().rglob("jobs-hardware.json")
    place.write_text(text)
    assert hub_cache.stored_prices() is None
    hub.fetch_prices()
    assert hub_cache.stored_prices()


def test_a_folder_that_cannot_be_written_to(asked: AnsweringHub, tmp_path: Path):
    (tmp_path / "cache").write_text("in the way")
    assert "cannot be kept" in refusal()


class TestTheCacheOfTheClient:
    """As `huggingface_hub` lays it out."""

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "none"))
        return tmp_path / "models--me--tuned"

    def put(self, folder: Path, commit: str, hidden: int) -> None:
        snapshot = folder / "snapshots" / commit
        snapshot.mkdir(parents=True)
        (snapshot / "config.json").write_text(json.dumps({**QWEN, "hidden_size": hidden}))

    def test_main_comes_first(self, folder: Path):
        self.put(folder, "1" * 40, 1)
        self.put(folder, "2" * 40, 2)
        (folder / "refs").mkdir()
        (folder / "refs/main").write_text("2" * 40)
        found = hub_cache.stored_model("me/tuned")
        assert found
        assert found.fields["hidden_size"] == 2
        assert found.source == "the cache of the Hub's client"

    def test_any_revision_will_do(self, folder: Path):
        self.put(folder, "1" * 40, 1)
        assert hub_cache.stored_model("me/tuned")

    def test_nothing_there(self, folder: Path):
        assert hub_cache.stored_model("me/tuned") is None

    def test_a_branch_named_by_a_path_is_not_followed(self, folder: Path, tmp_path: Path):
        (folder / "refs").mkdir(parents=True)
        (folder / "refs/main").write_text("../../elsewhere")
        self.put(tmp_path, "elsewhere", 1)
        assert hub_cache.stored_model("me/tuned") is None
