# pyright: basic, reportMissingImports=false
"""The real model of a case, with its adapter, its loss and its optimizer, without any data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from unittest import mock

import torch
from torch import nn

from tunesmith.estimate.training import Training
from tunesmith.workers.meta_oracle import stand_ins

ATTENTION = {"sdpa": "stand_in_sdpa", "flash": "stand_in_unmasked", "eager": "stand_in_scores"}
UNQUANTIZED = ("lm_head", "score")
NOT_OF_SHAPE = ("vision_config", "quantization_config", "auto_map", "architectures")
"""What a `config.json` says besides: the case says how the weights are loaded."""


def configuration(values: Mapping[str, Any], training: Training) -> Any:
    """Transformers' own configuration of a `config.json`."""
    from transformers import AttentionInterface, AttentionMaskInterface, AutoConfig, masking_utils

    # It reads the positions, which have no data here: they are those of one sequence.
    masking_utils.find_packed_sequence_indices = lambda _: None
    masks = masking_utils.ALL_MASK_ATTENTION_FUNCTIONS
    for name, mask in (("sdpa", "sdpa"), ("flash", "flash_attention_2"), ("eager", "eager")):
        function = stand_ins.eager_attention if name == "eager" else stand_ins.fused_attention
        AttentionInterface.register(ATTENTION[name], function)
        AttentionMaskInterface.register(ATTENTION[name], masks[mask])
    config = AutoConfig.for_model(**{k: v for k, v in values.items() if k not in NOT_OF_SHAPE})
    config._attn_implementation = ATTENTION[training.attention]
    config.use_cache = False
    return config


def model(config: Any, training: Training) -> Any:
    """The base model as it is loaded: dtype, quantization, checkpointing."""
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification
    from transformers.initialization import no_init_weights

    maker = AutoModelForCausalLM
    if training.method == "reward":
        config.num_labels, config.pad_token_id = 1, 0
        maker = AutoModelForSequenceClassification
    with no_init_weights():
        made = maker.from_config(config, dtype=getattr(torch, training.load_dtype))
    made.tie_weights()
    made.get_input_embeddings().weight.is_embedding = True
    if training.norm_dtype:
        for name, parameter in made.named_parameters():
            if "norm" in name:
                parameter.data = parameter.data.to(getattr(torch, training.norm_dtype))
    if training.quantization:
        _quantize(made, training)
    if training.is_checkpointed:
        made.gradient_checkpointing_enable({"use_reentrant": False, "preserve_rng_state": False})
    return made.train()


def reference(config: Any, training: Training) -> Any:
    """A second model that the first is held against; None where the first serves as it too.

    As TRL loads it: its weights ask for gradients, though none ever arrives.
    """
    if not training.has_reference:
        return None
    return model(config, training._replace(is_checkpointed=False)).eval()


def _quantize(made: Any, training: Training) -> None:
    import bitsandbytes

    for name, layer in list(made.named_modules()):
        if type(layer) is nn.Linear and not name.endswith(UNQUANTIZED):
            holder, _, attribute = name.rpartition(".")
            new = stand_ins.quantize(layer, training, bitsandbytes.nn)
            setattr(made.get_submodule(holder), attribute, new)
    made.is_loaded_in_4bit = training.quantization == "nf4"
    made.is_loaded_in_8bit = training.quantization == "int8"


def adapted(base: Any, training: Training) -> Any:
    """The model with PEFT's adapter; all weights trainable where there is none."""
    adapter = training.adapter
    if adapter is None:
        return base.requires_grad_()
    from peft import LoraConfig, get_peft_model

    base.requires_grad_(False)
    config = LoraConfig(
        r=adapter.rank,
        target_modules=adapter.targets if isinstance(adapter.targets, str) else [*adapter.targets],
        use_dora=adapter.is_dora,
        modules_to_save=[*adapter.modules_to_save] or None,
        lora_dropout=0.05 if adapter.has_dropout else 0.0,
        task_type="SEQ_CLS" if training.method == "reward" else "CAUSAL_LM",
        init_lora_weights=False,
    )
    # Moving swaps parameters in place, which tensors without data do not allow. PEFT moves the
    # adapter to the dtype of the base, then makes it float32 again, as it is from the start.
    with mock.patch.object(nn.Module, "to", lambda module, *_, **__: module):
        made = get_peft_model(base, config)
    if training.is_checkpointed:
        made.enable_input_require_grads()
    for name, parameter in made.named_parameters():
        if parameter.requires_grad and "magnitude" not in name and adapter.dtype != "float32":
            parameter.data = parameter.data.to(getattr(torch, adapter.dtype))
    for layer in list(made.modules()):
        for name, child in layer.named_children():
            if type(child) is nn.Dropout and child.p > 0:
                setattr(layer, name, stand_ins.FusedDropout(child.p))
    return made


def optimizer(parameters: list[Any], training: Training) -> Any:
    """The optimizer that `optim` names."""
    if training.optimizer == "adamw_torch":
        return torch.optim.AdamW(parameters, lr=1e-5, foreach=True)
    if training.optimizer == "adamw_torch_fused":
        return torch.optim.AdamW(parameters, lr=1e-5, fused=True)
    if training.optimizer == "sgd":
        return torch.optim.SGD(parameters, lr=1e-5, foreach=True)
    if training.optimizer == "adafactor":
        from transformers import Adafactor

        return Adafactor(parameters, lr=1e-5, scale_parameter=False, relative_step=False)
    return EightBitAdamW(parameters, is_paged="paged" in training.optimizer)


class EightBitAdamW(torch.optim.Optimizer):
    """bitsandbytes' AdamW: two bytes a weight, a scale for 256; small tensors in float32.

    Paged states are in memory that the GPU may give back: they are not counted.
    """

    LEAST, BLOCK = 4096, 256

    def __init__(self, parameters: list[Any], is_paged: bool) -> None:
        super().__init__(parameters, {})
        self.is_paged = is_paged

    def step(self, closure: Any = None) -> None:
        for group in self.param_groups:
            for each in group["params"]:
                if not self.is_paged and each not in self.state:
                    self.state[each] = self._states(each)

    def _states(self, parameter: Any) -> list[Any]:
        count = parameter.numel()
        # Trainer has the states of embeddings kept in float32.
        if count < self.LEAST or getattr(parameter, "is_embedding", False):
            return [torch.empty(count, dtype=torch.float32) for _ in range(2)]
        sizes = [(count, torch.uint8), (-(-count // self.BLOCK), torch.float32)]
        return [torch.empty(size, dtype=dtype) for size, dtype in sizes for _ in range(2)]
