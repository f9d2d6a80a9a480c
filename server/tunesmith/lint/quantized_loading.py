"""Keywords of loading a model that transformers 5 took away: in calls, and in what TRL hands on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from tunesmith.knowledge.histories import History, history
from tunesmith.knowledge.versions import InForce, library
from tunesmith.lint.keywords import MODEL_INIT, adapts_to_release, library_calls, shown
from tunesmith.lint.rule import SAFE, Fix
from tunesmith.project import Project
from tunesmith.sources.python_script import Argument, Call, PythonScript
from tunesmith.sources.python_values import DictValue, Entry
from tunesmith.text import Edit

_LOADER = "transformers.AutoModelForCausalLM.from_pretrained"
_KEYWORDS = frozenset(["load_in_4bit", "load_in_8bit"])
"""Since 5.0.0 they reach the model's `__init__`, which raises TypeError."""


@dataclass(frozen=True, slots=True)
class Loading:
    """A keyword that a model is loaded with and that the release in force refuses.

    Attributes:
        taker: what is given the keyword, as users call it.
        given: the argument of the call, or the entry of `model_init_kwargs`.
        beside: the names of all that is given there.
        removed: what became of the keyword.
        transformers: the release that decides.
    """

    taker: str
    name: str
    given: Argument | Entry
    beside: Sequence[str]
    removed: History
    transformers: InForce

    @property
    def key_node(self) -> cst.CSTNode:
        """What a finding underlines."""
        return self.given.key_node or self.given.node


def refused_loadings(script: PythonScript, project: Project) -> Iterator[Loading]:
    """The keywords of `from_pretrained` and in `model_init_kwargs` that raise TypeError."""
    if not any(keyword in script.text for keyword in _KEYWORDS) or script.imports("unsloth"):
        return
    transformers = library("transformers", script, project)
    seen: set[int] = set()
    for call in library_calls(script):
        for taker, name, given, beside in _given(call):
            removed = history(_LOADER, name)
            version = transformers.version
            is_refused = removed and version and removed.removed_by(version)
            is_new = id(given.node) not in seen
            if removed and is_refused and is_new and _is_certain(script, call, given.node):
                seen.add(id(given.node))
                yield Loading(taker, name, given, beside, removed, transformers)


def with_quantization_config(script: PythonScript, loading: Loading) -> Fix | None:
    """Say in a BitsAndBytesConfig that a model is quantized; None where more is said of it."""
    others = [name for name in loading.beside if name != loading.name]
    says_more = any(name.startswith(("load_in_", "bnb_", "quantization")) for name in others)
    given, key = loading.given, script.span(loading.key_node)
    written = script.text[key.start : key.end]
    quote = written[0] if written[:1] in ("'", '"') else ""
    is_plain = written == f"{quote}{loading.name}{quote}"
    if given.value is not True or says_more or not is_plain:
        return None
    made = f"BitsAndBytesConfig({loading.name}=True)"
    edits = [
        Edit(key, f"{quote}quantization_config{quote}"),
        Edit(script.span(given.value_node), made),
    ]
    imported = script.import_edit("transformers", "BitsAndBytesConfig")
    edits += [imported] if imported else []
    return Fix(f"Write quantization_config={made}", edits, SAFE)


_Given = tuple[str, str, "Argument | Entry", Sequence[str]]


def _given(call: Call) -> Iterator[_Given]:
    if call.name.startswith("transformers.AutoModelFor"):
        beside = [each.name or "" for each in call.arguments]
        for each in call.arguments:
            if each.name in _KEYWORDS:
                yield shown(call.name), each.name, each, beside
    elif call.name.startswith("trl.") and call.name.endswith("Config"):
        value = call.value(MODEL_INIT)
        if isinstance(value, DictValue):
            for name in value.entries.keys() & _KEYWORDS:
                yield MODEL_INIT, name, value.entries[name], list(value.entries)


def _is_certain(script: PythonScript, call: Call, node: cst.CSTNode) -> bool:
    return not any(adapts_to_release(script, call, each) for each in (call.node, node))
