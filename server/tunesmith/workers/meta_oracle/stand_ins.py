# pyright: basic, reportMissingImports=false
"""Modules and functions with the memory of kernels that run on GPUs only."""

from __future__ import annotations

import math
from functools import cache
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn

from tunesmith.estimate.training import Training

BLOCK = 64
"""Weights that share a scale in bitsandbytes' 4-bit formats (its default)."""
NESTED_BLOCK = 256
"""Scales that share a scale where they are quantized too ("double quantization")."""


class _FusedAttention(torch.autograd.Function):
    """Flash attention's memory: no matrix of scores; a sum per row, fp32 sums for the gradient.

    Source: mha_fwd and mha_bwd of flash-attention 2, which PyTorch's sdpa brings along.
    """

    @staticmethod
    def forward(ctx: Any, query: Any, key: Any, value: Any, bias: Any) -> Any:
        batch, heads, length, _ = query.shape
        result = query.new_empty(batch, length, heads, value.shape[-1]).transpose(1, 2)
        sums = query.new_empty(batch, heads, length, dtype=torch.float32)
        ctx.save_for_backward(query, key, value, bias, result, sums)
        return result

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        query, key, value, _, _, sums = ctx.saved_tensors
        sums_of_rows = torch.empty_like(sums)
        accumulator = query.new_empty(query.shape, dtype=torch.float32)
        grads = [_like(each, each.shape) for each in (query, key, value)]
        if query.shape[1] != key.shape[1]:
            # one gradient of keys and values a query head, summed up afterwards
            whole = [_like(each, (*query.shape[:2], *each.shape[2:])) for each in (key, value)]
            del whole
        del sums_of_rows, accumulator
        return *grads, None


def _like(tensor: Any, shape: Any) -> Any:
    batch, heads, length, width = shape
    return tensor.new_empty(batch, length, heads, width).transpose(1, 2)


def fused_attention(
    module: Any, query: Any, key: Any, value: Any, attention_mask: Any, **_: Any
) -> tuple[Any, None]:
    """Stands for scaled_dot_product_attention and flash attention, as transformers calls them."""
    repeats = query.shape[1] // key.shape[1]
    if attention_mask is not None and repeats > 1 and query.shape[2] > 1:
        # with a mask transformers repeats the keys and values, but for a single query
        key, value = (each.repeat_interleave(repeats, 1) for each in (key, value))
    if torch.is_autocast_enabled("cpu"):
        dtype = torch.get_autocast_dtype("cpu")
        query, key, value = (each.to(dtype) for each in (query, key, value))
    # PyTorch makes a bias of the mask
    bias = None if attention_mask is None else attention_mask.to(query.dtype)
    result = _FusedAttention.apply(query, key, value, bias)
    return result.transpose(1, 2).contiguous(), None


class _Softmax(torch.autograd.Function):
    """Softmax in float32 of smaller numbers, which a GPU reads and writes as they are."""

    @staticmethod
    def forward(ctx: Any, scores: Any) -> Any:
        ctx.dtype = scores.dtype
        shares = scores.new_empty(scores.shape, dtype=torch.float32)
        ctx.save_for_backward(shares)
        return shares

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (shares,) = ctx.saved_tensors
        product = grad * shares
        result = grad.new_empty(grad.shape, dtype=ctx.dtype)
        del product
        return result


def eager_attention(
    module: Any,
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any,
    scaling: float,
    softcap: float | None = None,
    **_: Any,
) -> tuple[Any, None]:
    """Transformers' `eager_attention_forward` with a GPU's softmax."""
    repeats = query.shape[1] // key.shape[1]
    if repeats > 1:
        key, value = (each.repeat_interleave(repeats, 1) for each in (key, value))
    scores = torch.matmul(query, key.transpose(2, 3)) * scaling
    if softcap is not None:
        scores = torch.tanh(scores / softcap) * softcap
    if attention_mask is not None:
        scores = scores + attention_mask
    shares = _Softmax.apply(scores).to(query.dtype)
    return torch.matmul(shares, value).transpose(1, 2).contiguous(), None


