"""What computing the loss takes, by the way in which a release of TRL does it."""

from __future__ import annotations

from tunesmith.estimate.shape import ModelShape
from tunesmith.estimate.training import BYTES, Training
from tunesmith.named_tuple import NamedTuple

CHUNK = 256
"""Tokens at a time of `chunked_nll` (trl 1.7 to 1.14, `_CHUNKED_LM_HEAD_CHUNK_SIZE`)."""
TILE_TOKENS, TILE_WORDS = 4096, 32768
"""A tile of the fused head (trl 1.15, `TOKEN_CHUNK_SIZE` and `_CHUNKED_LOGPROB_CHUNK_SIZE`)."""
ENTROPY_CHUNK = 128
"""Tokens at a time of `entropy_from_logits` (trl 0.22 to 1.6)."""
FLOAT, INDEX = 4, 8


class LossMemory(NamedTuple):
    """Bytes above what the layers keep.

    Attributes:
        logits, hidden: at the peak of the way there: of words, of the last hidden states.
        logits_back, hidden_back: at the peak of the gradient.
        gradients_back: gradients of the output layer at that peak.
        gradients: of them, what stays.
        kept: what waits for the gradient while something else is done.
    """

    logits: int = 0
    hidden: int = 0
    logits_back: int = 0
    hidden_back: int = 0
    gradients_back: int = 0
    gradients: int = 0
    kept: int = 0


def loss_memory(shape: ModelShape, training: Training, rows: int) -> LossMemory:
    """What the loss of one batch takes.

    Args:
        shape: the model.
        training: how it is trained.
        rows: sequences in the batch.
    """
    if training.method == "reward":
        return LossMemory()
    makers = {"fused": _fused, "chunked": _chunked, "full": _full, "plain": _full}
    return makers[training.loss](_Sizes(shape, training, rows))


class _Sizes:
    """Bytes of the parts of a loss."""

    def __init__(self, shape: ModelShape, training: Training, rows: int) -> None:
        adapter = training.adapter
        self.training, self.rows = training, rows
        self.tokens = rows * training.length
        self.scored = rows * training.scored
        self.vocabulary, self.width = shape.vocabulary, shape.hidden
        self.weights = shape.embedding
        self.loaded = BYTES[training.load_dtype]
        self.computed = BYTES[training.autocast] if training.autocast else self.loaded
        self.is_cast = self.loaded != self.computed
        self.is_trained = adapter is None or "lm_head" in adapter.modules_to_save
        self.is_tied = shape.is_tied
        # the last norm's result: its weights may be wider than what went in
        out = BYTES[training.norm_dtype or training.load_dtype]
        out = self.loaded if shape.is_gemma else max(out, self.loaded)
        self.hidden = self.tokens * shape.hidden * out
        self.chosen = self.scored * shape.hidden * out
        self.is_hidden_cast = out != self.computed
        self.has_softcap = shape.softcap is not None

    @property
    def left(self) -> int:
        """The gradient of the output layer, unless it is added to an earlier one.

        That of a tied layer waits for the embedding's before it is.
        """
        is_new = self.is_trained and (self.is_tied or not self.training.accumulates)
        return self.weights * self.loaded if is_new else 0


def _fused(its: _Sizes) -> LossMemory:
    tokens = min(its.scored, TILE_TOKENS)
    words = min(TILE_WORDS, its.vocabulary)
    tile = tokens * words * its.computed
    casts = tokens * its.width * its.computed if its.is_hidden_cast else 0
    piece = words * its.width * its.computed if its.is_cast else 0
    sums = its.scored * (8 * FLOAT + INDEX)
    whole = its.scored * its.width * FLOAT
    return LossMemory(
        logits=tile + piece,
        hidden=its.hidden + its.chosen + casts + sums,
        logits_back=tile + (2 * piece if its.vocabulary > words else piece),
        hidden_back=its.chosen + whole + casts + its.scored * (2 * FLOAT + INDEX),
        gradients_back=_fused_gradient(its),
        gradients=its.left,
        kept=its.chosen + its.scored * (2 * FLOAT + INDEX),
    )


def _fused_gradient(its: _Sizes) -> int:
    if not its.is_trained:
        return 0
    # summed in float32, then cast where the weight is not
    return its.weights * (FLOAT + (its.loaded if its.loaded != FLOAT else 0))


def _full(its: _Sizes) -> LossMemory:
    numbers = its.scored * its.vocabulary
    is_upcast = its.computed != FLOAT
    # the logits, their float32, the logarithms of their shares
    forward = numbers * (its.computed + (FLOAT if is_upcast else 0) + FLOAT)
    if its.training.loss == "full":
        copies = 2 if its.rows > 1 else 0
        entropy = 3 * FLOAT * min(its.scored, ENTROPY_CHUNK) * its.vocabulary
        forward = max(forward, numbers * FLOAT * (2 + copies), numbers * FLOAT * 2 + entropy)
    copy = its.weights * its.computed if its.is_cast else 0
    cast = its.tokens * its.width * its.computed if its.is_hidden_cast else 0
    return LossMemory(
        logits=forward + copy,
        hidden=its.hidden + cast,
        # the shares, the gradient of the loss and that of the logarithms
        logits_back=numbers * FLOAT * 3 + copy,
        hidden_back=(cast or its.hidden) if its.is_trained else 0,
        gradients=its.left,
        kept=numbers * FLOAT,
    )


def _chunked(its: _Sizes) -> LossMemory:
    tokens = min(its.tokens, CHUNK)
    # each chunk makes the weight float32, and autocast makes that small again
    copy = its.weights * ((FLOAT if its.loaded != FLOAT else 0) + its.computed)
    if its.training.autocast is None and its.loaded == FLOAT:
        copy = 0
    chunk = tokens * its.vocabulary
    again = copy + chunk * its.computed
    if its.is_trained:
        # the gradient of the weight, on its way through the same precisions
        again = max(again, its.weights * (its.computed + FLOAT))
    return LossMemory(
        logits=max(copy + chunk * its.computed, chunk * (its.computed + 4 * FLOAT)),
        hidden=2 * its.hidden,
        logits_back=max(again, its.weights * its.computed + chunk * (its.computed + 3 * FLOAT)),
        hidden_back=its.hidden,
        gradients_back=its.left,
        gradients=its.left,
    )
