"""The model of a trainer: its id, how it is loaded and quantized, and its adapter."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from packaging.version import Version

from tunesmith.estimate import releases
from tunesmith.estimate.script.evaluator import BY_TRL, LOADED_ADAPTERS
from tunesmith.estimate.script.facts import Facts, Holder, precision, texts
from tunesmith.estimate.training import Adapter, Attention, Precision, Quantization
from tunesmith.lint.arguments import Settled
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_values import DictValue, Value
from tunesmith.sources.unknown import ABSENT, UNKNOWN

ATTENTIONS: dict[str, Attention] = {"sdpa": "sdpa", "eager": "eager"}
"""Every other implementation is one of FlashAttention's."""
PREPARED, WRAPPED = "peft.prepare_model_for_kbit_training", "peft.get_peft_model"
DEFAULT_TARGETS = ("q_proj", "v_proj")
"""What `LoraConfig` adapts of most decoders where it is not told (peft.utils.constants)."""


class ModelReader:
    """Reads the model that a trainer is given.

    Attributes:
        facts: the values of the run.
        trainer: the call that makes the trainer.
        args: its configuration.
        trl: the release in force; None for a trainer of transformers.
        transformers: likewise; None where it is unknown.
    """

    def __init__(
        self,
        facts: Facts,
        trainer: Settled,
        args: Holder,
        trl: Version | None,
        transformers: Version | None,
    ) -> None:
        self.facts = facts
        self.trainer = trainer
        self.args = args
        self.trl = trl
        self.transformers = transformers
        value = facts.value
        self.model = value("the model", trainer, "model")
        self.adapter = value("the adapter", trainer, "peft_config")
        self.is_prepared = False
        while isinstance(self.model, Call) and self.model.name in (PREPARED, WRAPPED):
            if self.model.name == WRAPPED:
                self.adapter = value("the adapter", self.model, "peft_config", 1)
            self.is_prepared |= self.model.name == PREPARED
            self.model = value("the model", self.model, "model", 0)
        if isinstance(self.model, Call) and self.model.name in LOADED_ADAPTERS:
            self.adapter = UNKNOWN
            self.model = value("the model", self.model, "model", 0)
        self.loader = self._loader()

    def _loader(self) -> Holder:
        """What gets the keywords that load the model."""
        if isinstance(self.model, Call):
            return self.model
        options = self.facts.value("the model's arguments", self.args, "model_init_kwargs")
        if options is UNKNOWN:
            self.facts.miss("the model's arguments")
        return options if isinstance(options, DictValue) else None

    @property
    def is_loaded(self) -> bool:
        """Whether the script loads the model, and not the trainer."""
        return isinstance(self.model, Call)

    @cached_property
    def id(self) -> str | None:
        """As the script names it; None where that is not known, which is noted."""
        model = self.model
        if isinstance(model, Call):
            name = "pretrained_model_name_or_path"
            model = self.facts.value("the model", model, name, 0)
        if isinstance(model, str) and model:
            return model
        self.facts.miss("the model")
        return None

    @cached_property
    def quantization_config(self) -> Value:
        """As the trainer gets it, or what loads the model."""
        what = "the quantization"
        given = self.facts.value(what, self.trainer, "quantization_config")
        if given in (ABSENT, None):
            given = self.facts.value(what, self.loader, "quantization_config")
        return given

    @cached_property
    def quantization(self) -> tuple[Quantization | None, Holder]:
        """The kind, and what tells its details."""
        facts, what = self.facts, "the quantization"
        details: Holder = self.loader
        given = self.quantization_config
        if given is UNKNOWN:
            facts.miss(what)
        if isinstance(given, Call):
            is_by_trl = given.name in BY_TRL
            details = facts.holder(
                facts.value(what, given, "model_args", 0) if is_by_trl else given
            )
        elif isinstance(given, DictValue):
            details = given
        if facts.flag(details, "load_in_4bit", what):
            return "nf4", details
        return ("int8" if facts.flag(details, "load_in_8bit", what) else None), details

    @property
    def is_quantized(self) -> bool:
        return self.quantization[0] is not None

    @property
    def is_double_quantized(self) -> bool:
        details = self.quantization[1]
        names = ("bnb_4bit_use_double_quant", "use_bnb_nested_quant")
        return any(self.facts.flag(details, name, "the quantization") for name in names)

    @property
    def compute_dtype(self) -> Precision:
        """`bnb_4bit_compute_dtype`; TRL's own is that of the model."""
        details = self.quantization[1]
        if isinstance(details, DictValue) and "use_bnb_nested_quant" in details:
            return precision(self.facts.value("the quantization", details, "dtype")) or "float32"
        given = self.facts.told("the quantization", details, "bnb_4bit_compute_dtype")
        return precision(given) or "float32"

    @property
    def load_dtype(self) -> Precision:
        """In which what is not quantized is held."""
        if self.is_quantized and self.is_prepared and (self.trl is None or self.trl >= _CASTS_LESS):
            return "float32"  # prepare_model_for_kbit_training makes it so
        by_trl = None
        if not self.is_loaded and self.trl is not None:
            by_trl = releases.load_dtype(self.trl, is_quantized=self.is_quantized)
        what = "the dtype of the model"
        given = self.facts.value(what, self.loader, "dtype")
        if given in (ABSENT, None) and by_trl != "float32":  # since then TRL ignores the old name
            given = self.facts.value(what, self.loader, "torch_dtype")
        if found := precision(given):
            return found
        if given in (ABSENT, None):
            return by_trl or self._as_transformers_loads()
        if given != "auto":
            self.facts.miss(what)
        return "bfloat16"

    def _as_transformers_loads(self) -> Precision:
        """In float32 before 5.0, then as the model was saved, which is bfloat16 by now."""
        is_old = self.transformers is not None and self.transformers < Version("5.0")
        return "float32" if is_old else "bfloat16"

    @property
    def norm_dtype(self) -> Precision | None:
        if self.trl is None:
            return None
        return releases.norm_dtype(self.trl, is_quantized=self.is_quantized)

    @property
    def attention(self) -> Attention | None:
        """The implementation that is named; None where none is."""
        given = self.facts.told("the attention", self.loader, "attn_implementation")
        return ATTENTIONS.get(given, "flash") if isinstance(given, str) else None

    @property
    def device_map(self) -> Value:
        return self.facts.value("device_map", self.loader, "device_map")

    @property
    def lora(self) -> Adapter | None:
        """The adapter; where it is not known, a small one, which is noted."""
        facts, given = self.facts, self.adapter
        if given in (ABSENT, None):
            return None
        if not isinstance(given, Call):
            facts.miss("the adapter")
            return self._adapter(None)
        if given.name == BY_TRL[0]:
            return self._of_model_config(facts.value("the adapter", given, "model_args", 0))
        return self._adapter(facts.holder(given))

    def _adapter(self, details: Holder) -> Adapter:
        facts, what = self.facts, "the adapter"
        return Adapter(
            rank=facts.count(details, "r", 8),
            targets=self._targets(facts.value(what, details, "target_modules")),
            is_dora=facts.flag(details, "use_dora", what),
            modules_to_save=texts(facts.told(what, details, "modules_to_save")),
            has_dropout=facts.number(details, "lora_dropout", 0.0) > 0,
            dtype=self._adapter_dtype(),
        )

    def _of_model_config(self, given: Value) -> Adapter:
        """As `get_peft_config` makes it of the fields of `ModelConfig`."""
        facts, what, details = self.facts, "the adapter", self.facts.holder(given)
        return Adapter(
            rank=facts.count(details, "lora_r", 16),
            targets=self._targets(facts.value(what, details, "lora_target_modules")),
            is_dora=facts.flag(details, "use_dora", what),
            modules_to_save=texts(facts.told(what, details, "lora_modules_to_save")),
            has_dropout=facts.number(details, "lora_dropout", 0.05) > 0,
            dtype=self._adapter_dtype(),
        )

    def _adapter_dtype(self) -> Precision:
        if self.trl is None:
            return "float32"
        return releases.adapter_dtype(self.trl, is_quantized=self.is_quantized)

    def _targets(self, given: Value) -> Any:
        if given in ("all-linear", ["all-linear"]):
            return "all-linear"
        named = (given,) if isinstance(given, str) else texts(given)
        if named == ("all-linear",):
            return "all-linear"
        if not named and given not in (ABSENT, None):
            self.facts.miss("the layers that the adapter changes")
        return named or DEFAULT_TARGETS


_CASTS_LESS = Version("0.26")
"""Before, TRL makes embeddings bfloat16 again whatever the script did."""
