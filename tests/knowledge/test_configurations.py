"""The shapes of popular models."""

from __future__ import annotations

import pytest

from tunesmith.knowledge.configurations import configuration
from tunesmith.knowledge.tables import table

FIELDS = (
    "model_type",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "intermediate_size",
    "vocab_size",
    "tie_word_embeddings",
)


@pytest.mark.parametrize(
    ("model_id", "like"),
    [
        ("google/gemma-3-12b-pt", "google/gemma-3-12b-it"),
        ("unsloth/gemma-3-12b-it-bnb-4bit", "google/gemma-3-12b-it"),
        ("unsloth/Meta-Llama-3.1-8B", "meta-llama/Meta-Llama-3.1-8B"),
        ("Qwen/Qwen2.5-7B-Instruct-GPTQ-Int4", "Qwen/Qwen2.5-7B"),
        ("Qwen/Qwen3-4B-Instruct-2507", "Qwen/Qwen3-4B-Base"),
        ("HuggingFaceTB/SmolLM3-3B-Base", "HuggingFaceTB/SmolLM3-3B"),
    ],
)
def test_copies_and_siblings_have_the_same_shape(model_id: str, like: str):
    assert configuration(model_id) is not None
    assert configuration(model_id) == configuration(like)


@pytest.mark.parametrize("model_id", ["me/my-model", "google/gemma-9-1b", "", "./out"])
def test_what_is_not_in_the_table_is_unknown(model_id: str):
    assert configuration(model_id) is None


def test_every_row_is_complete():
    assert len(table("configurations")["models"]) >= 120
    for model_id, row in table("configurations")["models"].items():
        assert row["source"], model_id
        assert all(row["config"].get(field) is not None for field in FIELDS), model_id
