# pyright: basic, reportMissingImports=false
"""Has a model write completions, as GRPO does before it learns from them."""

from __future__ import annotations

from typing import Any

import torch

from tunesmith.estimate.training import Training


def generate(model: Any, base: Any, training: Training) -> None:
    """Let the model read all prompts, then write the last token of the longest completions.

    What happens between the two takes less memory than the last token.

    Args:
        model: with its adapter.
        base: without.
        training: how it is trained; `generated` says how many sequences.
    """
    from transformers import DynamicCache
    from trl.models.utils import disable_gradient_checkpointing

    cache = DynamicCache(config=base.config)
    prompt = training.length - training.completion
    with torch.no_grad(), disable_gradient_checkpointing(base, {"use_reentrant": False}):
        _write_one(model, training.generated, prompt, cache)
        _grow(cache, training.length - 2)
        _write_one(model, training.generated, training.length - 1, cache)


def _write_one(model: Any, sequences: int, length: int, cache: Any) -> None:
    from transformers import GenerationConfig

    ids = torch.empty(sequences, length, dtype=torch.long)
    config = GenerationConfig(
        max_new_tokens=1,
        do_sample=True,
        top_k=0,
        use_cache=True,
        bos_token_id=1,
        pad_token_id=0,
        disable_compile=True,
    )
    mask = torch.ones_like(ids)
    model.generate(ids, attention_mask=mask, past_key_values=cache, generation_config=config)


def _grow(cache: Any, length: int) -> None:
    """Have the cache hold so many tokens, as far as a layer's window reaches."""
    for layer in cache.layers:
        held = min(length, layer.sliding_window - 1) if layer.is_sliding else length
        for name in ("keys", "values"):
            before = getattr(layer, name)
            batch, heads, _, width = before.shape
            setattr(layer, name, before.new_empty(batch, heads, held, width))
            del before
        if layer.is_sliding:
            layer.cumulative_length = length
