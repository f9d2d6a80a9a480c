"""One decoder layer as transformers and PEFT run it, noted on a tape of sizes.

The operations follow `modeling_*.py` of transformers 5.23 and `peft/tuners/lora` 0.21; quantized
layers follow bitsandbytes 0.50 (`autograd/_functions.py`), fused attention flash-attention 2. Every
layer is taken to get a gradient; the first one of a frozen model without checkpoints keeps less.
"""

from __future__ import annotations

from collections.abc import Sequence

from tunesmith.estimate.shape import Linear, ModelShape
from tunesmith.estimate.tape import Tape, Tensor
from tunesmith.estimate.training import BYTES, Adapter, Training
from tunesmith.named_tuple import NamedTuple

FLOAT = 4
INDEX = 8
"""Bytes of a float32 and of PyTorch's indices (int64)."""


class LayerMemory(NamedTuple):
    """Bytes of one decoder layer.

    Attributes:
        kept: what its forward keeps for the gradient, its own input not counted.
        way_there: the peak of its forward, `kept` included.
        way_back: the peak while its gradient is computed, `kept` and gradients of weights included.
        gradients: gradients of its weights, which stay.
        leaked: what checkpointing does not set free: bitsandbytes' 8-bit layers hold their input
            where it is not seen.
    """

    kept: int
    way_there: int
    way_back: int
    gradients: int
    leaked: int = 0


def layer_memory(shape: ModelShape, training: Training, rows: int, is_sliding: bool) -> LayerMemory:
    """What one decoder layer takes.

    Args:
        shape: the model.
        training: how it is trained.
        rows: sequences in the batch.
        is_sliding: whether its attention sees a window only.
    """
    layer = _Layer(shape, training, rows)
    result = layer.run(is_sliding)
    leaked = sum(each.size for each in layer.leaked)
    return _measured(layer.tape, result)._replace(leaked=leaked)


def pass_memory(
    shape: ModelShape, training: Training, rows: int, *, is_adapted: bool = False
) -> int:
    """Bytes at the peak of one decoder layer that nothing is kept of, its own input included.

    Args:
        shape: the model.
        training: how it is trained.
        rows: sequences in the batch.
        is_adapted: whether the adapter is on.
    """
    if not is_adapted:
        adapter = (training.adapter or Adapter(1))._replace(targets=())
        training = training._replace(adapter=adapter)
    layer = _Layer(shape, training, rows, is_recorded=False)
    layer.run(False)
    return layer.tape.way_there + layer.input.size


def norm_memory(shape: ModelShape, training: Training, rows: int) -> LayerMemory:
    """What the norm behind the last layer takes."""
    layer = _Layer(shape, training, rows)
    result = layer.norm(layer.input)
    return _measured(layer.tape, result)


def _measured(tape: Tape, result: Tensor) -> LayerMemory:
    kept, way_there = tape.kept, tape.way_there
    return LayerMemory(kept, way_there, tape.way_back(result, result.size), tape.trained)


