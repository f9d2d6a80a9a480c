"""What a release of TRL does where a script leaves it open, as far as memory goes.

Read from the trainers in the wheels of TRL 0.7.0 to 1.16.0. Releases after the last one read are
taken to do the same.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from packaging.version import Version

from tunesmith.estimate.training import Attention, LossPath, Method, Precision

Value = TypeVar("Value")
NEWEST = Version("1!0")
"""Stands for a release that is not known: newer than all."""


class _Since(Generic[Value]):
    """A value that changed with releases: (first release, value), in their order."""

    def __init__(self, *steps: tuple[str, Value]) -> None:
        self._steps = [(Version(release), value) for release, value in steps]

    def at(self, release: Version) -> Value:
        return [value for since, value in self._steps if since <= release][-1]


# `mean_token_accuracy` came with 0.15, `chunked_nll` became the default in 1.7, the fused head 1.15
_SFT = _Since[LossPath](("0", "plain"), ("0.15.0", "full"), ("1.7.0", "chunked"), ("1.15", "fused"))
_PREFERENCES = _Since[LossPath](("0", "plain"), ("1.15", "fused"))
# before 0.26 what is not quantized was made float32, then embeddings bfloat16 again; from 0.27 on
# `create_model_from_path` loads in float32 unless `dtype` is given
_QUANTIZED = _Since[Precision](("0", "bfloat16"), ("0.27.0", "float32"))
_NORMS = _Since[Precision | None](("0", "float32"), ("0.26.0", None))
_LOADED = _Since[Precision | None](("0", None), ("0.27.0", "float32"))
_ADAPTER = _Since[Precision](("0", "float32"), ("0.26.0", "bfloat16"))
_CHECKPOINTED = _Since[bool](("0", False), ("0.22.0", True))


_WITHOUT_SDPA = {"gpt_oss": Version("0"), "gemma2": Version("5.21")}
"""Architectures that fused attention cannot serve, by transformers' release that says so."""


def attention(family: str, transformers: Version) -> Attention:
    """The implementation of attention unless it is named."""
    since = _WITHOUT_SDPA.get(family)
    return "eager" if since is not None and since <= transformers else "sdpa"


def loss_path(trl: Version, method: Method = "sft") -> LossPath:
    """How a trainer computes its loss unless it is told otherwise."""
    return (_SFT if method == "sft" else _PREFERENCES).at(trl)


def load_dtype(trl: Version, *, is_quantized: bool) -> Precision | None:
    """The precision of weights that are not quantized, where the script gives no `dtype`.

    Returns:
        None where transformers decides: float32 before its 5.0, then as the model was saved.
    """
    return (_QUANTIZED if is_quantized else _LOADED).at(trl)


def norm_dtype(trl: Version, *, is_quantized: bool) -> Precision | None:
    """The precision of norms where it is another one (`peft_module_casting_to_bf16`)."""
    return _NORMS.at(trl) if is_quantized else None


def adapter_dtype(trl: Version, *, is_quantized: bool) -> Precision:
    """The precision of an adapter's weights."""
    return _ADAPTER.at(trl) if is_quantized else "float32"


def is_checkpointed(trl: Version) -> bool:
    """Whether gradient checkpointing is on unless it is turned off."""
    return _CHECKPOINTED.at(trl)
