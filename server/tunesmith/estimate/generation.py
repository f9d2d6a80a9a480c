"""What a model takes while it writes completions (GRPO), as transformers' `generate` does it.

Mixed precision is on where all weights are trained: `generate` of an adapter calls the model
inside, which accelerate has not wrapped. Sources: `generation/utils.py` (`_sample`),
`cache_utils.py` and `integrations/sdpa_attention.py` of transformers 5.23, `peft_model.py` of PEFT
0.21.
"""

from __future__ import annotations

from tunesmith.estimate.decoder import FLOAT, mask_kinds, pass_memory, residual_width
from tunesmith.estimate.shape import ModelShape
from tunesmith.estimate.training import BYTES, Training
from tunesmith.named_tuple import NamedTuple


class GenerationMemory(NamedTuple):
    """Bytes above the weights at one of its peaks.

    Attributes:
        activations: keys and values of the tokens so far, and what a layer takes.
        logits: scores of the next word, and copies of weights for them.
    """

    activations: int
    logits: int = 0


def generation_memory(shape: ModelShape, training: Training) -> tuple[GenerationMemory, ...]:
    """The peaks: while the prompts are read, and at the last token of the longest completions.

    Args:
        shape: the model.
        training: how it is trained; `generated` is not 0.
    """
    written = training if training.adapter is None else training._replace(autocast=None)
    prompt = max(1, training.length - training.completion)
    read = written._replace(length=prompt)
    embedded = written.generated * prompt * shape.hidden * residual_width(shape, written)
    passed = embedded + pass_memory(shape, read, written.generated, is_adapted=True)
    # a mask has a byte for each pair of tokens
    masks = mask_kinds(shape, read) * written.generated * prompt**2
    reading = _cache(shape, written, prompt, is_cut=False) + masks
    writing = _cache(shape, written, training.length, is_cut=True)
    linears, head = _copies(shape, written)
    numbers = written.generated * shape.vocabulary
    copies = 2 if written.autocast else 1
    out = numbers * BYTES[written.autocast or written.load_dtype]
    return (
        GenerationMemory(reading + passed + linears),
        GenerationMemory(writing + _cache_of_layer(shape, written, training.length) + linears),
        GenerationMemory(writing + linears, head + out),
        GenerationMemory(writing, numbers * FLOAT * (1 + copies)),
    )


def _width(shape: ModelShape, training: Training) -> int:
    """Bytes of each number in the cache: of a key as it is rotated; values are made as wide."""
    return max(BYTES[training.load_dtype], residual_width(shape, training))


def _cache_of_layer(shape: ModelShape, training: Training, tokens: int) -> int:
    """Keys, or values."""
    numbers = training.generated * tokens * shape.kv_heads * shape.head_dim
    return numbers * _width(shape, training)


def _cache(shape: ModelShape, training: Training, tokens: int, *, is_cut: bool) -> int:
    """Keys and values of all layers; a window cuts them off at the token after."""
    seen = min(tokens, shape.window) if is_cut and shape.window else tokens
    sliding = shape.sliding_layers
    kept = sliding * seen + (shape.layers - sliding) * tokens
    return 2 * _cache_of_layer(shape, training, kept)


def _copies(shape: ModelShape, training: Training) -> tuple[int, int]:
    """Autocast's copies of float32 weights until a pass is over: of the layers, and of the head."""
    if training.autocast is None or BYTES[training.load_dtype] != FLOAT:
        return 0, 0
    width = BYTES[training.autocast]
    return shape.linear_weights * width, shape.embedding * width
