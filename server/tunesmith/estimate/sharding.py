"""How several GPUs share a training, as far as one of them sees it.

DistributedDataParallel and FSDP are as the oracle runs them (PyTorch 2.13, accelerate 1.15, the
other GPUs left out). DeepSpeed needs GPUs to run: its part is read from `stage_1_and_2.py` and
`stage3.py` of 0.19, and held against its own `estimate_zero2/3_model_states_mem_needs`.
"""

from __future__ import annotations

from tunesmith.estimate.decoder import FLOAT, layer_adapter_weights
from tunesmith.estimate.shape import ModelShape
from tunesmith.estimate.training import BYTES, Precision, Training
from tunesmith.named_tuple import NamedTuple

MEASURED = ("ddp", "fsdp", "fsdp1")
"""What the oracle runs."""
BUCKET = 500_000_000
"""Numbers of DeepSpeed's `reduce_bucket_size`."""
PREFETCH = 50_000_000
"""Numbers of its `stage3_prefetch_bucket_size`."""
SUB_GROUP = 1_000_000_000
"""Numbers of its `sub_group_size`, which stage 3 updates at a time."""


class Passing(NamedTuple):
    """Bytes that pass through a GPU: weights gathered from the others, gradients on their way.

    Attributes:
        start: when the first weights have been gathered, before a layer runs.
        layer: while a layer runs.
        loss: while the loss is computed.
        loss_back: while its gradient is.
        last: during the gradient of the last layer.
        first: during that of the first one.
        embedding: during that of the embedding.
        generation: while completions are written (GRPO).
    """

    start: int = 0
    layer: int = 0
    loss: int = 0
    loss_back: int = 0
    last: int = 0
    first: int = 0
    embedding: int = 0
    generation: int = 0


class Share(NamedTuple):
    """What one GPU holds.

    Attributes:
        weights, trained: by what the weights, and what the optimizer keeps, are divided.
        gradients: by what gradients are that wait for the optimizer.
        widening: how many times as wide these are as they were computed.
        always: bytes of buffers for the exchange, there all the time.
        masters: whether float32 copies of what is trained are kept beside smaller weights.
        float_gradients: most bytes of gradients that become float32 at once for these.
        has_tied_waiting: whether the gradient of an output layer that is the embedding too stays
            whole to the end; it is part of what passes.
        passing: what else passes through.
    """

    weights: int = 1
    trained: int = 1
    gradients: int = 1
    widening: int = 1
    always: int = 0
    masters: bool = False
    float_gradients: int = 0
    has_tied_waiting: bool = False
    passing: Passing = Passing()


def is_shared(training: Training) -> bool:
    """Whether several GPUs each train on their own rows."""
    return training.gpus > 1 and training.sharding not in (None, "device_map")


def stored(training: Training) -> Training:
    """The training by the precision in which weights, gradients and optimizer stay on a GPU.

    FSDP makes what is trained float32, DeepSpeed everything as small as the precision of the
    training.
    """
    width = training.autocast
    if not is_shared(training) or training.sharding == "ddp" or width is None:
        return training
    if training.sharding in ("zero2", "zero3"):
        return _all_in(training, width)
    if training.adapter is None:
        return training._replace(load_dtype="float32")
    return training._replace(adapter=training.adapter._replace(dtype="float32"))


def seen(training: Training) -> Training:
    """The training as the model runs: with weights in the precision of the training.

    An adapter under FSDP1 is still float32 where PEFT asks, before it is gathered.
    """
    width = training.autocast
    if not is_shared(training) or training.sharding == "ddp" or width is None:
        return training
    if training.sharding == "fsdp1" and training.adapter:
        return training._replace(load_dtype=width, norm_dtype=None)
    return _all_in(training, width)._replace(autocast=None)


def _all_in(training: Training, width: Precision) -> Training:
    adapter = training.adapter
    if adapter:
        adapter = adapter._replace(dtype=width)
    return training._replace(load_dtype=width, norm_dtype=None, adapter=adapter)


