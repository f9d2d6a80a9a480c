"""Reads the trainers of a script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import libcst as cst
from packaging.version import Version

from tunesmith.estimate import releases
from tunesmith.estimate.known_model import KnownModel, known_model
from tunesmith.estimate.script.data import WHAT as DATA
from tunesmith.estimate.script.data import DataReader
from tunesmith.estimate.script.data_plan import ScriptData
from tunesmith.estimate.script.facts import Facts, Holder
from tunesmith.estimate.script.launcher_files import FSDP, deepspeed_file
from tunesmith.estimate.script.methods import COMPLETION, OfMethod, of_method
from tunesmith.estimate.script.model import ModelReader
from tunesmith.estimate.script.namespace import namespace
from tunesmith.estimate.script.parallel import (
    Parallel,
    parallel_of,
    sharding_of_file,
    sharding_of_stage,
)
from tunesmith.estimate.script.run import ScriptRun
from tunesmith.estimate.script.starts import starts_of
from tunesmith.estimate.script.training import ANSWERS, Assumption, ScriptTraining, Sources
from tunesmith.estimate.training import (
    Attention,
    LossPath,
    Method,
    Optimizer,
    Precision,
    Sharding,
    Training,
)
from tunesmith.estimate.writing import LONGEST, Writing
from tunesmith.knowledge.versions import library
from tunesmith.lint.arguments import Settled
from tunesmith.project import Project
from tunesmith.sources.launches import Launch
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_values import DictValue, ListValue, Value
from tunesmith.sources.unknown import ABSENT, UNKNOWN, Unknown

METHODS: Mapping[str, Method] = {
    "trl.SFTTrainer": "sft",
    "trl.DPOTrainer": "dpo",
    "trl.KTOTrainer": "kto",
    "trl.GRPOTrainer": "grpo",
    "trl.RewardTrainer": "reward",
}
PLAIN = ("transformers.Trainer", "transformers.Seq2SeqTrainer")
"""They compute the loss that the model does; known of decoders alone."""
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
UNNAMED = KnownModel(None, "the script does not tell which model it is")
LIBRARIES = ("trl", "transformers")
_MOST_NAMES = 2
"""Options that are named as what a fact rests on."""


def trainings_of(script: PythonScript, project: Project) -> list[ScriptTraining]:
    """The trainers of a script that can be estimated, in the order of the text.

    One for each launch of the script that gives it other values. Unsloth's kernels follow other
    rules: a script that imports it has none.
    """
    if "Trainer" not in script.text or script.imports("unsloth"):
        return []
    launches: Sequence[Launch | None] = starts_of(script, project)
    found: list[ScriptTraining] = []
    for launch in launches or [None]:
        for training in trainings_of_launch(script, project, launch):
            if not any(_are_alike(training, other) for other in found):
                found.append(training)
    return sorted(found, key=lambda each: each.trainer.callee_span.start)


def _are_alike(one: ScriptTraining, other: ScriptTraining) -> bool:
    return one.trainer.node is other.trainer.node and all(
        getattr(one, name) == getattr(other, name)
        for name in ("model_id", "training", "accumulation", "epochs", "max_steps", "parallel")
    )


def trainings_of_launch(
    script: PythonScript, project: Project, launch: Launch | None
) -> Iterator[ScriptTraining]:
    """The trainings of one start of a script; of None where no start is known."""
    run = ScriptRun(script, project, launch, takes_defaults=True)
    strict = ScriptRun(script, project, launch, takes_defaults=False)
    sure = {call.node: call for call in strict.calls(*METHODS, *PLAIN)}
    for call in run.calls(*METHODS, *PLAIN):
        trainer, certain = run.settled(call), strict.settled(sure[call.node])
        if trainer is None or certain is None:
            continue
        reader = TrainerReader(trainer, run, project)
        without_defaults = TrainerReader(certain, strict, project)
        if reader.is_decoder:
            without_defaults.read()
            yield reader.read(without_defaults.facts)


class TrainerReader:
    """Reads one trainer in one run."""

    def __init__(self, trainer: Settled, run: ScriptRun, project: Project) -> None:
        self.trainer, self.run = trainer, run
        self.project = project
        self.facts = Facts(run)
        self.is_plain = trainer.call.name in PLAIN
        self.method: Method = METHODS.get(trainer.call.name, "sft")
        self.versions = {each: library(each, run.of, project).version for each in LIBRARIES}
        for package, version in self.versions.items():
            if version is None and not (self.is_plain and package == "trl"):
                self.facts.miss(f"the newest release of {package}")
        self.release = run.in_force("trl").version or releases.NEWEST
        self.args = self._arguments()
        self.model = ModelReader(
            self.facts,
            trainer,
            self.args,
            None if self.is_plain else self.release,
            self.versions["transformers"],
        )

    @property
    def is_decoder(self) -> bool:
        """Whether the model is a decoder: TRL trains no other, transformers' Trainer all kinds."""
        model = self.model.model
        if not self.is_plain:
            return True
        return isinstance(model, Call) and "CausalLM.from_pretrained" in model.name

    def read(self, certain: Facts | None = None) -> ScriptTraining:
        """What the trainer does.

        Args:
            certain: what is noted of the same trainer without overridable defaults; None where
                nobody asks.
        """
        model_id = self.model.id
        path = self.run.path
        known = known_model(model_id, path, self.project) if model_id else UNNAMED
        special = self._special()
        training = self._training(known, special)
        return ScriptTraining(
            self.trainer.call,
            model_id,
            known.shape,
            training,
            accumulation=self.facts.count(self.args, "gradient_accumulation_steps", 1),
            epochs=self.facts.number(self.args, "num_train_epochs", 3.0),
            max_steps=self.facts.count(self.args, "max_steps", -1),
            is_packed=self._is_packed(),
            versions=self.versions,
            parallel=self._parallel(),
            assumed=tuple(self._assumptions(certain, training, special.writing)),
            launch=self.run.launch,
            shape_source=known.source,
            is_shape_certain=known.is_certain,
            model_fields=known.fields,
            sources=self._sources(),
            data=self._data(),
            writing=special.writing,
        )

    def _data(self) -> ScriptData:
        text_field = self.facts.value(DATA, self.args, "dataset_text_field")
        return DataReader(self.facts, self.trainer, text_field).read()

    def _sources(self) -> Sources:
        model = self.model
        return Sources(
            model.model,
            self.args if isinstance(self.args, Settled) else None,
            model.adapter if isinstance(model.adapter, Call) else None,
            model.loader if isinstance(model.loader, (Call, DictValue)) else None,
            model.quantization_config if isinstance(model.quantization_config, Call) else None,
        )

    def _arguments(self) -> Holder:
        """Its configuration; where none is given, that with which the trainer makes do."""
        what = "the arguments of the trainer"
        value = self.facts.value(what, self.trainer, "args")
        if value in (ABSENT, None):
            kind = self.trainer.call.name.replace("Trainer", "Config")
            kind = "transformers.TrainingArguments" if self.is_plain else kind
            defaults = self.run.defaults_of(kind)
            value = (
                namespace(defaults, self.trainer.call.node, defaults.__getitem__)
                if defaults
                else UNKNOWN
            )
        holder = self.facts.holder(value)
        if holder is None:
            self.facts.miss(what)
        return holder

    def _assumptions(
        self, certain: Facts | None, training: Training, writing: Writing | None
    ) -> Iterator[Assumption]:
        if writing:
            low, high = LONGEST[0], LONGEST[-1]
            yield Assumption(ANSWERS, f"{low:.0%} to {high:.0%} of max_completion_length")
        if share := training.engine_share:
            yield Assumption(f"vLLM takes {share:.0%} of the GPU", "vllm_gpu_memory_utilization")
        for what in self.facts.unknown:
            yield Assumption(what)
        for what in certain.unknown if certain else ():
            if what not in self.facts.unknown:
                yield Assumption(what, _defaults(self.facts.uses.get(what, frozenset())))

    def _special(self) -> OfMethod:
        is_adapted = self.model.lora is not None
        return of_method(self.method, self.facts, self.args, self.trainer, is_adapted=is_adapted)

    def _training(self, known: KnownModel, special: OfMethod) -> Training:
        facts, model = self.facts, self.model
        return Training(
            batch=facts.count(self.args, "per_device_train_batch_size", 8),
            length=self._length(),
            method=self.method,
            loss=self._loss(),
            load_dtype=model.load_dtype,
            norm_dtype=model.norm_dtype,
            autocast=self._autocast(),
            quantization=model.quantization[0],
            is_double_quantized=model.is_double_quantized,
            compute_dtype=model.compute_dtype,
            adapter=model.lora,
            optimizer=self._optimizer(),
            is_checkpointed=self._is_checkpointed(),
            attention=model.attention or self._usual_attention(known),
            has_padding=not self._is_packed(),
            accumulates=facts.count(self.args, "gradient_accumulation_steps", 1) > 1,
            completion=special.completion,
            generated=special.generated,
            has_kl=special.has_kl,
            is_reference_precomputed=special.is_reference_precomputed,
            engine_share=special.engine_share,
        )

    def _usual_attention(self, known: KnownModel) -> Attention:
        release = self.versions["transformers"] or releases.NEWEST
        return releases.attention(known.shape.family, release) if known.shape else "sdpa"

    def _is_packed(self) -> bool:
        return self.facts.flag(self.args, "packing")

    def _autocast(self) -> Precision | None:
        if self.facts.flag(self.args, "fp16", "mixed precision"):
            return "float16"
        given = self.facts.value("mixed precision", self.args, "bf16")
        if given is UNKNOWN:
            self.facts.miss("mixed precision")
        return "bfloat16" if given in (True, None, UNKNOWN) else None

    def _optimizer(self) -> Optimizer:
        given = self.facts.value("the optimizer", self.args, "optim")
        found = OPTIMIZERS.get(given) if isinstance(given, str) else None
        if found is None and given not in (ABSENT, None):
            self.facts.miss("the optimizer")
        return found or "adamw_torch"

    def _is_checkpointed(self) -> bool:
        names = ("gradient_checkpointing", "activation_checkpointing")
        flags = [self.facts.flag(self.args, name, "gradient_checkpointing") for name in names]
        by_peft = self.model.is_prepared and self.model.is_quantized
        return any(flags) or by_peft or self._enables_checkpointing or self._by_fsdp

    @property
    def _by_fsdp(self) -> bool:
        """Whether FSDP computes activations again by itself."""
        options = self.facts.value("gradient_checkpointing", self.args, "fsdp_config")
        if not isinstance(options, DictValue) or self._sharding() not in ("fsdp", "fsdp1"):
            return False
        return options.value("activation_checkpointing") is True

    @property
    def _enables_checkpointing(self) -> bool:
        """Whether a line says `model.gradient_checkpointing_enable()`."""
        return any(
            isinstance(site.node.func, cst.Attribute)
            and site.node.func.attr.value == "gradient_checkpointing_enable"
            for site in self.run.index.calls
        )

    def _length(self) -> int:
        """Tokens of the longest sequence; of GRPO, prompt and completion."""
        if self.is_plain:
            return self._tokenized_length()
        if self.method == "grpo":
            completion = self.facts.count(self.args, "max_completion_length", COMPLETION)
            return self._prompt_length() + completion
        for holder in (self.args, self.trainer):
            for name in ("max_length", "max_seq_length"):
                given = self._given(holder, name)
                if given is not ABSENT:
                    return self._known_length(given)
        return 1024

    def _prompt_length(self) -> int:
        """TRL from 0.28 on does not limit it."""
        given = self._given(self.args, "max_prompt_length")
        if isinstance(given, int):
            return given
        self.facts.miss("the length of prompts")
        return 512

    def _given(self, holder: Holder, name: str) -> Value:
        """A value, also where the release in force does not take it: it was written for another."""
        if isinstance(holder, Settled) and name not in holder.signature.parameters:
            holder = holder.call
        return self.facts.value("max_length", holder, name)

    def _known_length(self, given: Value) -> int:
        if isinstance(given, (int, float)):
            return int(given)
        self.facts.miss("max_length")
        return 1024

    def _tokenized_length(self) -> int:
        """The longest that a tokenizer truncates to."""
        evaluator, found = self.run.evaluator, list[Value]()
        for site in self.run.index.calls:
            keywords = {a.keyword.value: a.value for a in site.node.args if a.keyword}
            if "truncation" in keywords and "max_length" in keywords:
                node = keywords["max_length"]
                found.append(evaluator.evaluate(node, site.block, site.order))
                self.facts.rests("max_length", evaluator.used_by(node))
        lengths = [each for each in found if isinstance(each, int)]
        return self._known_length(max(lengths) if len(lengths) == len(found) > 0 else UNKNOWN)

    def _loss(self) -> LossPath:
        facts = self.facts
        if facts.flag(self.args, "use_liger_kernel"):
            return "fused"
        if self.is_plain:
            return "plain"
        changed = facts.told("the loss", self.args, "label_smoothing_factor") not in (ABSENT, 0)
        changed |= facts.told("the loss", self.trainer, "compute_loss_func") not in (ABSENT, None)
        if changed:
            return "full"
        usual = releases.loss_path(self.release, self.method)
        is_sft = self.method == "sft"
        kind = facts.told("the loss", self.args, "loss_type") if is_sft else ABSENT
        if usual == "chunked" and kind == "nll":
            return "full"
        return "chunked" if usual == "full" and kind == "chunked_nll" else usual

    def _parallel(self) -> Parallel:
        device_map = self.model.device_map
        by_trl = not self.model.is_loaded and not self.is_plain and self.release >= _SPREADS
        is_spread = device_map == "auto" or (device_map is ABSENT and by_trl)
        found = parallel_of(self.run.launch, self._sharding(), self.project, is_spread=is_spread)
        return found.launched_by(self.run.text)

    def _sharding(self) -> Sharding | Unknown | None:
        """What the arguments say; None where nothing, UNKNOWN where a file that is not read."""
        fsdp = self.facts.value("the sharding", self.args, "fsdp")
        deepspeed = self.facts.value("the sharding", self.args, "deepspeed")
        if fsdp is True or (isinstance(fsdp, (str, ListValue)) and fsdp not in ("", ())):
            return self._fsdp() if not isinstance(fsdp, ListValue) or len(fsdp) else None
        if isinstance(deepspeed, str):
            reader = self.run.launch.path if self.run.launch else self.run.path
            if self.project.text_near(deepspeed, reader):
                return deepspeed_file(deepspeed, reader, self.project) or UNKNOWN
            return sharding_of_file(deepspeed) or UNKNOWN
        if isinstance(deepspeed, DictValue):
            return sharding_of_stage(deepspeed)
        return None if deepspeed in (ABSENT, None) and fsdp is not UNKNOWN else UNKNOWN

    def _fsdp(self) -> Sharding | Unknown:
        """By `fsdp_config`; FSDP2 unless it is told otherwise since transformers 5.10."""
        given: Value = ABSENT
        options = self.facts.value("the sharding", self.args, "fsdp_config")
        if isinstance(options, DictValue):
            given = options.value("version")
            given = options.value("fsdp_version") if given is ABSENT else given
        elif options not in (ABSENT, None):
            return UNKNOWN
        if given is ABSENT:
            given = 2 if (self.versions["transformers"] or releases.NEWEST) >= _FSDP2 else 1
        return FSDP.get(str(given), UNKNOWN)


def _defaults(names: frozenset[str]) -> str:
    if 0 < len(names) <= _MOST_NAMES:
        return f"the default of {' and '.join(sorted(names))}"
    return "defaults of its options"


_SPREADS, _FSDP2 = Version("1.15"), Version("5.10")
