"""Edits that write other values of a training into its script."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from packaging.version import Version

from tunesmith.estimate.changes import Bits, Changes, values_of
from tunesmith.estimate.script import ScriptTraining
from tunesmith.lint.training_places import ACCUMULATION, BATCH, LENGTHS, training_places
from tunesmith.sources.python_script import Call, PythonScript
from tunesmith.sources.python_values import DictValue
from tunesmith.text import Edit, Span

_CONFIGS = {
    "nf4": 'BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", '
    'bnb_4bit_compute_dtype="bfloat16")',
    "int8": "BitsAndBytesConfig(load_in_8bit=True)",
}
_NAMES = {"length": LENGTHS, "batch": (BATCH,), "accumulation": (ACCUMULATION,)}
_CHECKPOINTING = "gradient_checkpointing"
_RENAMED = Version("4.56")
"""The first transformers that calls `torch_dtype` `dtype`."""
_SWITCHES = {"nf4": "load_in_4bit", "int8": "load_in_8bit"}


@dataclass
class WrittenValues:
    """Edits of a script, and what they do.

    Attributes:
        edits: to be made together.
        written: what they write.
        left: what they do not, and why: a sentence each.
    """

    edits: list[Edit] = field(default_factory=list[Edit])
    written: list[str] = field(default_factory=list[str])
    left: list[str] = field(default_factory=list[str])


def write_values(script: PythonScript, training: ScriptTraining, wanted: Changes) -> WrittenValues:
    """The edits that give a training other values; what is as wanted stays untouched."""
    return _Writer(script, training, wanted).write()


class _Writer:
    def __init__(self, script: PythonScript, training: ScriptTraining, wanted: Changes) -> None:
        self.script, self.training, self.wanted = script, training, wanted
        self.sources = training.sources
        self.result = WrittenValues()
        self.missing: list[tuple[Call, str]] = []

    def write(self) -> WrittenValues:
        now = replace(values_of(self.training.training), accumulation=self.training.accumulation)
        for what in ("length", "batch", "accumulation", "rank"):
            value = getattr(self.wanted, what)
            if value is not None and value != getattr(now, what):
                self._number(what, value)
        if self.wanted.quantization not in (None, now.quantization):
            self._quantization(self.wanted.quantization)
        if self.wanted.is_half:
            self._half()
        if self.wanted.is_checkpointed not in (None, self.training.training.is_checkpointed):
            self._checkpointing(f"{_CHECKPOINTING}={self.wanted.is_checkpointed}")
        self._insert()
        return self.result

    def _number(self, what: str, value: int) -> None:
        if what == "length" and self.training.training.method == "grpo":
            self._leave("The length of GRPO is that of prompt and completion: set both by hand.")
            return
        places = [each for each in training_places(self.script, self.training) if each.what == what]
        if places:
            name, number = places[-1].name, places[-1].number
            if number is None:
                self._leave(f"{name} is computed: change it where it comes from.")
                return
            self.result.edits.append(Edit(number, str(value)))
            self.result.written.append(f"{name}={value}")
            return
        call, name = self._taker(what)
        if call is None:
            self._leave("The trainer's configuration is not in this file.")
        else:
            self._add(call, f"{name}={value}")

    def _taker(self, what: str) -> tuple[Call | None, str]:
        """The call that takes a value that is not given yet, and as which argument."""
        arguments = self.sources.arguments
        if what == "rank":
            return self.sources.adapter, "r"
        if arguments is None:
            return None, ""
        known = [name for name in _NAMES[what] if name in arguments.signature.parameters]
        return (arguments.call, known[0]) if known else (None, "")

    def _checkpointing(self, keyword: str) -> None:
        arguments = self.sources.arguments
        if arguments is None:
            self._leave("The trainer's configuration is not in this file.")
            return
        given = arguments.argument(_CHECKPOINTING)
        if given is None:
            self._add(arguments.call, keyword)
        elif given.comes_from_expansion or given.position is not None:
            self._leave(f"{_CHECKPOINTING} is computed: change it where it comes from.")
        else:
            self.result.edits.append(Edit(given.span, keyword))
            self.result.written.append(keyword)

    def _quantization(self, wanted: Bits | None) -> None:
        config, loader = self.sources.quantization, self.sources.loader
        if self.training.training.adapter is None:
            self._leave("A quantized model is trained by an adapter only: add a LoraConfig first.")
        elif wanted in (None, "none"):
            self._dequantize(loader)
        elif config is not None:
            self._switch(config, _SWITCHES[wanted])
        elif isinstance(loader, Call):
            self._add(loader, f"quantization_config={_CONFIGS[wanted]}")
            self._import()
        else:
            self._into_arguments("quantization_config", _CONFIGS[wanted])
            self._import()

    def _half(self) -> None:
        transformers, loader = self.training.versions["transformers"], self.sources.loader
        if transformers is None:
            self._leave("The release of transformers is not known: add the dtype by hand.")
            return
        name = "dtype" if transformers >= _RENAMED else "torch_dtype"
        if isinstance(loader, Call):
            if any(loader.argument(each) for each in ("dtype", "torch_dtype")):
                self._leave("The dtype is given already: change it by hand.")
            else:
                self._add(loader, f'{name}="bfloat16"')
        elif isinstance(loader, DictValue) and {"dtype", "torch_dtype"} & loader.entries.keys():
            self._leave("model_init_kwargs gives a dtype already: change it by hand.")
        else:
            self._into_arguments(name, '"bfloat16"')

    def _dequantize(self, loader: Call | DictValue | None) -> None:
        argument = loader.argument("quantization_config") if isinstance(loader, Call) else None
        if not isinstance(loader, Call) or argument is None or argument.comes_from_expansion:
            self._leave("Take quantization_config out by hand.")
            return
        self.result.edits.append(self.script.keyword_removal(loader, argument))
        self.result.written.append("no quantization_config")

    def _switch(self, config: Call, name: str) -> None:
        given = [config.argument(each) for each in _SWITCHES.values()]
        argument = next((each for each in given if each and each.value is True), None)
        if argument is None or argument.comes_from_expansion:
            self._leave("The BitsAndBytesConfig is computed: change it where it comes from.")
            return
        self.result.edits.append(Edit(argument.span, f"{name}=True"))
        self.result.written.append(f"{name}=True")

    def _into_arguments(self, name: str, value: str) -> None:
        """TRL loads a model that is given by its id with `model_init_kwargs`."""
        options, entry = self.sources.loader, f'"{name}": {value}'
        if isinstance(options, DictValue):
            siblings = [each for it in options.entries.values() for each in it.siblings]
            if options.is_open or not siblings:
                self._leave(f"model_init_kwargs is computed: add {name} by hand.")
                return
            end = self.script.span(siblings[-1]).end
            self.result.edits.append(Edit(Span(end, end), f", {entry}"))
            self.result.written.append(name)
        elif self.sources.arguments is None:
            self._leave("The trainer's configuration is not in this file.")
            return
        else:
            self._add(self.sources.arguments.call, f"model_init_kwargs={{{entry}}}")

    def _import(self) -> None:
        edit = self.script.import_edit("transformers", "BitsAndBytesConfig")
        if edit:
            self.result.edits.append(edit)

    def _add(self, call: Call, keyword: str) -> None:
        self.missing.append((call, keyword))
        self.result.written.append(keyword)

    def _insert(self) -> None:
        """Keywords of one call are one edit, as two at one place would be in no order."""
        for call in {id(call): call for call, _ in self.missing}.values():
            keywords = [keyword for owner, keyword in self.missing if owner is call]
            self.result.edits.append(self.script.keyword_insertion(call, ", ".join(keywords)))

    def _leave(self, sentence: str) -> None:
        self.result.left.append(sentence)