def share(shape: ModelShape, training: Training, trained: int) -> Share:
    """One GPU's part of the work.

    Args:
        shape: the model.
        training: how it is trained, as the script says.
        trained: bytes of the gradients of everything that is trained, as they are computed.
    """
    gpus, how = training.gpus, training.sharding
    if not is_shared(training):
        return Share()
    if how == "ddp":
        # buckets beside the gradients (`gradient_as_bucket_view=False`)
        return Share(always=trained)
    run = seen(training)
    if how in ("fsdp", "fsdp1"):
        return _fsdp(_units(shape, run), training)
    width = BYTES[run.load_dtype]
    if how == "zero2":
        whole = shape.parameters * FLOAT // gpus
        return Share(1, gpus, gpus, 1, BUCKET * width, masters=True, float_gradients=whole)
    gathered = min(shape.parameters, max(BUCKET, shape.embedding) + PREFETCH) * width
    # gradients have a place from the start, so none is added later
    step = gathered + trained // gpus
    passing = Passing(*[step] * len(Passing._fields))
    # TRL gathers all weights to write with them (`ds3_gather_for_generation`)
    passing = passing._replace(generation=shape.parameters * width + trained // gpus)
    return Share(
        gpus,
        gpus,
        gpus,
        widening=0,
        always=BUCKET * width,
        masters=True,
        float_gradients=SUB_GROUP * FLOAT // gpus,
        passing=passing,
    )


class _Units(NamedTuple):
    """Bytes of what FSDP gathers at once, in the precision of the training.

    Attributes:
        layer: a decoder layer.
        layers: all of them.
        embedding: the embedding; 0 where it is the output layer too.
        tail: the last norm with the output layer.
        head: the output layer alone.
    """

    layer: int
    layers: int
    embedding: int
    tail: int
    head: int


def _units(shape: ModelShape, training: Training) -> _Units:
    width = BYTES[training.load_dtype]
    linears = 0 if training.quantization else sum(each.weights for each in shape.linears())
    own = linears + shape.norms + shape.expert_weights + shape.biases // shape.layers
    adapter = layer_adapter_weights(shape, training) if training.adapter else 0
    layer = (own + adapter) * width
    has_head = training.method != "reward" or shape.is_tied
    embedding, head = shape.embedding * width, shape.embedding * width * has_head
    return _Units(
        layer,
        layer * shape.layers,
        0 if shape.is_tied else embedding,
        head + shape.hidden * width,
        head,
    )


def _fsdp(units: _Units, training: Training) -> Share:
    gpus = training.gpus
    own = 1 if training.quantization else gpus  # bytes of bitsandbytes are not split
    if training.adapter and training.sharding == "fsdp":
        return Share(own, gpus, 1, passing=_whole(units))
    if training.sharding == "fsdp1":
        passing = _flat(units, is_adapted=training.adapter is not None)
    else:
        passing = _by_layer(units)
    if training.accumulates:  # without an exchange before the last batch (accelerate's `no_sync`)
        return Share(own, gpus, 1, passing=passing)
    is_wider = training.autocast is not None and training.adapter is None
    return Share(
        own,
        gpus,
        gpus,
        widening=2 if is_wider else 1,
        has_tied_waiting=not units.embedding or training.sharding == "fsdp1",
        passing=passing,
    )


def _by_layer(units: _Units) -> Passing:
    """Each layer is gathered into a buffer, then copied out of it, while the next one comes.

    A gradient is copied into a buffer as well, which is kept until the next one's is needed. The
    output layer is gathered once; one that is the embedding waits, with its gradient, for the end.
    """
    layer, _, embedding, tail, head = units
    if not embedding:
        waits = tail + head
        return Passing(
            start=2 * tail + 2 * layer,
            layer=tail + 2 * layer,
            loss=tail + layer,
            loss_back=tail,
            last=waits + 2 * layer,
            first=waits + 3 * layer,
            embedding=waits + layer,
            generation=tail + 3 * layer,
        )
    return Passing(
        start=max(2 * embedding, embedding + 2 * layer),
        layer=2 * layer,
        loss=2 * tail,
        loss_back=tail,
        last=tail + 2 * layer,
        first=max(3 * layer, 2 * layer + embedding),
        embedding=embedding + layer,
        generation=tail + 3 * layer,
    )


def _flat(units: _Units, *, is_adapted: bool) -> Passing:
    """FSDP1 gathers in place. The embedding and the output layer are one unit, which stays.

    Its gradient is put together when both parts are there. Beside an adapter, each matrix of which
    is a unit of its own, nothing large comes early, and layers have no gradient.
    """
    layer, _, embedding, tail, head = units
    root = embedding + tail
    if is_adapted:
        alone = root + layer
        return Passing(alone, alone, root, root, alone, alone, generation=alone)
    waits = root + head
    return Passing(
        start=root + layer,
        layer=root + layer,
        loss=root,
        loss_back=root,
        last=waits + 2 * layer,
        first=waits + 3 * layer,
        embedding=waits + embedding + head if embedding else waits + layer,
        generation=root + layer,
    )


def _whole(units: _Units) -> Passing:
    """With an adapter Trainer has FSDP2 gather all layers at once, into a buffer, and keep them.

    `update_fsdp_plugin_peft` (transformers 5.23) names layers in a way that accelerate 1.15 does
    not know (`fsdp2_prepare_auto_wrap_policy`), so that none is gathered by itself.
    """
    first = units.embedding or units.tail
    waits = units.layers + (0 if units.embedding else units.tail)
    return Passing(
        start=2 * (units.layers + first),
        layer=waits + first,
        loss=units.layers + 2 * units.tail,
        loss_back=units.layers + units.tail,
        last=waits,
        first=waits,
        generation=2 * (units.layers + first),
    )
