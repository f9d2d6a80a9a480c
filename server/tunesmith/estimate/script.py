"""What a training script says of its model and its training, under the releases in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from packaging.version import Version

from tunesmith.estimate import releases
from tunesmith.estimate.known_model import KnownModel, known_model
from tunesmith.estimate.shape import ModelShape
from tunesmith.estimate.training import (
    Adapter,
    Attention,
    LossPath,
    Method,
    Optimizer,
    Precision,
    Quantization,
    Training,
)
from tunesmith.knowledge.versions import library
from tunesmith.lint.arguments import Settled, configuration_of, settled
from tunesmith.project import Project
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.python_values import DictValue, ListValue, Reference, Value
from tunesmith.sources.unknown import ABSENT, UNKNOWN

METHODS: Mapping[str, Method] = {
    "trl.SFTTrainer": "sft",
    "trl.DPOTrainer": "dpo",
    "trl.KTOTrainer": "kto",
    "trl.GRPOTrainer": "grpo",
    "trl.RewardTrainer": "reward",
}
OPTIMIZERS: Mapping[str, Optimizer] = {
    "adamw_torch": "adamw_torch",
    "adamw_torch_fused": "adamw_torch_fused",
    "adamw_hf": "adamw_torch",
    "adamw_8bit": "adamw_8bit",
    "adamw_bnb_8bit": "adamw_8bit",
    "paged_adamw_8bit": "paged_adamw_8bit",
    "adafactor": "adafactor",
    "sgd": "sgd",
}
ATTENTIONS: Mapping[str, Attention] = {"sdpa": "sdpa", "eager": "eager"}
"""Every other implementation is one of FlashAttention's."""
WRAPPERS = ("peft.prepare_model_for_kbit_training", "peft.get_peft_model")
DEFAULT_TARGETS = ("q_proj", "v_proj")
"""What `LoraConfig` adapts of most decoders where it is not told (peft.utils.constants)."""
UNNAMED = KnownModel(None, "the script does not tell which model it is")
NEWEST = Version("1!0")
"""Stands for a release of TRL that is not known: newer than all."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The calls that say how a trainer trains; None where the file holds none.

    Attributes:
        model: what the trainer trains: an id, or the call that loads it.
        arguments: of the configuration.
        adapter: of the LoraConfig.
        loader: what gets the keywords that load the model.
        quantization: of the BitsAndBytesConfig.
    """

    model: Value = None
    arguments: Settled | None = None
    adapter: Call | None = None
    loader: Call | DictValue | None = None
    quantization: Call | None = None


@dataclass(frozen=True, slots=True)
class ScriptTraining:
    """A trainer of a script, with all that decides its memory and its time.

    Attributes:
        trainer: the call that makes it.
        model_id: as the script names it; None where that is not known.
        shape: the model's; None where it is not known.
        training: how it is trained.
        accumulation: batches that make a step.
        epochs: passes over the data set.
        max_steps: -1 where it does not decide.
        is_packed: whether sequences are filled up.
        versions: releases of the libraries that decide, by package.
        assumed: what the script does not tell, each as users call it.
        shape_source: where the shape is known from; or why it is not.
        is_shape_certain: whether it is the model's own, not guessed from its name or approximated.
        sources: where the script tells the rest.
    """

    trainer: Call
    model_id: str | None
    shape: ModelShape | None
    training: Training
    accumulation: int
    epochs: float
    max_steps: int
    is_packed: bool
    versions: Mapping[str, Version | None]
    assumed: tuple[str, ...]
    shape_source: str
    is_shape_certain: bool
    sources: Sources = Sources()


def trainings_of(script: PythonScript, project: Project) -> list[ScriptTraining]:
    """The trainers of a script that can be estimated, in the order of the text.

    Unsloth's kernels follow other rules: a script that imports it has none.
    """
    if "Trainer" not in script.text or script.imports("unsloth"):
        return []
    found = (settled(call, script, project) for call in script.calls(*METHODS))
    return [_Reader(trainer, project).read() for trainer in found if trainer]


class _Given(Protocol):
    """What has values by name: a call with its defaults, or a dict."""

    def value(self, name: str, /) -> Value: ...


