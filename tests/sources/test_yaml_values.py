"""Configurations in YAML and JSON."""

from __future__ import annotations

import pytest

from tunesmith.sources.yaml_values import configuration_values

RECIPE = """\
# Model
model_name_or_path: Qwen/Qwen3-8B  # the base
dtype: "bfloat16"
learning_rate: 2.0e-4
lr: 1e-5
steps: 1_000
use_peft: true
packing: no
nothing:
tilde: ~
lora_target_modules:
  - q_proj
  - v_proj
flow: [a, 2, 'three']
lora_parameters:
  rank: 16
  keys: ["self_attn.q_proj", "self_attn.v_proj"]
text: |
  several
  lines
base: &anchor value
"""


def test_what_a_recipe_says():
    assert configuration_values(RECIPE) == {
        "model_name_or_path": "Qwen/Qwen3-8B",
        "dtype": "bfloat16",
        "learning_rate": 2e-4,
        "lr": 1e-5,
        "steps": 1000,
        "use_peft": True,
        "packing": False,
        "nothing": None,
        "tilde": None,
        "lora_target_modules": ["q_proj", "v_proj"],
        "flow": ["a", 2, "three"],
        "lora_parameters": {
            "rank": 16,
            "keys": ["self_attn.q_proj", "self_attn.v_proj"],
        },
    }


def test_json():
    text = '{"zero_optimization": {"stage": 3}, "bf16": {"enabled": "auto"}}'
    found = configuration_values(text)
    assert found == {"zero_optimization": {"stage": 3}, "bf16": {"enabled": "auto"}}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n- b\n",
        "just text",
        "{",
        '["a"]',
        "{" * 5000,
        "[" * 5000,
        "a:\n" + "".join(" " * i + "b:\n" for i in range(1, 400)),
        "a: " + "x" * 70_000,
    ],
    ids=lambda text: text[:8],
)
def test_what_is_no_mapping(text: str):
    assert configuration_values(text) is None


@pytest.mark.parametrize("text", ["a: b: c", "a: [", "a: {b", "\x00: 1", "a:\t1", "é: ü"])
def test_what_is_broken_raises_nothing(text: str):
    configuration_values(text)
