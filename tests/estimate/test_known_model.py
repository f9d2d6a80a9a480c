"""Where the shape of a model is known from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from builders import ROOT, project
from tunesmith.estimate.known_model import KnownModel, known_model
from tunesmith.estimate.shape import shape_of
from tunesmith.knowledge.configurations import configuration, named_like
from tunesmith.project import FolderFacts, StoredModel

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
    return known_model(name, SCRIPT, replace(made, stored_model=rows.get))


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
    assert known("me/secret").source == (
        "the shape of me/secret is not known; --online asks the Hub for its config.json"
    )
    assert "needs a config.json, within the project" in known("./out").source


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
    assert found.shape == replace(own, vision=0, vision_linears=0, window=4096)


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
