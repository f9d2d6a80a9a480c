"""Where the shape of a model is known from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from builders import ROOT, project
from tunesmith.estimate.known_model import KnownModel, known_model
from tunesmith.estimate.shape import shape_of
from tunesmith.knowledge.configurations import configuration, named_like
from tunesmith.project import FolderFacts, StoredModel
from tunesmith.reason import advice_of, advised

SCRIPT = ROOT / "train" / "train.py"
SMALL: Mapping[str, Any] = {
    "model_type": "qwen3",
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "vocab_size": 1000,
}


def known(
    name: str,
    folders: Mapping[str, Mapping[str, Any]] | None = None,
    stored: Mapping[str, Mapping[str, Any]] | None = None,
) -> KnownModel:
    facts = {place: FolderFacts(model=fields) for place, fields in (folders or {}).items()}
    made = project({}, folders=facts)
    rows = {each: StoredModel(fields, "a cache") for each, fields in (stored or {}).items()}
    return known_model(name, SCRIPT, made._replace(stored_model=rows.get))


@pytest.mark.parametrize("name", ["my-model", "./my-model", "./my-model/", "/work/my-model"])
@pytest.mark.parametrize("place", ["my-model", "train/my-model"])
def test_a_folder_of_the_project(name: str, place: str):
    found = known(name, {place: SMALL})
    if name.startswith("/") and place != "my-model":
        assert found.shape is None
        return
    assert found.shape
    assert (found.shape.hidden, found.is_certain) == (64, True)
    assert found.source == f"config.json in {name}"


def test_a_folder_comes_before_the_table_as_transformers_takes_it():
    found = known("Qwen/Qwen3-8B", {"Qwen/Qwen3-8B": SMALL})
    assert found.shape
    assert found.shape.hidden == 64


def test_the_table_comes_before_what_a_cache_has():
    found = known("Qwen/Qwen3-8B", stored={"Qwen/Qwen3-8B": SMALL})
    assert found.shape
    assert (found.shape.hidden, found.source, found.is_certain) == (4096, "litgpt 0.5.13", True)


def test_a_cache_comes_before_the_name():
    found = known("me/my-qwen3-8b-sft", stored={"me/my-qwen3-8b-sft": SMALL})
    assert found.shape
    assert (found.shape.hidden, found.source) == (64, "config.json in a cache")
    assert found.is_certain


def test_the_name_is_a_guess():
    found = known("me/my-qwen3-8b-sft")
    listed = configuration("Qwen/Qwen3-8B")
    assert listed
    assert found.shape == shape_of(listed.fields)
    assert not found.is_certain
    assert found.source == "taken to be like Qwen/Qwen3-8B, by its name"


def test_what_is_missing_is_said():
    missing = known("me/secret").source
    assert missing == "the shape of me/secret is not known"
    assert advised(missing) == f"{missing}; --online asks the Hub for its config.json"
    assert "needs a config.json, within the project" in advice_of(known("./out").source)


@pytest.mark.parametrize(
    "fields",
    [
        {"model_type": "mamba", "hidden_size": 64},
        {"model_type": "t5", "d_model": 64},
        {**SMALL, "num_attention_heads": 0},
        {**SMALL, "hidden_size": "wide"},
        {**SMALL, "hidden_size": -1},
        {**SMALL, "vision_config": [1]},
        {**SMALL, "num_hidden_layers": None},
    ],
)
def test_what_cannot_be_described_is_not_guessed(fields: Mapping[str, Any]):
    found = known("me/my-qwen3-8b-sft", stored={"me/my-qwen3-8b-sft": fields})
    assert found.shape is None
    assert f"its architecture, {fields['model_type']}, cannot be estimated yet" in found.source


def test_what_a_configuration_leaves_out_is_transformers_default():
    """Gemma 3's own files leave out all that the smallest one shares with the class."""
    text = {"model_type": "gemma3_text", "hidden_size": 2560, "num_hidden_layers": 34}
    found = known(
        "me/tuned",
        stored={
            "me/tuned": {
                "model_type": "gemma3",
                "text_config": {**text, "intermediate_size": 10240},
            }
        },
    )
    listed = configuration("google/gemma-3-4b-it")
    assert found.shape
    assert listed
    own = shape_of(listed.fields)
    assert found.shape == own._replace(vision=0, vision_linears=0, window=4096)


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("me/my-qwen3-8b-sft", "Qwen/Qwen3-8B"),
        ("./Llama-3.1-8B-finetuned", "meta-llama/Llama-3.1-8B"),
        ("/home/me/models/Meta-Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B"),
        ("someone/Llama-3_2-1B-q4", "meta-llama/Llama-3.2-1B"),
        ("NousResearch/Hermes-3-Llama-3.2-3B", "meta-llama/Llama-3.2-3B"),
        ("x/gemma-3-12b-it-abliterated", "google/gemma-3-12b-it"),
        ("x/Qwen2.5-Coder-7B-mine", "Qwen/Qwen2.5-Coder-7B"),
        ("x/Qwen3-30B-A3B-tuned", "Qwen/Qwen3-30B-A3B"),
        ("x/Mistral-7B-OpenOrca", "mistralai/Mistral-7B-Instruct-v0.1"),
        ("x/DeepSeek-R1-Distill-Qwen-7B-sft", "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"),
        ("x/Mixtral-8x7B-mine", "mistralai/Mixtral-8x7B-Instruct-v0.1"),
        ("x/qwen3-9b", None),
        ("x/my-8b", None),
        ("x/Llama-3.1-8B-pruned-4B", None),
        ("x/Qwen3-VL-8B-Instruct", None),
        ("x/Qwen3-Embedding-8B", None),
        ("checkpoint-500", None),
        ("", None),
    ],
)
def test_names_that_tell_what_a_model_was_made_of(name: str, like: str | None):
    assert named_like(name) == like


