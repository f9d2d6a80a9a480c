"""What is a token, and what only stands where one must stand."""

from __future__ import annotations

import pytest

from tunesmith.knowledge.credentials import credential_of, is_no_secret, is_wandb_key, names_secret

_RANDOM = "QkTzWvLmNpRsXyBcGhJdFuEaOiKtZwVlMnPqRsTuVwXz"


@pytest.mark.parametrize(
    ("token", "variable"),
    [
        ("hf_" + _RANDOM[:34], "HF_TOKEN"),
        ("ghp_" + _RANDOM[:36], "GITHUB_TOKEN"),
        ("AIza" + _RANDOM[:35], "GOOGLE_API_KEY"),
        ("sk-proj-" + _RANDOM + _RANDOM, "OPENAI_API_KEY"),
        ("wandb_v1_" + _RANDOM, "WANDB_API_KEY"),
    ],
)
def test_a_token(token: str, variable: str):
    credential = credential_of(token)

    assert credential
    assert credential.variable == variable


@pytest.mark.parametrize(
    "text",
    [
        "hf_" + "x" * 34,
        "hf_your_token_here",
        "hf_YourSecretTokenHereAndNothingElseOk",
        "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH",
        "hf_" + _RANDOM[:20],
        "hf_hub_download",
        "sk-" + "1234567890" * 5,
        "",
    ],
)
def test_no_token(text: str):
    assert credential_of(text) is None


def test_an_old_key_of_wandb():
    assert is_wandb_key("7f3e9b2c5d8a1046" + "bf28c7d91e35a60f4c82d7b9")
    assert not is_wandb_key("0" * 40)


@pytest.mark.parametrize(
    "name",
    ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "WANDB_API_KEY", "AWS_SECRET_ACCESS_KEY", "GH_PAT"],
)
def test_a_name_of_a_secret(name: str):
    assert names_secret(name)


@pytest.mark.parametrize(
    "name", ["EOS_TOKEN", "MAX_TOKENS", "PAD_TOKEN", "KEY", "SEED", "WANDB_MODE"]
)
def test_a_name_of_something_else(name: str):
    assert not names_secret(name)


@pytest.mark.parametrize("value", ["EMPTY", "", "dummy", "not-needed", "sk-no-key-required"])
def test_a_value_that_only_fills_a_place(value: str):
    assert is_no_secret(value)
    assert not is_no_secret("hf_" + _RANDOM)