@dataclass
class _Reader:
    """Reads one trainer; notes what it has to assume."""

    trainer: Settled
    project: Project
    assumed: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        script, project = self.trainer.script, self.project
        self.trl = library("trl", script, project).version
        self.release = self.trl or NEWEST
        self.transformers = library("transformers", script, project).version
        self.method: Method = METHODS[self.trainer.call.name]
        self.args: _Given = configuration_of(self.trainer, project) or _Nothing()
        self.model, self.adapter = self._model_and_adapter()
        self.loader = self._loader(self.model)

    def read(self) -> ScriptTraining:
        if isinstance(self.args, _Nothing):
            self.assumed.append("the arguments of the trainer")
        model_id = self._model_id(self.model)
        path = self.trainer.script.path
        known = known_model(model_id, path, self.project) if model_id else UNNAMED
        return ScriptTraining(
            self.trainer.call,
            model_id,
            known.shape,
            self._training(),
            accumulation=self._count("gradient_accumulation_steps", 1),
            epochs=self._number("num_train_epochs", 3.0),
            max_steps=self._count("max_steps", -1),
            is_packed=self.args.value("packing") is True,
            versions={"trl": self.trl, "transformers": self.transformers},
            assumed=tuple(dict.fromkeys(self.assumed)),
            shape_source=known.source,
            is_shape_certain=known.is_certain,
            sources=self._sources(),
        )

    def _sources(self) -> Sources:
        quantization = self.loader.value("quantization_config")
        return Sources(
            self.model,
            self.args if isinstance(self.args, Settled) else None,
            self.adapter if isinstance(self.adapter, Call) else None,
            self.loader if isinstance(self.loader, (Call, DictValue)) else None,
            quantization if isinstance(quantization, Call) else None,
        )

    def _training(self) -> Training:
        quantization, details = self._quantization()
        return Training(
            batch=self._count("per_device_train_batch_size", 8),
            length=self._length(),
            method=self.method,
            loss=self._loss(),
            load_dtype=self._load_dtype(quantization is not None),
            norm_dtype=releases.norm_dtype(self.release, is_quantized=quantization is not None),
            autocast=self._autocast(),
            quantization=quantization,
            is_double_quantized=details.value("bnb_4bit_use_double_quant") is True,
            compute_dtype=_precision(details.value("bnb_4bit_compute_dtype")) or "float32",
            adapter=self._lora(quantization is not None),
            optimizer=self._optimizer(),
            is_checkpointed=self._is_checkpointed(),
            attention=self._attention(),
            has_padding=self.args.value("packing") is not True,
            accumulates=self._count("gradient_accumulation_steps", 1) > 1,
        )

    def _model_and_adapter(self) -> tuple[Value, Value]:
        """The model without what wraps it, and its LoraConfig."""
        model, adapter = self.trainer.value("model"), self.trainer.value("peft_config")
        while isinstance(model, Call) and model.name in WRAPPERS:
            if model.name == WRAPPERS[1]:
                adapter = model.value("peft_config", 1)
            model = model.value("model", 0)
        return model, adapter

    def _loader(self, model: Value) -> _Given:
        """What gets the keywords that load the model."""
        if isinstance(model, Call):
            return model
        options = self.args.value("model_init_kwargs")
        return options if isinstance(options, DictValue) else _Nothing()

    def _model_id(self, model: Value) -> str | None:
        if isinstance(model, Call):
            model = model.value("pretrained_model_name_or_path", 0)
        if isinstance(model, str):
            return model
        self.assumed.append("the model")
        return None

    def _load_dtype(self, is_quantized: bool) -> Precision:
        own = isinstance(self.loader, Call)
        by_trl = None if own else releases.load_dtype(self.release, is_quantized=is_quantized)
        given = self.loader.value("dtype")
        if given in (ABSENT, None) and by_trl != "float32":  # since then TRL ignores the old name
            given = self.loader.value("torch_dtype")
        found = _precision(given)
        if found:
            return found
        if given in (ABSENT, None):
            return by_trl or self._as_transformers_loads()
        if given != "auto":
            self.assumed.append("the dtype of the model")
        return "bfloat16"

    def _as_transformers_loads(self) -> Precision:
        """In float32 before 5.0, then as the model was saved, which is bfloat16 by now."""
        is_old = self.transformers is not None and self.transformers < Version("5.0")
        return "float32" if is_old else "bfloat16"

    def _autocast(self) -> Precision | None:
        if self.args.value("fp16") is True:
            return "float16"
        return "bfloat16" if self.args.value("bf16") in (True, None, UNKNOWN) else None

    def _quantization(self) -> tuple[Quantization | None, _Given]:
        details: _Given = self.loader
        given = self.loader.value("quantization_config")
        if given is UNKNOWN:
            self.assumed.append("the quantization")
        if isinstance(given, Call):
            details = settled(given, self.trainer.script, self.project) or given
        if details.value("load_in_4bit") is True:
            return "nf4", details
        return ("int8" if details.value("load_in_8bit") is True else None), details

    def _lora(self, is_quantized: bool) -> Adapter | None:
        given = self.adapter
        if given in (ABSENT, None):
            return None
        details: _Given = _Nothing()
        if isinstance(given, Call):
            details = settled(given, self.trainer.script, self.project) or given
        else:
            self.assumed.append("the adapter")
        saved = details.value("modules_to_save")
        return Adapter(
            rank=self._count("r", 8, details),
            targets=self._targets(details.value("target_modules")),
            is_dora=details.value("use_dora") is True,
            modules_to_save=_texts(saved),
            has_dropout=self._number("lora_dropout", 0.0, details) > 0,
            dtype=releases.adapter_dtype(self.release, is_quantized=is_quantized),
        )

    def _targets(self, given: Value) -> Any:
        if given == "all-linear":
            return given
        named = (given,) if isinstance(given, str) else _texts(given)
        if not named and given not in (ABSENT, None):
            self.assumed.append("the layers that the adapter changes")
        return named or DEFAULT_TARGETS

    def _optimizer(self) -> Optimizer:
        given = self.args.value("optim")
        found = OPTIMIZERS.get(given) if isinstance(given, str) else None
        if found is None and given not in (ABSENT, None):
            self.assumed.append("the optimizer")
        return found or "adamw_torch"

    def _attention(self) -> Attention:
        given = self.loader.value("attn_implementation")
        return ATTENTIONS.get(given, "flash") if isinstance(given, str) else "sdpa"

    def _is_checkpointed(self) -> bool:
        values = [
            self.args.value(name) for name in ("gradient_checkpointing", "activation_checkpointing")
        ]
        if UNKNOWN in values:
            self.assumed.append("gradient_checkpointing")
        return any(value is True for value in values)

    def _length(self) -> int:
        """Tokens of the longest sequence; of GRPO, prompt and completion."""
        if self.method == "grpo":
            prompt = self._count("max_prompt_length", 512)
            return prompt + self._count("max_completion_length", 256)
        name = "max_length" if self.args.value("max_length") is not ABSENT else "max_seq_length"
        return self._count(name, 1024)

    def _loss(self) -> LossPath:
        changed = self.args.value("label_smoothing_factor") not in (ABSENT, 0, 0.0)
        changed |= self.trainer.value("compute_loss_func") not in (ABSENT, None)
        if changed:
            return "full"
        if self.args.value("use_liger_kernel") is True:
            return "fused"
        usual = releases.loss_path(self.release, self.method)
        kind = self.args.value("loss_type") if self.method == "sft" else ABSENT
        if usual == "chunked" and kind == "nll":
            return "full"
        return "chunked" if usual == "full" and kind == "chunked_nll" else usual

    def _count(self, name: str, otherwise: int, given: _Given | None = None) -> int:
        return int(self._number(name, otherwise, given))

    def _number(self, name: str, otherwise: float, given: _Given | None = None) -> float:
        value = (given or self.args).value(name)
        if isinstance(value, (int, float)):
            return value
        if value is not ABSENT:
            self.assumed.append(name)
        return otherwise


class _Nothing:
    """Where nothing is known."""

    def value(self, name: str, /) -> Value:
        return ABSENT


def _precision(value: Value) -> Precision | None:
    """`torch.bfloat16`, or "bfloat16"."""
    text = value.name.removeprefix("torch.") if isinstance(value, Reference) else value
    names = {"half": "float16", "float": "float32"}
    text = names.get(text, text) if isinstance(text, str) else None
    return text if text in ("float32", "bfloat16", "float16") else None


def _texts(value: Value) -> tuple[str, ...]:
    elements = value.elements if isinstance(value, ListValue) else ()
    return tuple(each for each in elements if isinstance(each, str))
