"""Architectures that the estimate does not repeat layer by layer, in the words of one that it does.

What comes out is near enough for an interval, not for a verdict that a rule may rest on:

- Qwen3.5 and Qwen3-Next: three layers of four have linear attention (Gated DeltaNet), whose
  matrices are about as large as those of attention with a gate beside each query: twice the
  queries. A shared expert counts as one more expert.
- Gemma 4: layers that see everything have wider heads, which is left out. The small ones bring an
  embedding for each layer along; the mixture has a dense MLP beside its experts.

Held against the sizes that the makers publish in tests/estimate/test_known_model.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tunesmith.estimate.shape import ModelShape, shape_of

HYBRID = {"qwen3_5_text": "qwen3", "qwen3_5_moe_text": "qwen3_moe", "qwen3_next": "qwen3_moe"}


def approximate_shape(config: Mapping[str, Any]) -> ModelShape | None:
    """A shape near that of a `config.json`; None where its `model_type` is none of these.

    Raises:
        KeyError: a field is missing; its name is the argument.
    """
    text: Mapping[str, Any] = config.get("text_config") or config
    kind = text["model_type"]
    if kind in HYBRID:
        return _hybrid(text, HYBRID[kind])
    return _gemma4(text) if kind == "gemma4_text" else None


def _hybrid(text: Mapping[str, Any], like: str) -> ModelShape:
    fields: dict[str, Any] = {**text, "model_type": like, "sliding_window": None}
    fields["num_attention_heads"] = 2 * text["num_attention_heads"]
    if text.get("num_experts"):
        fields["intermediate_size"] = text["moe_intermediate_size"]
        fields["num_experts"] = text["num_experts"] + 1
        fields["num_experts_per_tok"] = text["num_experts_per_tok"] + 1
    return shape_of(fields)


def _gemma4(text: Mapping[str, Any]) -> ModelShape:
    fields: dict[str, Any] = {**text, "model_type": "gemma3_text"}
    if text.get("num_experts"):
        dense = round(text["intermediate_size"] / text["moe_intermediate_size"])
        fields["num_experts"] = text["num_experts"] + dense
        chosen = text.get("num_experts_per_tok") or text["top_k_experts"]
        fields["num_experts_per_tok"] = chosen + dense
    if text.get("use_double_wide_mlp"):  # of the layers that take keys and values from others
        part = text["num_kv_shared_layers"] / text["num_hidden_layers"]
        fields["intermediate_size"] = round(text["intermediate_size"] * (1 + part))
    shape = shape_of(fields)
    per_layer = (text.get("hidden_size_per_layer_input") or 0) * shape.layers
    embeddings = (text.get("vocab_size_per_layer_input") or 0) * per_layer
    return shape._replace(vision=shape.vision + embeddings)
