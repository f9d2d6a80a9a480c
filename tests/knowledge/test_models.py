"""What ids of models tell."""

from __future__ import annotations

import re

import pytest

from tunesmith.knowledge.models import model
from tunesmith.knowledge.tables import table

LISTED = {
    f"{row['maker']}/{row[kind].replace('{}', size)}"
    for row in table("models")["families"]
    for kind in ("base", "instruct")
    if row[kind]
    for size in row["of"]
} | {row["id"] for row in table("models")["exceptions"]}


@pytest.mark.parametrize(
    ("id_", "family", "kind", "sibling"),
    [
        ("google/gemma-7b", "Gemma", "base", "google/gemma-7b-it"),
        ("google/gemma-2-9b", "Gemma 2", "base", "google/gemma-2-9b-it"),
        ("google/gemma-3-12b-pt", "Gemma 3", "base", "google/gemma-3-12b-it"),
        ("google/gemma-3-12b-it", "Gemma 3", "instruct", "google/gemma-3-12b-pt"),
        ("google/gemma-3-270m", "Gemma 3", "base", "google/gemma-3-270m-it"),
        ("google/gemma-3n-E4B-it", "Gemma 3n", "instruct", "google/gemma-3n-E4B"),
        ("Qwen/Qwen1.5-7B", "Qwen1.5", "base", "Qwen/Qwen1.5-7B-Chat"),
        ("Qwen/Qwen2.5-0.5B", "Qwen2.5", "base", "Qwen/Qwen2.5-0.5B-Instruct"),
        ("Qwen/Qwen2.5-7B", "Qwen2.5", "base", "Qwen/Qwen2.5-7B-Instruct"),
        ("Qwen/Qwen2.5-7B-Instruct-1M", "Qwen2.5", "instruct", "Qwen/Qwen2.5-7B"),
        ("Qwen/Qwen2.5-7B-Instruct-AWQ", "Qwen2.5", "instruct", "Qwen/Qwen2.5-7B"),
        ("Qwen/Qwen3-14B", "Qwen3", "instruct", "Qwen/Qwen3-14B-Base"),
        ("Qwen/Qwen3-4B-Base", "Qwen3", "base", "Qwen/Qwen3-4B"),
        ("Qwen/Qwen3-32B", "Qwen3", "instruct", None),
        ("Qwen/Qwen3-4B-Instruct-2507", "Qwen3", "instruct", "Qwen/Qwen3-4B-Base"),
        ("meta-llama/Llama-2-7b-hf", "Llama 2", "base", "meta-llama/Llama-2-7b-chat-hf"),
        ("meta-llama/Meta-Llama-3-8B", "Llama 3", "base", "meta-llama/Meta-Llama-3-8B-Instruct"),
        ("meta-llama/Llama-3.2-1B", "Llama 3.2", "base", "meta-llama/Llama-3.2-1B-Instruct"),
        ("meta-llama/Llama-3.3-70B-Instruct", "Llama 3.3", "instruct", None),
        (
            "mistralai/Mistral-7B-v0.3",
            "Mistral 7B",
            "base",
            "mistralai/Mistral-7B-Instruct-v0.3",
        ),
        ("microsoft/phi-2", "Phi-2", "base", None),
        ("microsoft/phi-4", "Phi-4", "instruct", None),
        ("HuggingFaceTB/SmolLM3-3B", "SmolLM3", "instruct", "HuggingFaceTB/SmolLM3-3B-Base"),
        ("tiiuae/Falcon3-7B-Base", "Falcon3", "base", "tiiuae/Falcon3-7B-Instruct"),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "DeepSeek R1 Distill", "instruct", None),
    ],
)
def test_listed(id_: str, family: str, kind: str, sibling: str | None) -> None:
    found = model(id_)
    assert found
    assert (found.id, found.family, found.kind, found.sibling) == (id_, family, kind, sibling)


@pytest.mark.parametrize(
    ("id_", "kind"),
    [
        ("Qwen/Qwen9-5B-Instruct-3001", "instruct"),
        ("Qwen/Qwen9-5B-Base", "base"),
        ("Qwen/Qwen2.5-99B", "base"),
        ("google/gemma-9-1b-pt", "base"),
        ("google/gemma-3-4b-it-qat-q4_0-unquantized", "instruct"),
        ("meta-llama/Llama-3.2-9B", "base"),
        ("mistralai/Devstral-Instruct-2603", "instruct"),
    ],
)
def test_judged_by_the_way_the_maker_writes(id_: str, kind: str) -> None:
    found = model(id_)
    assert found
    assert (found.kind, found.sibling) == (kind, None)


