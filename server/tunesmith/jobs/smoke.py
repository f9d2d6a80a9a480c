"""A copy of a script that trains 2 steps of a tiny random model: does it run at all?

Nothing here runs or imports the script. The copy calls the functions of `smoke_runtime.py`, which
lies beside it with `smoke_models.py`, where the script makes trainers and their settings, loads
models and data, saves, pushes and tracks. So what cannot be told from the text is seen to when the
copy runs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import libcst as cst

from tunesmith.errors import UserError
from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.document import Document, Kind
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_index import CallSite
from tunesmith.sources.python_script import PythonScript, UnreadableScriptError
from tunesmith.text import Edit, Span, apply_edits, regex

_TRAINER = regex(r"(?:trl|transformers)\.(?:experimental\.)?\w*Trainer")
_CONFIG = regex(r"trl\.(?:experimental\.)?\w+Config|transformers\.\w*TrainingArguments")
_NO_CONFIGS = ("trl.ModelConfig", "trl.DatasetMixtureConfig", "trl.DatasetConfig")
_LOADS_MODEL = regex(
    r"transformers\.(?:AutoModel\w*|\w+(?:ForCausalLM|LMHeadModel|ForConditionalGeneration"
    r"|ForSequenceClassification))\.from_pretrained"
    r"|(?:trl\.(?:experimental\.)?AutoModelFor\w+|unsloth\.Fast\w+)\.from_pretrained"
)
_MAKES_MODEL = regex(r"transformers\.AutoModel\w*\.from_config")
_LOADS_ADAPTER = regex(r"peft\.(?:Auto)?Peft\w*\.from_pretrained")
_TRACKERS = frozenset(("aim", "comet_ml", "mlflow", "neptune", "swanlab", "trackio", "wandb"))
_PUSHES = regex(
    r"push_to_hub\w*|upload_(?:file|folder|large_folder)|(?:create|delete|move|update)_repo\w*"
    r"|create_(?:commit|branch|tag|pull_request)|delete_(?:file|files|folder|branch|tag)"
    r"|super_squash_history|update_repo_settings"
)
_SIGNS_IN = regex(r"(?:notebook_|interpreter_)?login|logout|auth_switch")
_SAVES = regex(
    r"save_model|save_pretrained|save_pretrained_merged|save_pretrained_gguf|save_to_disk"
)
_ASKS_GPU = regex(r"torch\.cuda\.(?:get_device_\w+|set_device|current_device|mem_get_info|device)")
_PATH = Path("train.py")
_MODULE = "tunesmith_smoke"
_MODULES = ((_MODULE, "smoke_runtime"), (f"{_MODULE}_models", "smoke_models"))
_OURS = regex(r"\bsmoke_\w+")
_WHAT = (
    "# A try-out by Tunesmith: 2 steps on 8 rows of a tiny random model; nothing is pushed or "
    "tracked."
)
_ENGINES = ("unsloth", "vllm", "deepspeed", "mlx_lm")


class SmokeCopy(NamedTuple):
    """What is run instead of a script.

    Attributes:
        text: the copy.
        notes: what it does not change although it should be, a line each.
    """

    text: str
    notes: Sequence[str]


def smoke_copy(text: str, path: Path = _PATH, beside: Collection[str] = ()) -> SmokeCopy:
    """A copy of a script for a smoke run.

    Args:
        text: the script.
        path: where it lies, as it may look for files beside itself.
        beside: the names of the modules in its folder.

    Raises:
        UserError: it cannot be read, or makes no trainer, so that nothing would be small.
    """
    name = path.name
    try:
        document = Document(PurePosixPath(name), Kind.PYTHON, text)
        script = PythonScript.parse(document, None)
    except UnreadableScriptError as error:
        raise UserError(
            f"{name} cannot be read: {error}", "correct it: `tunesmith check` shows where"
        ) from None
    edits = _Edits(script)
    found = edits.all()
    if not edits.trainers:
        raise UserError(
            f"{name} makes no trainer of TRL or Transformers, which a smoke run makes small",
            "name the script that makes the trainer, or run this one without --smoke",
        )
    notes = [*edits.notes, *_notes_on_imports(script, beside)]
    place, lead = _place_of_helpers(script)
    changes = _outermost(found)
    names = ", ".join(sorted({name for edit in changes for name in _OURS.findall(edit.text)}))
    own_place = f"__file__ = {str(path)!r}\n" if "__file__" in text else ""
    helpers = f"{lead}{_WHAT}\n{own_place}from {_MODULE} import {names}\n\n"
    return SmokeCopy(apply_edits(text, [Edit(Span(place, place), helpers), *changes]), notes)


def modules_beside() -> Mapping[str, bytes]:
    """What lies beside a copy, which imports it: the names of files, and what is in them."""
    here = Path(__file__)
    return {f"{name}.py": here.with_name(f"{ours}.py").read_bytes() for name, ours in _MODULES}


class _Edits:
    """Finds what to change in a script; `notes` says what cannot be."""

    def __init__(self, script: PythonScript) -> None:
        self.script = script
        self.trainers = 0
        self.notes: list[str] = []

    def all(self) -> Sequence[Edit]:
        """Each edit; some are within others."""
        return [*self._of_library_calls(), *self._of_methods()]

    def _of_library_calls(self) -> Iterator[Edit]:
        for call in self.script.calls_matching(_ANY):
            if call.is_super:
                continue
            if wrapper := self._wrapper(call):
                yield Edit(call.callee_span, f"{wrapper}({self._callee(call)})")
            elif replacement := self._replacement(call):
                yield Edit(call.callee_span, replacement)
            else:
                self._note(call)

    def _wrapper(self, call: Call) -> str | None:
        """The function of the copy that a call's function is handed to."""
        name = call.name
        if _TRAINER.fullmatch(name) or self._is_own_trainer(call):
            self.trainers += 1
            return "smoke_trainer"
        if _CONFIG.fullmatch(name) and name not in _NO_CONFIGS:
            return "smoke_config"
        if _LOADS_MODEL.fullmatch(name):
            return "smoke_from_pretrained"
        return "smoke_from_config" if _MAKES_MODEL.fullmatch(name) else None

    def _is_own_trainer(self, call: Call) -> bool:
        if call.own_class is None or call.name:
            return False
        ancestors = self.script.names.ancestors(call.own_class)
        return any(isinstance(base, str) and _TRAINER.fullmatch(base) for base in ancestors)

    def _replacement(self, call: Call) -> str | None:
        if call.name.partition(".")[0] in _TRACKERS:
            return "smoke_nothing"
        if call.name == "datasets.load_dataset":
            return "smoke_load_dataset"
        if call.name == "huggingface_hub.snapshot_download":
            return "smoke_download"
        library, _, name = call.name.rpartition(".")
        is_left_out = _PUSHES.fullmatch(name) or _SIGNS_IN.fullmatch(name)
        is_hub = library.partition(".")[0] == "huggingface_hub"
        return "smoke_nothing" if is_hub and is_left_out else None

    def _note(self, call: Call) -> None:
        line = self._line(call.node)
        if _LOADS_ADAPTER.fullmatch(call.name):
            self.notes.append(
                f"line {line}: the adapter that `{self._callee(call)}` loads does not fit a tiny "
                "model, unless this script has saved it before"
            )
        elif _ASKS_GPU.fullmatch(call.name) and not self._looks_for_gpu:
            self.notes.append(f"line {line}: `{self._callee(call)}` needs an NVIDIA GPU")

    def _of_methods(self) -> Iterator[Edit]:
        for site in self.script.index.calls:
            if isinstance(site.node.func, cst.Attribute):
                yield from self._of_method(site, site.node.func)

    def _of_method(self, site: CallSite, function: cst.Attribute) -> Iterator[Edit]:
        name, arguments = function.attr.value, site.node.args
        qualified = self.script.names.qualified(function, site.block.scope)
        if qualified is not None and not qualified.startswith("huggingface_hub."):
            if name == "device" and qualified == "torch.device":
                yield from self._of_devices(arguments)
            return
        if _PUSHES.fullmatch(name) and (name.startswith("push") or self._uses_hub):
            yield Edit(self.script.span(function), "smoke_nothing")
        elif _SAVES.fullmatch(name):
            yield from self._wrapped_first(arguments, "smoke_path")
        elif name == "train":
            yield from self._without_checkpoint(function, arguments)
        elif name == "cuda" and not arguments:
            start, end = self.script.span(function.attr).start, self.script.span(site.node).end
            yield Edit(Span(start, end), "to(smoke_device())")
        elif name == "to":
            yield from self._of_devices(arguments)
        elif name == "from_pretrained" and self._may_be_model(function):
            self.notes.append(
                f"line {self._line(site.node)}: what `{self.script.text_of(function)}` loads "
                "cannot be told, and stays as it is"
            )

    def _without_checkpoint(
        self, function: cst.Attribute, arguments: Sequence[cst.Arg]
    ) -> Iterator[Edit]:
        is_trainer = "trainer" in self.script.text_of(function.value).casefold()
        for argument in arguments:
            name = argument.keyword.value if argument.keyword else None
            is_first = argument is arguments[0] and not argument.star and is_trainer
            if name == "resume_from_checkpoint" or (name is None and is_first):
                yield Edit(self.script.span(argument.value), "None")

    def _wrapped_first(self, arguments: Sequence[cst.Arg], wrapper: str) -> Iterator[Edit]:
        for argument in arguments:
            name = argument.keyword.value if argument.keyword else None
            is_place = name is None and argument is arguments[0] and not argument.star
            if is_place or name in ("output_dir", "save_directory", "dataset_path"):
                span = self.script.span(argument.value)
                yield Edit(span, f"{wrapper}({self.script.text_of(argument.value)})")

    def _of_devices(self, arguments: Sequence[cst.Arg]) -> Iterator[Edit]:
        for argument in arguments:
            value = argument.value
            if isinstance(value, cst.SimpleString) and re.match(r"['\"]cuda", value.value):
                yield Edit(self.script.span(value), "smoke_device()")

    def _may_be_model(self, function: cst.Attribute) -> bool:
        return "model" in self.script.text_of(function.value).casefold()

    @property
    def _uses_hub(self) -> bool:
        return self.script.imports("huggingface_hub")

    @property
    def _looks_for_gpu(self) -> bool:
        return any(True for _ in self.script.calls("torch.cuda.is_available"))

    def _callee(self, call: Call) -> str:
        return self.script.text_of(call.node.func)

    def _line(self, node: cst.CSTNode) -> int:
        return self.script.document.lines.position(self.script.span(node).start).line + 1


