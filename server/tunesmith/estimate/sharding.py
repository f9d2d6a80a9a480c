"""How several GPUs share a training, as far as one of them sees it.

Sources: ZeRO (arXiv 1910.02054, section 3: what each stage splits), DeepSpeed's configuration
(`reduce_bucket_size` and `allgather_bucket_size` are 5e8 numbers), PyTorch's
DistributedDataParallel (`gradient_as_bucket_view=False` holds gradients a second time) and FSDP
(one layer is whole while it works, the next is being fetched). None of this is measured.
"""

from __future__ import annotations

from tunesmith.estimate.shape import ModelShape
from tunesmith.estimate.training import BYTES, Training
from tunesmith.named_tuple import NamedTuple

BUCKET = 500_000_000
"""Numbers in each of DeepSpeed's two buckets."""


class Share(NamedTuple):
    """What one GPU holds.

    Attributes:
        weights, trained: by what the weights, and gradients and optimizer, are divided.
        buffers: bytes that the exchange between the GPUs takes.
        masters: whether float32 copies of what is trained are kept beside smaller weights.
    """

    weights: int = 1
    trained: int = 1
    buffers: int = 0
    masters: bool = False


def share(shape: ModelShape, training: Training, trained: int) -> Share:
    """One GPU's part of the work.

    Args:
        shape: the model.
        training: how it is trained.
        trained: bytes of the gradients of everything that is trained.
    """
    gpus, how = training.gpus, training.sharding
    if gpus == 1 or how in (None, "device_map"):
        return Share()
    if how == "ddp":
        return Share(buffers=trained)
    width = BYTES[training.autocast or training.load_dtype]
    if how == "fsdp":
        layer = sum(each.weights for each in shape.linears()) + shape.expert_weights
        return Share(gpus, gpus, 2 * layer * width)
    count = trained // BYTES[training.adapter.dtype if training.adapter else training.load_dtype]
    buffers = 2 * min(BUCKET, count) * width
    return Share(gpus if how == "zero3" else 1, gpus, buffers, masters=True)


def of_one_gpu(shape: ModelShape, training: Training) -> tuple[ModelShape, Training]:
    """The model and training that one GPU sees.

    `device_map` gives each GPU some of the layers; the embedding and the output layer are counted
    on every one, which is too much for all but one. DeepSpeed makes the weights as small as the
    precision of the training.
    """
    if training.gpus > 1 and training.sharding == "device_map":
        layers, sliding = (-(-it // training.gpus) for it in (shape.layers, shape.sliding_layers))
        shape = shape._replace(layers=layers, sliding_layers=min(sliding, layers))
    if training.gpus > 1 and training.sharding in ("zero2", "zero3") and training.autocast:
        training = training._replace(load_dtype=training.autocast)
    return shape, training