@pytest.mark.parametrize(
    ("model_id", "billions"),
    [
        ("mistralai/Mistral-Small-3.2-24B-Instruct-2506", 24.0),
        ("mistralai/Ministral-3-8B-Instruct-2512", 8.9),
        ("ibm-granite/granite-3.3-8b-base", 8.17),
        ("ibm-granite/granite-3.3-2b-instruct", 2.53),
        ("ByteDance-Seed/Seed-OSS-36B-Instruct", 36.2),
        ("baidu/ERNIE-4.5-0.3B-PT", 0.36),
        ("openai/gpt-oss-20b", 20.9),
        ("openai/gpt-oss-120b", 116.8),
        ("HuggingFaceTB/SmolLM3-3B", 3.08),
        ("microsoft/phi-4", 14.7),
    ],
)
def test_models_as_large_as_their_makers_say(model_id: str, billions: float):
    found = known(model_id)
    assert found.shape
    assert found.is_certain
    assert found.shape.parameters / 1e9 == pytest.approx(billions, rel=0.02)


@pytest.mark.parametrize(
    ("model_id", "billions"),
    [
        ("Qwen/Qwen3.5-0.8B", 0.8),
        ("Qwen/Qwen3.5-4B", 4.2),
        ("Qwen/Qwen3.5-9B-Base", 9.0),
        ("Qwen/Qwen3.5-27B", 27.0),
        ("Qwen/Qwen3.5-35B-A3B", 35.0),
        ("Qwen/Qwen3-Next-80B-A3B-Instruct", 80.0),
        ("google/gemma-4-E2B-it", 5.1),
        ("google/gemma-4-E4B", 8.0),
        ("google/gemma-4-31B-it", 31.0),
        ("google/gemma-4-26B-A4B-it", 26.0),
    ],
)
def test_what_is_approximated_is_near(model_id: str, billions: float):
    found = known(model_id)
    assert found.shape
    assert found.source.endswith("; its layers are approximated")
    assert not found.is_certain
    assert found.shape.parameters / 1e9 == pytest.approx(billions, rel=0.12)


def test_an_approximated_architecture_in_a_cache():
    listed = configuration("Qwen/Qwen3.5-9B")
    assert listed
    fields = {"model_type": "qwen3_5", "text_config": listed.fields}
    found = known("me/tuned", stored={"me/tuned": fields})
    assert found.shape == known("Qwen/Qwen3.5-9B").shape
    assert found.source == "config.json in a cache; its layers are approximated"
    broken = {"model_type": "qwen3_5", "text_config": {"model_type": "qwen3_5_text"}}
    assert known("me/tuned", stored={"me/tuned": broken}).shape is None