_ANY = regex(r".*")


def _outermost(edits: Sequence[Edit]) -> Sequence[Edit]:
    """The edits that are in no other one."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda each: (each.span.start, -each.span.end)):
        if not kept or edit.span.start >= kept[-1].span.end:
            kept.append(edit)
    return kept


def _notes_on_imports(script: PythonScript, beside: Collection[str]) -> Iterator[str]:
    for engine in _ENGINES:
        if script.imports(engine):
            yield f"{engine} is used as it is: it needs a GPU that it supports"
    for module in sorted(beside):
        if script.imports(module):
            yield f"{module}.py is used as it is: what it loads, saves or pushes stays real"


def _place_of_helpers(script: PythonScript) -> tuple[int, str]:
    """Where the functions go: behind the docstring and what is imported from `__future__`."""
    end = 0
    for line in script.module.body:
        if not (isinstance(line, cst.SimpleStatementLine) and all(map(_is_opening, line.body))):
            break
        end = script.span(line).end
    if not end:
        header = re.match(r"(?:[ \t]*#.*\n|[ \t]*\n)*", script.text)
        return (header.end() if header else 0), "\n"
    stop = script.text.find("\n", end)
    return (len(script.text), "\n\n") if stop < 0 else (stop + 1, "\n")


def _is_opening(part: cst.BaseSmallStatement) -> bool:
    if isinstance(part, cst.ImportFrom):
        return isinstance(part.module, cst.Name) and part.module.value == "__future__"
    return isinstance(part, cst.Expr) and isinstance(
        part.value, (cst.SimpleString, cst.ConcatenatedString)
    )