@pytest.mark.parametrize(
    "id_",
    [
        "google/gemma-3-12b",  # the guide's, but there is no such model
        "google/gemma-3-500m",
        "google/flan-t5-base",
        "google/paligemma-3b-pt-224",
        "microsoft/phi-9",
        "microsoft/deberta-v3-base",
        "Qwen/Qwen3.5-27B",
        "Qwen/Qwen2.5-7B-Reranker",
        "meta-llama/Llama-3-8B",
        "meta-llama/Llama-Guard-3-8B",
        "someone/Qwen2.5-7B-Instruct",
        "unsloth/my-model",
        "unsloth/Qwen2.5-7B-mine",
        "mistralai/Mistral-7B",
        "gemma-3-12b-pt",
        "./output/gemma-3-12b-pt",
        "",
        "/",
    ],
)
def test_unknown(id_: str) -> None:
    assert model(id_) is None


@pytest.mark.parametrize(
    ("id_", "kind", "sibling"),
    [
        ("unsloth/gemma-3-4b-it-unsloth-bnb-4bit", "instruct", "google/gemma-3-4b-pt"),
        ("unsloth/Qwen2.5-7B", "base", "Qwen/Qwen2.5-7B-Instruct"),
        ("unsloth/mistral-7b-v0.3-bnb-4bit", "base", "mistralai/Mistral-7B-Instruct-v0.3"),
        ("unsloth/Meta-Llama-3.1-8B-Instruct", "instruct", "meta-llama/Meta-Llama-3.1-8B"),
        ("mlx-community/gemma-3-12b-it-8bit", "instruct", "google/gemma-3-12b-pt"),
    ],
)
def test_copies(id_: str, kind: str, sibling: str) -> None:
    found = model(id_)
    assert found
    assert (found.id, found.kind, found.sibling, found.is_gated) == (id_, kind, sibling, False)


@pytest.mark.parametrize(
    ("id_", "gated"),
    [
        ("meta-llama/Llama-3.1-8B", True),
        ("meta-llama/Llama-3.1-9B-Instruct", True),
        ("google/gemma-3-4b-it", True),
        ("Qwen/Qwen3-8B", False),
        ("google/gemma-9-4b-it", None),
        ("mistralai/Mistral-7B-v0.1", None),
    ],
)
def test_gates(id_: str, gated: bool | None) -> None:
    found = model(id_)
    assert found
    assert found.is_gated is gated


@pytest.mark.parametrize(
    ("id_", "billions"),
    [
        ("Qwen/Qwen2.5-0.5B", 0.5),
        ("HuggingFaceTB/SmolLM2-135M", 0.135),
        ("Qwen/Qwen-1_8B", 1.8),
        ("Qwen/Qwen3-30B-A3B", 30),
        ("mistralai/Mistral-7B-Instruct-v0.3", 7),
        ("mistralai/Mixtral-8x7B-v0.1", None),
        ("google/gemma-3n-E4B-it", None),
        ("meta-llama/Llama-4-Scout-17B-16E", None),
        ("Qwen/Qwen1.5-MoE-A2.7B", None),
        ("allenai/OLMoE-1B-7B-0924", None),
        ("microsoft/phi-2", None),
    ],
)
def test_sizes(id_: str, billions: float | None) -> None:
    found = model(id_)
    assert found
    assert found.billions == billions


def test_siblings_are_listed_and_of_the_other_kind() -> None:
    for id_ in LISTED:
        found = model(id_)
        assert found
        if found.sibling:
            other = model(found.sibling)
            assert other
            assert other.kind != found.kind
            assert other.family == found.family
            assert found.sibling in LISTED


def test_a_suffix_never_contradicts_a_family() -> None:
    for row in table("models")["suffixes"]:
        for id_ in LISTED:
            maker, _, name = id_.partition("/")
            if maker != row["maker"] or not re.fullmatch(row["name"], name):
                continue
            for kind in ("base", "instruct"):
                if row[kind] and re.search(rf"(?:{row[kind]})\Z", name):
                    found = model(id_)
                    assert found
                    assert found.kind == kind