class _Layer:
    def __init__(
        self, shape: ModelShape, training: Training, rows: int, is_recorded: bool = True
    ) -> None:
        self.shape, self.training, self.rows = shape, training, rows
        self.tokens = rows * training.length
        self.loaded = BYTES[training.load_dtype]
        self.normed = BYTES[training.norm_dtype or training.load_dtype]
        self.computed = BYTES[training.autocast] if training.autocast else self.loaded
        self.trains_all = training.adapter is None
        self.adapter_width = BYTES[training.adapter.dtype] if training.adapter else 0
        self.tape = Tape(training.accumulates, is_recorded=is_recorded)
        self.leaked: set[Tensor] = set()
        width = residual_width(shape, training)
        self.input = self.tape.outside(self.tokens * shape.hidden, width)

    def run(self, is_sliding: bool) -> Tensor:
        y = self.norm(self.input)
        self.tape.alive = [y]
        x = self.add(self.input, self.attend(y, is_sliding))
        y = self.norm(x)
        self.tape.alive = [x, y]
        y = self.experts(y) if self.shape.experts else self.mlp(y)
        return self.add(x, self.norm(y) if self.shape.is_gemma else y)

    def attend(self, x: Tensor, is_sliding: bool) -> Tensor:
        shape = self.shape
        *inner, outer = shape.attention()
        if shape.is_fused:
            whole = self.linear(x, inner[0])
            parts = [shape.heads, shape.kv_heads, shape.kv_heads]
            query, key, value = (self.part(whole, each * shape.head_dim) for each in parts)
        else:
            query, key, value = (self.linear(x, each) for each in inner)
        if shape.has_head_norms:
            query, key = self.norm(query, shape.head_dim), self.norm(key, shape.head_dim)
        query, key = self.rotate(query), self.rotate(key)
        if self.training.attention == "eager":
            mixed = self.scores(query, key, value)
        else:
            mixed = self.fused_attention(query, key, value, is_sliding)
        y = self.linear(mixed, outer)
        return self.norm(y) if shape.is_gemma else y

    def fused_attention(
        self, query: Tensor, key: Tensor, value: Tensor, is_sliding: bool
    ) -> Tensor:
        """Neither flash attention nor sdpa makes the matrix of scores."""
        tape, shape, length = self.tape, self.shape, self.training.length
        groups = shape.heads // shape.kv_heads
        kept: list[Tensor] = []
        if has_mask(shape, self.training, is_sliding):
            kept.append(Tensor(self.rows * length * length, self.computed, False))
            if groups > 1:
                key, value = (
                    tape.apply([each], each.count * groups, each.width) for each in (key, value)
                )
        query, key, value = (self.cast(each, self.computed) for each in (query, key, value))
        sums = Tensor(self.rows * shape.heads * length, FLOAT, False)
        scratch = query.count * FLOAT + sums.size
        if key.count != query.count:
            scratch += 2 * query.size
        kept += [query, key, value, sums]
        operands = [query, key, value]
        mixed = tape.apply(operands, query.count, query.width, kept, scratch=scratch)
        tape.keep_result(mixed)
        return mixed

    def scores(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Attention with its matrix of scores ("eager")."""
        tape, shape, length = self.tape, self.shape, self.training.length
        groups = shape.heads // shape.kv_heads
        if groups > 1:
            key, value = (
                tape.apply([each], each.count * groups, each.width) for each in (key, value)
            )
        query, key = self.cast(query, self.computed), self.cast(key, self.computed)
        pairs = self.rows * shape.heads * length * length
        scores = tape.apply([query, key], pairs, self.computed, [query, key])
        scores = tape.apply([scores], pairs, self.computed)
        if shape.bends_scores:
            scores = tape.apply([scores], pairs, self.computed)
            scores = tape.apply([scores], pairs, self.computed)
            tape.keep_result(scores)
            scores = tape.apply([scores], pairs, self.computed)
        shares = tape.apply([scores], pairs, FLOAT, scratch=pairs * FLOAT)
        tape.keep_result(shares)
        shares, value = self.cast(shares, self.computed), self.cast(value, self.computed)
        return tape.apply([shares, value], query.count, self.computed, [shares, value])

    def mlp(self, x: Tensor) -> Tensor:
        shape, tape = self.shape, self.tape
        *inner, down = shape.mlp()
        width = self.tokens * shape.intermediate
        if shape.is_fused:
            whole = self.linear(x, inner[0])
            gate, up = self.part(whole, shape.intermediate), self.part(whole, shape.intermediate)
            active = tape.apply([gate], width, gate.width, [gate])
            product = tape.apply([up, active], width, active.width, [up, active])
        else:
            gate = self.linear(x, inner[0])
            active = tape.apply([gate], width, gate.width, [gate])
            tape.alive = [*tape.alive, active]
            up = self.linear(x, inner[1])
            product = tape.apply([active, up], width, active.width, [active, up])
        return self.linear(product, down)

    def experts(self, x: Tensor) -> Tensor:
        """Experts by grouped products (`grouped_mm_experts_forward`)."""
        shape, tape = self.shape, self.tape
        picks = self.tokens * shape.chosen_experts
        router = self._train(shape.router_weights)
        ranks = expert_ranks(shape, self.training)
        if ranks.router:
            router = ranks.router * (shape.hidden + shape.experts) * self.adapter_width
        logits = tape.apply(
            [x], self.tokens * shape.experts, self.computed, [x] if router else [], trained=router
        )
        shares = tape.apply([logits], logits.count, FLOAT)
        tape.keep_result(shares)
        index = Tensor(picks, INDEX, False)
        weights = tape.apply([shares], picks, FLOAT, [index])
        weights = self.cast(weights, self.computed)
        chosen = self.cast(tape.apply([x], picks * shape.hidden, x.width, [index]), self.computed)
        inner = shape.expert_intermediate
        whole = self.grouped(chosen, 2 * inner, ranks.gate_up)
        gate, up = self.part(whole, inner, picks), self.part(whole, inner, picks)
        active = tape.apply([gate], gate.count, gate.width, [gate])
        product = tape.apply([active, up], up.count, up.width, [active, up])
        out = self.grouped(product, shape.hidden, ranks.down)
        weighted = tape.apply(
            [out, weights], out.count, out.width, [out, weights], scratch=out.size
        )
        ordered = tape.apply([weighted], out.count, out.width, [index])
        return tape.apply([ordered], self.tokens * shape.hidden, x.width, passes=True)

    def grouped(self, x: Tensor, outputs: int, rank: int) -> Tensor:
        """Each expert's product; an adapter adds its own to the weights of all, which it makes."""
        shape, tape = self.shape, self.tape
        picks = self.tokens * shape.chosen_experts
        inputs = x.count // picks
        weights = shape.experts * outputs * inputs
        if not rank:
            trained = self._train(weights)
            kept = [x] if trained else []
            return tape.apply([x], picks * outputs, self.computed, kept, trained=trained)
        factors = shape.experts * rank * (inputs + outputs) * self.adapter_width
        whole = tape.apply([], weights, self.loaded, trained=factors)
        return tape.apply([x, whole], picks * outputs, self.computed, [x, whole])

    def norm(self, x: Tensor, dim: int = 0) -> Tensor:
        """RMSNorm in float32: of each token, or of each head where `dim` is given."""
        tape, count = self.tape, x.count
        dim = dim or self.shape.hidden
        rows = count // dim
        trained = self._train(dim)
        whole = self.cast(x, FLOAT)
        # the gradient of x**2 is grad * (2 * x**1): two temporaries
        square = tape.apply([whole], count, FLOAT, [whole], scratch=2 * count * FLOAT)
        scale = tape.apply([square], rows, FLOAT)
        scale = tape.apply([scale], rows, FLOAT)
        tape.keep_result(scale)
        y = tape.apply([whole, scale], count, FLOAT, [whole, scale], scratch=count * FLOAT)
        if self.shape.is_gemma:
            y = tape.apply([y], count, FLOAT, [y] if trained else [], trained=trained)
            return self.cast(y, x.width)
        y = self.cast(y, x.width)
        width = max(x.width, self.normed)
        scratch = count * width if width != x.width else 0
        return tape.apply(
            [y], count, width, [y] if trained else [], scratch=scratch, trained=trained
        )

    def rotate(self, x: Tensor) -> Tensor:
        """Rotary positions: x * cos + rotated(x) * sin, in the residual's precision."""
        tape, width = self.tape, max(x.width, self.loaded)
        scratch = x.count * width if width != x.width else 0
        straight = tape.apply([x], x.count, width, scratch=scratch)
        first = tape.apply([x], x.count // 2, x.width)
        second = tape.apply([x], x.count // 2, x.width)
        second = tape.apply([second], x.count // 2, x.width)
        turned = tape.apply([first, second], x.count, x.width, passes=True)
        turned = tape.apply([turned], x.count, width, scratch=scratch)
        return tape.apply([straight, turned], x.count, width, passes=True)

    def linear(self, x: Tensor, layer: Linear) -> Tensor:
        base = self._quantized(x, layer) if self.training.quantization else self._dense(x, layer)
        adapter = self.training.adapter
        if adapter is None or not is_target(layer, self.training):
            return base
        return self._adapt(x, base, layer)

    def _dense(self, x: Tensor, layer: Linear) -> Tensor:
        trained = self._train(layer.weights)
        x = self.cast(x, self.computed)
        kept = [x] if trained else []
        scratch = 0
        if self.loaded != self.computed:
            # autocast's copy of the weight, and the gradient before it is made float32
            kept.append(Tensor(layer.weights, self.computed, False))
            scratch = layer.weights * self.computed if trained else 0
        count = self.tokens * layer.outputs
        return self.tape.apply([x], count, self.computed, kept, scratch=scratch, trained=trained)

    def _quantized(self, x: Tensor, layer: Linear) -> Tensor:
        count = self.tokens * layer.outputs
        if self.training.quantization == "int8":
            self.leaked.add(x)
            return self.tape.apply([x], count, x.width, [x], scratch=layer.weights * x.width)
        width = BYTES[self.training.compute_dtype]
        inner = self.cast(x, width)
        y = self.tape.apply([inner], count, width, scratch=layer.weights * width)
        return self.cast(y, x.width)

    def _adapt(self, x: Tensor, base: Tensor, layer: Linear) -> Tensor:
        """LoRA: base + scale * B(A(dropout(x)))."""
        tape, adapter = self.tape, self.training.adapter
        assert adapter
        width = BYTES[adapter.dtype]
        computed = self.computed if self.training.autocast else width
        seen = [x]
        if not (self.training.quantization and self.training.autocast):
            seen.append(x := self.cast(x, width))
        if adapter.has_dropout:
            seen.append(x := tape.apply([x], x.count, x.width, [Tensor(x.count, 1, False)]))
        x = self.cast(x, computed)
        inner = tape.apply(
            [x],
            self.tokens * adapter.rank,
            computed,
            [x],
            trained=adapter.rank * layer.inputs * width,
        )
        # what is handed to a module stays until it is done
        before, tape.alive = tape.alive, [*tape.alive, base, *seen]
        tape.note({*tape.alive})
        outer = tape.apply(
            [inner],
            base.count,
            computed,
            [inner],
            trained=adapter.rank * layer.outputs * width,
        )
        if adapter.is_dora:
            # both parts are scaled by what is learnt of each output
            base = tape.apply([base], base.count, base.width, [base], scratch=base.count * FLOAT)
            outer = tape.apply([outer], outer.count, outer.width, [outer])
        whole = self.add(base, tape.apply([outer], outer.count, outer.width))
        tape.alive = before
        return self.cast(whole, base.width)

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        """A sum; a gradient is handed on as it is where the precisions agree."""
        width = max(x.width, y.width)
        if x.width == y.width:
            return self.tape.apply([x, y], x.count, width, passes=True)
        # the narrower one is read as it is, though its gradient is made narrow again
        x, y = (
            each
            if each.width == width
            else self.tape.apply([each], each.count, width, is_view=True)
            for each in (x, y)
        )
        return self.tape.apply([x, y], x.count, width, passes=True)

    def cast(self, x: Tensor, width: int) -> Tensor:
        return x if x.width == width else self.tape.apply([x], x.count, width)

    def part(self, whole: Tensor, dim: int, rows: int = 0) -> Tensor:
        """A view of some columns; its gradient is made as wide as the whole."""
        return self.tape.apply([whole], (rows or self.tokens) * dim, whole.width, is_view=True)

    def _train(self, weights: int) -> int:
        """Bytes of the gradient of some weights of the base."""
        return weights * self.loaded if self.trains_all else 0


def residual_width(shape: ModelShape, training: Training) -> int:
    """Bytes of each number between layers.

    Quantized layers answer in the precision that they are asked in, which is that of the norms
    before them, and a sum takes the wider one.
    """
    widths = [BYTES[training.load_dtype]]
    if training.quantization and training.norm_dtype and not shape.is_gemma:
        widths.append(BYTES[training.norm_dtype])
    return max(widths)


def has_mask(shape: ModelShape, training: Training, is_sliding: bool) -> bool:
    """Whether sdpa gets a mask: with padding, and where a window is shorter than the sequence."""
    if training.attention != "sdpa":
        return False
    is_cut = is_sliding and training.length >= shape.window
    return is_cut or training.is_padded


def mask_kinds(shape: ModelShape, training: Training) -> int:
    """How many masks the layers share: that of full attention and that of a window."""
    kinds = ((True, shape.sliding_layers), (False, shape.layers - shape.sliding_layers))
    return sum(has_mask(shape, training, count > 0 and kind) for kind, count in kinds)


def is_target(layer: Linear, training: Training) -> bool:
    """Whether the adapter is on a layer."""
    adapter = training.adapter
    return adapter is not None and (
        adapter.targets == "all-linear" or layer.name in adapter.targets
    )


class ExpertRanks(NamedTuple):
    """Ranks of an adapter on a layer's experts and on their router; 0 where none is on them."""

    gate_up: int = 0
    down: int = 0
    router: int = 0


def expert_ranks(shape: ModelShape, training: Training) -> ExpertRanks:
    """What an adapter is on, of a mixture.

    PEFT takes the old names of experts, and "all-linear", for the stacked weights of all experts of
    a layer. Gate and up are one of these, with twice the rank (`_convert_peft_config_moe`).
    """
    adapter = training.adapter
    if not shape.experts or adapter is None:
        return ExpertRanks()
    rank, targets = adapter.rank, adapter.targets
    if targets == "all-linear":
        return ExpertRanks(2 * rank, rank, rank)
    gates = any(each in targets for each in ("gate_proj", "up_proj", "w1", "w3"))
    downs = any(each in targets for each in ("down_proj", "w2"))
    return ExpertRanks(2 * rank * gates, rank * downs, rank * ("gate" in targets))


def layer_adapter_weights(shape: ModelShape, training: Training) -> int:
    """Weights of the adapter on one decoder layer."""
    ranks, hidden, inner = expert_ranks(shape, training), shape.hidden, shape.expert_intermediate
    experts = ranks.gate_up * (hidden + 2 * inner) + ranks.down * (inner + hidden)
    own = shape.experts * experts + ranks.router * (hidden + shape.experts)
    return adapter_weights(shape.linears(), training) + own


def adapter_weights(linears: Sequence[Linear], training: Training) -> int:
    """Weights of the adapter on some linear layers, magnitudes of DoRA included."""
    adapter = training.adapter
    if adapter is None:
        return 0
    targets = [each for each in linears if is_target(each, training)]
    magnitudes = sum(each.outputs for each in targets) if adapter.is_dora else 0
    return sum(adapter.rank * (each.inputs + each.outputs) for each in targets) + magnitudes
