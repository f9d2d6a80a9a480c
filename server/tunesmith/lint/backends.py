"""The libraries that arguments ask for, and that another library imports only then."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import libcst as cst

from tunesmith.knowledge.tables import table
from tunesmith.knowledge.versions import InForce, library
from tunesmith.lint.training_runs import TRAINERS
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Project
from tunesmith.sources.python_script import Argument, Call, PythonScript
from tunesmith.sources.python_tree import parts
from tunesmith.sources.python_values import DictValue, Entry, ListValue, Reference, Value
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import Span, regex


class Backend(NamedTuple):
    """A library that something in a script needs, beside what it imports.

    Attributes:
        distributions: normalised names of those of which one will do, the usual one first.
        span: what asks for it.
        asks: the same in words: '`report_to="trackio"`'.
        rests_on: the releases that make it so.
    """

    distributions: Sequence[str]
    span: Span
    asks: str
    rests_on: Sequence[InForce] = ()


Lacks = Callable[[Sequence[str]], bool]
"""Whether none of some distributions is there: the places of all others need not be found."""


def backends(script: PythonScript, project: Project, lacks: Lacks) -> Sequence[Backend]:
    """What the arguments of a script ask for and is not there, in the order of the text."""
    found = list(_Reader(script, project, lacks).backends())
    return sorted(found, key=lambda backend: backend.span)


_CONFIGURATION = regex(
    r"trl\.(?:\w+\.)*\w+Config|(?:transformers|sentence_transformers)\.\w*TrainingArguments"
)
_ARGUMENTS = regex(r"transformers\.\w*TrainingArguments")
_LOADER = regex(r"transformers\.\w+\.from_pretrained")
_EVALUATE = regex(r"evaluate\.load")
_MENTIONS = regex(r"Config\b|TrainingArguments|Trainer\b|from_pretrained|evaluate\.")
_SWITCHES: Mapping[str, Sequence[str]] = {
    "use_liger_kernel": ["liger-kernel"],
    "use_liger_loss": ["liger-kernel"],
    "use_liger": ["liger-kernel"],
    "use_vllm": ["vllm"],
}
_QUANTIZES = ("load_in_4bit", "load_in_8bit")
_MATH_REWARD = regex(r"trl\.(?:\w+\.)*(?:reasoning_)?accuracy_reward")
_ID = "pretrained_model_name_or_path"
_LOAD_PROCESSORS = ("trl.SFTTrainer", "trl.DPOTrainer", "trl.GRPOTrainer", "trl.RLOOTrainer")
_TRAINERS_LOAD_PROCESSORS = "0.24"
_KERNELS_LOAD_FLASH_ATTENTION = "4.56"
_KERNELS_BY_NAME = "4.54"


class _Reader(NamedTuple):
    script: PythonScript
    project: Project
    lacks: Lacks

    def backends(self) -> Iterator[Backend]:
        if not _MENTIONS.search(self.script.text):
            return
        yield from self._of(_CONFIGURATION, self._of_configuration)
        yield from self._of(_ARGUMENTS, self._of_arguments)
        yield from self._of(_LOADER, self._of_loading)
        yield from self._of(_EVALUATE, self._of_metric)
        for call in self.script.calls("transformers.BitsAndBytesConfig"):
            yield from self._quantization(call)
        for call in self.script.calls(*TRAINERS):
            yield from self._adapter(call)
            yield from self._processor(call)
            yield from self._rewards(call)

    def _of(
        self, names: re.Pattern[str], read: Callable[[Call], Iterator[Backend]]
    ) -> Iterator[Backend]:
        for call in self.script.calls_matching(names):
            yield from read(call)

    def _backend(
        self,
        call: Call,
        distributions: Sequence[str] | None,
        locate: Callable[[], Span],
        asks: str,
        rests_on: Sequence[InForce] = (),
    ) -> Iterator[Backend]:
        if distributions and self.lacks(distributions) and not self._is_open(call):
            yield Backend(distributions, locate(), asks, rests_on)

    def _is_open(self, call: Call) -> bool:
        """Whether something decides on a call."""
        if self.script.is_conditional(call.node):
            return True
        statement = self.script.enclosing_statement(call.node)
        small = isinstance(statement, cst.BaseSmallStatement)
        return small and any(isinstance(each, cst.IfExp) for each in parts(statement))

    def _of_configuration(self, call: Call) -> Iterator[Backend]:
        known = _table()
        for name in _strings(call.value("report_to")):
            yield from self._asked(call, "report_to", known["report_to"].get(name), name)
        optimizer = call.value("optim")
        if isinstance(optimizer, str):
            yield from self._asked(call, "optim", known["optim"].get(optimizer), optimizer)
        for name, distributions in _SWITCHES.items():
            if call.value(name) is True:
                yield from self._asked(call, name, distributions)
        deepspeed = call.value("deepspeed")
        if isinstance(deepspeed, DictValue) or (isinstance(deepspeed, str) and deepspeed):
            yield from self._asked(call, "deepspeed", ["deepspeed"])
        model_init = call.value("model_init_kwargs")
        if isinstance(model_init, DictValue):
            entry = model_init.entries.get("attn_implementation")
            if entry:
                yield from self._attention(call, entry.value, lambda: self._span_of(entry))

    def _of_arguments(self, call: Call) -> Iterator[Backend]:
        name = call.name.rpartition(".")[2]
        asks = f"{name} of transformers"
        yield from self._backend(call, ["accelerate"], lambda: call.callee_span, asks)

    def _of_loading(self, call: Call) -> Iterator[Backend]:
        attention = call.argument("attn_implementation")
        if attention:
            yield from self._attention(call, attention.value, lambda: attention.span)
        if call.name == "transformers.AutoImageProcessor.from_pretrained":
            yield from self._backend(
                call, ["pillow"], lambda: call.callee_span, "AutoImageProcessor"
            )
        if call.name == "transformers.AutoProcessor.from_pretrained" and _sees_images(call):
            shown = f'AutoProcessor of "{call.value(_ID, 0)}"'
            yield from self._backend(call, ["pillow"], lambda: call.callee_span, shown)
        if isinstance(call.value("gguf_file"), str):
            yield from self._asked(call, "gguf_file", ["gguf"])
        device_map = call.argument("device_map")
        if device_map and isinstance(device_map.value, (str, DictValue)):
            yield from self._asked(call, "device_map", ["accelerate"])
        transformers = library("transformers", self.script, self.project)
        if transformers.below("5.0"):
            yield from self._quantization(call)

    def _of_metric(self, call: Call) -> Iterator[Backend]:
        name = call.value("path", 0)
        distributions = _table()["evaluate"].get(name) if isinstance(name, str) else None
        asks = f'evaluate.load("{name}")'
        yield from self._backend(call, distributions, lambda: call.span, asks)

    def _quantization(self, call: Call) -> Iterator[Backend]:
        for name in _QUANTIZES:
            if call.value(name) is True:
                yield from self._asked(call, name, ["bitsandbytes"])

    def _attention(self, call: Call, value: Value, locate: Callable[[], Span]) -> Iterator[Backend]:
        if not isinstance(value, str):
            return
        transformers = library("transformers", self.script, self.project)
        asks = f'attn_implementation="{value}"'
        if "/" in value and transformers.at_least(_KERNELS_BY_NAME):
            yield from self._backend(call, ["kernels"], locate, asks, [transformers])
        elif value == "flash_attention_2" and transformers.version:
            has_fallback = transformers.at_least(_KERNELS_LOAD_FLASH_ATTENTION)
            names = ["kernels", "flash-attn"] if has_fallback else ["flash-attn"]
            yield from self._backend(call, names, locate, asks, [transformers])

    def _adapter(self, call: Call) -> Iterator[Backend]:
        adapter = call.value("peft_config")
        if isinstance(adapter, Call) and adapter.name.startswith("peft."):
            yield from self._asked(call, "peft_config", ["peft"])

    def _processor(self, call: Call) -> Iterator[Backend]:
        """The processor that a trainer loads where it is given none."""
        model, given = call.value("model", 0), call.value("processing_class")
        trl = library("trl", self.script, self.project)
        loads = call.name in _LOAD_PROCESSORS and trl.at_least(_TRAINERS_LOAD_PROCESSORS)
        if not loads or given not in (ABSENT, None) or self.script.imports("unsloth"):
            return
        if isinstance(model, Call) and _LOADER.fullmatch(model.name):
            model = model.value(_ID, 0)
        argument = call.argument("model", 0)
        if argument and _is_image_model(model):
            asks = f'the processor of "{model}"'
            yield from self._backend(call, ["pillow"], lambda: argument.span, asks, [trl])

    def _rewards(self, call: Call) -> Iterator[Backend]:
        value, argument = call.value("reward_funcs", 1), call.argument("reward_funcs", 1)
        for each in value.elements if isinstance(value, ListValue) else [value]:
            name = each.name if isinstance(each, Reference) else ""
            if argument and _MATH_REWARD.fullmatch(name):
                asks = f"{name.rpartition('.')[2]} of TRL"
                yield from self._backend(call, ["math-verify"], lambda: argument.span, asks)

    def _asked(
        self, call: Call, name: str, distributions: Sequence[str] | None, value: str | None = None
    ) -> Iterator[Backend]:
        argument = call.argument(name)
        if argument and distributions:
            shown = f'"{value}"' if value else _shown(argument)
            asks = f"{name}={shown}"
            yield from self._backend(call, distributions, lambda: argument.span, asks)

    def _span_of(self, entry: Entry) -> Span:
        start, end = self.script.span(entry.key_node), self.script.span(entry.value_node)
        return Span(start.start, end.end)


def _sees_images(call: Call) -> bool:
    return _is_image_model(call.value(_ID, 0))


def _is_image_model(model: Value) -> bool:
    return isinstance(model, str) and any(
        re.fullmatch(pattern, model) for pattern in _table()["image_models"]
    )


def _shown(argument: Argument) -> str:
    value = argument.value
    return str(value) if isinstance(value, bool) else "…"


def _strings(value: Value) -> Iterator[str]:
    each = value.elements if isinstance(value, ListValue) else [value]
    yield from (one for one in each if isinstance(one, str))


@cache
def _table() -> Mapping[str, Any]:
    return table("backends")