class FusedDropout(nn.Dropout):
    """Dropout as on a GPU: one byte of mask for each number."""

    def forward(self, x: Any) -> Any:
        return torch.native_dropout(x, self.p, True)[0]


def quantize(linear: nn.Linear, training: Training, bases: Any) -> nn.Module:
    """A linear layer whose weight is held in bitsandbytes' bytes.

    Args:
        linear: the layer to replace.
        training: how the model is trained.
        bases: bitsandbytes' module of layers: PEFT looks for its classes.
    """
    maker = _four_bits(bases) if training.quantization == "nf4" else _eight_bits(bases)
    return maker(linear, training)


@cache
def _four_bits(bases: Any) -> type:
    class Linear4bit(bases.Linear4bit):
        def __init__(self, linear: nn.Linear, training: Training) -> None:
            nn.Module.__init__(self)
            self.in_features, self.out_features = linear.in_features, linear.out_features
            numbers = linear.weight.numel()
            self.weight = nn.Parameter(_bytes((numbers + 1) // 2), requires_grad=False)
            self.weight.compress_statistics = training.is_double_quantized
            self.weight.quant_type = "nf4"
            self.bias = linear.bias
            self.compute_dtype = getattr(torch, training.compute_dtype)
            scales = math.ceil(numbers / BLOCK)
            if training.is_double_quantized:
                self.scales = _bytes(scales)
                self.nested = torch.empty(math.ceil(scales / NESTED_BLOCK), dtype=torch.float32)
            else:
                self.scales = torch.empty(scales, dtype=torch.float32)

        def forward(self, x: Any) -> Any:
            before = x.dtype
            x = x.to(self.compute_dtype)
            bias = None if self.bias is None else self.bias.to(self.compute_dtype)
            return _Dequantized.apply(x, bias, self).to(before)

    return Linear4bit


class _Dequantized(torch.autograd.Function):
    """A product with a weight that is made whole each time: bitsandbytes' MatMul4Bit."""

    @staticmethod
    def forward(ctx: Any, x: Any, bias: Any, layer: Any) -> Any:
        ctx.layer = layer
        ctx.dtype = x.dtype
        weight = torch.empty(layer.out_features, layer.in_features, dtype=x.dtype)
        with torch.autocast("cpu", enabled=False):
            return nn.functional.linear(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        layer = ctx.layer
        weight = torch.empty(layer.out_features, layer.in_features, dtype=ctx.dtype)
        return torch.matmul(grad, weight), None, None


@cache
def _eight_bits(bases: Any) -> type:
    class Linear8bitLt(bases.Linear8bitLt):
        def __init__(self, linear: nn.Linear, _: Training) -> None:
            nn.Module.__init__(self)
            self.in_features, self.out_features = linear.in_features, linear.out_features
            shape = linear.weight.shape
            self.weight = nn.Parameter(torch.empty(shape, dtype=torch.int8), requires_grad=False)
            self.scales = torch.empty(linear.out_features, dtype=torch.float32)
            self.bias = linear.bias
            self.state = SimpleNamespace(has_fp16_weights=False, threshold=6.0)
            self.index = None

        def forward(self, x: Any) -> Any:
            return _EightBits.apply(x, self)

    return Linear8bitLt


class _EightBits(torch.autograd.Function):
    """bitsandbytes' MatMul8bitLt with a frozen weight: x in 8 bits forward, whole backward."""

    @staticmethod
    def forward(ctx: Any, x: Any, layer: Any) -> Any:
        ctx.layer, ctx.dtype = layer, x.dtype
        # bitsandbytes holds it as an attribute, which checkpointing does not see and set free
        ctx.kept = x
        half = x.to(torch.float16)
        rows = torch.empty(half.shape, dtype=torch.int8)
        del half
        whole = torch.empty(*x.shape[:-1], layer.out_features, dtype=torch.int32)
        result = torch.empty(whole.shape, dtype=torch.float16)
        del whole, rows
        return result.to(x.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        layer = ctx.layer
        weight = torch.empty(layer.out_features, layer.in_features, dtype=ctx.dtype)
        return torch.matmul(grad.to(ctx.dtype), weight), None


def _bytes(count: int) -> Any:
    return torch.empty(count, dtype=torch.uint8)
