"""The template of a training guide, whose advice on GPUs the estimate is held against."""

from __future__ import annotations

from packaging.version import Version

from tunesmith.estimate import releases
from tunesmith.estimate.training import Adapter, Training

GEMMA, QWEN = "google/gemma-3-12b-it", "Qwen/Qwen3-8B"
LLAMA = "meta-llama/Meta-Llama-3.1-8B-Instruct"
A10G, A100 = "a10g-large", "a100-large"
LENGTHS = (2048, 8192, 16384)
# by the longest text in tokens: the GPU for Gemma 3 (262K words), that for Qwen3 and Llama 3
RECOMMENDED = {2048: (A10G, A10G), 8192: (A100, A10G), 16384: (A100, A100)}
OLD, NEW = "0.25.1", "1.16.0"
"""A release of TRL with full logits, as the guide was written for, and a recent one."""


def recommended(model: str, length: int) -> str:
    return RECOMMENDED[length][0 if model == GEMMA else 1]


def guides(trl: str, length: int) -> Training:
    """The guide's template with a release of TRL."""
    release = Version(trl)
    return Training(
        batch=1,
        length=length,
        loss=releases.loss_path(release),
        load_dtype=releases.load_dtype(release, is_quantized=True) or "bfloat16",
        norm_dtype=releases.norm_dtype(release, is_quantized=True),
        quantization="nf4",
        is_double_quantized=True,
        compute_dtype="bfloat16",
        adapter=Adapter(
            64, has_dropout=True, dtype=releases.adapter_dtype(release, is_quantized=True)
        ),
        optimizer="adamw_8bit",
        accumulates=True,
    )
