"""What becomes of a keyword's value where a release takes it under another name.

A rename that is not here keeps its value only if it is in `SAME_VALUE`: others mean another unit,
another type or a part of something bigger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.python_values import Value
from tunesmith.sources.unknown import UNKNOWN


class Converted(NamedTuple):
    """The source text of a value under a new name.

    Attributes:
        is_certain: it surely means what the old one did.
    """

    text: str
    is_certain: bool = True


Convert = Callable[[Value, str], "Converted | None"]
"""Converts a value, from its worth and its text; None where it cannot be."""

SAME_VALUE = frozenset(
    [
        ("cliprange", "epsilon"),
        ("config", "args"),
        ("ema_update_rate", "teacher_update_rate"),
        ("evaluation_strategy", "eval_strategy"),
        ("exp_name", "run_name"),
        ("gpu_memory_utilization", "vllm_gpu_memory_utilization"),
        ("gradient_checkpointing", "activation_checkpointing"),
        ("gradient_checkpointing_kwargs", "activation_checkpointing_kwargs"),
        ("kl_coef", "beta"),
        ("max_seq_length", "max_length"),
        ("model_config", "model_args"),
        ("no_cuda", "use_cpu"),
        ("normalize_reward", "normalize_advantages"),
        ("per_gpu_eval_batch_size", "per_device_eval_batch_size"),
        ("per_gpu_train_batch_size", "per_device_train_batch_size"),
        ("push_to_hub_token", "hub_token"),
        ("response_length", "max_completion_length"),
        ("rloo_k", "num_generations"),
        ("tokenizer", "processing_class"),
        ("torch_dtype", "dtype"),
        ("use_auth_token", "token"),
        ("use_liger", "use_liger_kernel"),
        ("use_liger_loss", "use_liger_kernel"),
        ("use_num_logits_to_keep", "use_logits_to_keep"),
        ("use_transformers_paged", "use_transformers_continuous_batching"),
        ("vllm_guided_decoding_regex", "vllm_structured_outputs_regex"),
    ]
)
"""Old name, new name: the value means the same under both."""


def converted(old: str, new: str, value: Value, text: str) -> Converted | None:
    """A value under a keyword's new name; None where it cannot be told."""
    if old == new or (old, new) in SAME_VALUE:
        return Converted(text)
    convert = _CONVERSIONS.get((old, new))
    return convert(value, text) if convert else None


def _share_of_steps(value: Value, text: str) -> Converted | None:
    """`warmup_steps` below 1 is a share of the steps; from 1 on it counts them."""
    if isinstance(value, (int, float)):
        return Converted(text) if 0 <= value < 1 else None
    return Converted(text, is_certain=False) if value is UNKNOWN else None


def _attention(value: Value, text: str) -> Converted | None:
    return Converted('"flash_attention_2"') if value is True else None


def _sampling(value: Value, text: str) -> Converted | None:
    return Converted('"group_by_length"') if value is True else None


_CONVERSIONS: Mapping[tuple[str, str], Convert] = {
    ("warmup_ratio", "warmup_steps"): _share_of_steps,
    ("use_flash_attention_2", "attn_implementation"): _attention,
    ("group_by_length", "train_sampling_strategy"): _sampling,
}
