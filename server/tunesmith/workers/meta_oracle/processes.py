# pyright: basic, reportMissingImports=false
"""Several GPUs that share a training, of which one is measured; the others are not there.

PyTorch's process group "fake" answers for them without sending anything. The model is prepared by
accelerate's own code (FSDP2) or as accelerate does it (FSDP1, DDP). DeepSpeed needs GPUs for this.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from unittest import mock

import torch

from tunesmith.estimate.training import Training
from tunesmith.workers.meta_oracle.storages import Ledger

DIMENSION = "data"
PRECISIONS = {"bfloat16": "bf16", "float16": "fp16"}


@contextlib.contextmanager
def group(training: Training) -> Iterator[Any]:
    """Let this process be the first of as many as there are GPUs; gives their mesh."""
    if training.gpus == 1:
        yield None
        return
    from torch import distributed
    from torch.distributed.device_mesh import init_device_mesh
    from torch.testing._internal.distributed.fake_pg import FakeStore

    distributed.init_process_group("fake", store=FakeStore(), rank=0, world_size=training.gpus)
    try:
        yield init_device_mesh("cpu", (training.gpus,), mesh_dim_names=(DIMENSION,))
    finally:
        distributed.destroy_process_group()


def is_split(training: Training) -> bool:
    """Whether each GPU holds a part of each weight."""
    return training.sharding in ("fsdp", "fsdp1")


def seen_by(training: Training) -> Training:
    """The training as its model runs: FSDP2 casts the weights itself, without autocast."""
    return training._replace(autocast=None) if training.sharding == "fsdp" else training


def prepared(model: Any, training: Training, mesh: Any, ledger: Ledger) -> Any:
    """The model as accelerate hands it back.

    Args:
        model: with its adapter.
        training: how it is trained.
        mesh: of `group`.
        ledger: counts what is gathered and exchanged.
    """
    if training.gpus == 1:
        return model
    makers = {"ddp": _copied, "fsdp": _split, "fsdp1": _flattened}
    return makers[training.sharding or "ddp"](model, training, mesh, ledger)


def _copied(model: Any, training: Training, mesh: Any, ledger: Ledger) -> Any:
    """A whole copy on each GPU, with buckets in which gradients are exchanged."""
    ledger.kind = "gradients"
    made = torch.nn.parallel.DistributedDataParallel(model, init_sync=False)
    made.register_comm_hook(None, _as_it_is)
    return made


def _as_it_is(_, bucket):  # PyTorch looks at annotations and takes none of ours
    """What comes back of an exchange: the bucket itself, as NCCL works in place."""
    future: Any = torch.futures.Future()
    future.set_result(bucket.buffer())
    return future


def _split(model: Any, training: Training, mesh: Any, ledger: Ledger) -> Any:
    """A part of each weight on each GPU, as Trainer has accelerate do it (`fsdp_version: 2`)."""
    from accelerate.utils.fsdp_utils import fsdp2_prepare_model

    accelerator = SimpleNamespace(
        state=SimpleNamespace(fsdp_plugin=_plugin(model, training, 2)),
        mixed_precision=PRECISIONS[training.autocast] if training.autocast else "no",
        is_main_process=False,
        device=torch.device("cpu"),
        torch_device_mesh=mesh,
        parallelism_config=SimpleNamespace(fsdp_dim_names=(DIMENSION,)),
    )
    return fsdp2_prepare_model(accelerator, model)


def _flattened(model: Any, training: Training, mesh: Any, ledger: Ledger) -> Any:
    """The same by FSDP1, as `Accelerator.prepare_model` has it."""
    from torch.distributed.fsdp import FullyShardedDataParallel, _runtime_utils

    plugin = _plugin(model, training, 1)
    plugin.set_auto_wrap_policy(model)
    made = FullyShardedDataParallel(
        model,
        sharding_strategy=plugin.reshard_after_forward,
        auto_wrap_policy=plugin.auto_wrap_policy,
        mixed_precision=plugin.mixed_precision_policy,
        backward_prefetch=plugin.backward_prefetch,
        use_orig_params=True,
        limit_all_gathers=plugin.limit_all_gathers,
        device_id=torch.device("cpu"),
    )
    for each in FullyShardedDataParallel.fsdp_modules(made):
        weights = each._flat_param if each._has_params else None
        if training.autocast and weights is not None and weights.requires_grad:
            weights.data = weights.data.to(torch.float32)
            each._handle._orig_param_dtype = torch.float32
    _runtime_utils._lazy_init(made, made)
    return made


def _plugin(model: Any, training: Training, release: int) -> Any:
    """What `accelerate launch --use_fsdp` asks for unless it is told otherwise."""
    from accelerate.utils import FullyShardedDataParallelPlugin
    from peft.utils.other import fsdp_auto_wrap_policy

    plugin = FullyShardedDataParallelPlugin(
        fsdp_version=release,
        auto_wrap_policy="transformer_based_wrap",
        cpu_ram_efficient_loading=False,
        backward_prefetch="BACKWARD_PRE" if release == 1 else None,
    )
    if training.autocast:
        plugin.set_mixed_precision(PRECISIONS[training.autocast])
    if training.adapter:
        # transformers.distributed.fsdp.update_fsdp_plugin_peft
        plugin.auto_wrap_policy = fsdp_auto_wrap_policy(model)
    return plugin


@contextlib.contextmanager
def counted(ledger: Ledger, training: Training) -> Iterator[None]:
    """Have the ledger see storages that FSDP sets free and fills again, and what each is for."""
    if not is_split(training):
        yield
        return
    from torch.distributed.fsdp import _flat_param
    from torch.distributed.fsdp._fully_shard import _fsdp_param, _fsdp_param_group

    def gather(*args: Any) -> Any:
        return _noted(ledger, "weights", all_gather, args)

    def reduce(*args: Any) -> Any:
        return _noted(ledger, "gradients", foreach_reduce, args)

    def fill(tensor: Any, size: Any = None) -> None:
        ledger.resize(tensor, (size or tensor.shape).numel() * tensor.itemsize)

    def free(tensor: Any) -> None:
        ledger.resize(tensor, 0)

    all_gather, foreach_reduce = (
        _fsdp_param_group.foreach_all_gather,
        _fsdp_param_group.foreach_reduce,
    )
    with (
        mock.patch.object(_fsdp_param_group, "foreach_all_gather", gather),
        mock.patch.object(_fsdp_param_group, "foreach_reduce", reduce),
        mock.patch.object(_fsdp_param, "alloc_storage", fill),
        mock.patch.object(_fsdp_param, "free_storage", free),
        mock.patch.object(_flat_param, "_alloc_storage", fill),
        mock.patch.object(_flat_param, "_free_storage", free),
    ):
        yield


def _noted(ledger: Ledger, kind: str, function: Any, args: Any) -> Any:
    before, ledger.kind = ledger.kind, kind
    try:
        return function(*args)
    finally:
        ledger.kind = before


@contextlib.contextmanager
def unexchanged(model: Any) -> Iterator[None]:
    """A batch whose gradients wait for the next one's (accelerate's `no_sync`)."""
    if hasattr(model, "no_sync"):
        with model.no_sync():
            yield
        return
    model.set_requires_gradient_sync(False)
    yield
    model.set_requires_gradient_sync(True)


def own_part(tensor: Any) -> Any:
    """What this GPU holds of a tensor."""
    return getattr(tensor, "_local_tensor", tensor)


def hand_over(trained: list[Any], parts: list[Any]) -> None:
    """Give the own parts of weights the own parts of their gradients."""
    for whole, part in zip(trained, parts, strict=True):
        if whole is not part:
            part.grad, whole.grad = own_part(whole.grad), None
