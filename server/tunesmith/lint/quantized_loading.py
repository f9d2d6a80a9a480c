"""Keywords of loading a model that transformers 5 took away: in calls, and in what TRL hands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from tunesmith.knowledge.histories import History, history
from tunesmith.knowledge.signature_table import MODEL_LOADERS
from tunesmith.knowledge.signatures import signature
from tunesmith.knowledge.versions import InForce, library
from tunesmith.lint.keywords import MODEL_INIT, adapts_to_release, library_calls, shown
from tunesmith.lint.rule import SAFE, UNSAFE, Fix
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Project
from tunesmith.sources.python_items import line_start
from tunesmith.sources.python_script import Argument, Call, PythonScript
from tunesmith.sources.python_values import DictValue, Entry
from tunesmith.text import Edit, Span

_LOADER = "transformers.AutoModelForCausalLM.from_pretrained"
_AUTO_LOADERS = ("transformers.AutoModelFor", "peft.AutoPeftModelFor")
"""PEFT's load the base model by the former, with their own keywords."""
_CONFIG = "BitsAndBytesConfig"
_SAYS_MORE = ("load_in_", "bnb_", "llm_int8_", "quantization")
_KEYWORDS = frozenset(["load_in_4bit", "load_in_8bit"])
"""Since 5.0.0 they reach the model's `__init__`, which raises TypeError."""


class Loading(NamedTuple):
    """A keyword that a model is loaded with and that the release in force refuses.

    Attributes:
        taker: what is given the keyword, as users call it.
        given: the argument of the call, or the entry of `model_init_kwargs`.
        siblings: what stands between the same brackets.
        beside: all that is given there, by name.
        removed: what became of the keyword.
        transformers: the release that decides.
    """

    taker: str
    name: str
    given: Argument | Entry
    siblings: Sequence[cst.CSTNode]
    beside: Mapping[str, Argument | Entry]
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
        for taker, name, siblings, beside in _given(call):
            given = beside[name]
            removed = history(_LOADER, name)
            version = transformers.version
            is_refused = removed and version and removed.removed_by(version)
            is_new = id(given.node) not in seen
            if removed and is_refused and is_new and _is_certain(script, call, given.node, name):
                seen.add(id(given.node))
                yield Loading(taker, name, given, siblings, beside, removed, transformers)


def with_quantization_config(script: PythonScript, loading: Loading) -> Fix | None:
    """Say in a BitsAndBytesConfig that a model is quantized, and how; None where that is not clear.

    Up to transformers 4 the loader moved what such a configuration takes into one by itself.
    """
    details = _details(loading)
    is_plain = script.text_of(loading.key_node).strip("'\"") == loading.name
    if details is None or loading.given.value is not True or not is_plain:
        return None
    imported = script.import_edit("transformers", _CONFIG)
    edits = [imported] if imported else []
    if not details:
        made = f"{_CONFIG}({loading.name}=True)"
        edits.append(Edit(script.span(loading.key_node), _key(script, loading)))
        edits.append(Edit(script.span(loading.given.value_node), made))
        return Fix(f"Write quantization_config={made}", edits, SAFE)
    gathered = _gathered(script, loading, details)
    if gathered is None:
        return None
    edits += gathered
    notes = script.comments
    is_lossless = not any(edit.span.contains(note) for edit in gathered for note in notes)
    title = f"Move {loading.name} and what belongs to it into a {_CONFIG}"
    return Fix(title, edits, SAFE if is_lossless else UNSAFE)


def _details(loading: Loading) -> Mapping[str, Argument | Entry] | None:
    """What says more of the quantization; None where that cannot be moved along."""
    found = signature(f"transformers.{_CONFIG}", {"transformers": loading.transformers.version})
    taken = found.parameters.keys() - _KEYWORDS if found else set[str]()
    others = {name: each for name, each in loading.beside.items() if name != loading.name}
    details = {name: each for name, each in others.items() if name in taken}
    is_open = any(name.startswith(_SAYS_MORE) for name in others.keys() - details.keys())
    return None if is_open else details


def _key(script: PythonScript, loading: Loading) -> str:
    return script.text_of(loading.key_node).replace(loading.name, "quantization_config")


def _gathered(
    script: PythonScript, loading: Loading, details: Mapping[str, Argument | Entry]
) -> list[Edit] | None:
    """Put a configuration in the place of the keyword, and take out what goes into it."""
    places = {id(node): place for place, node in enumerate(loading.siblings)}
    moved = {loading.name: loading.given, **details}
    if any(id(each.node) not in places for each in moved.values()):
        return None
    names = sorted(moved, key=lambda name: places[id(moved[name].node)])
    spans = [script.span(node) for node in loading.siblings]
    edits: list[Edit] = []
    for run in _runs([places[id(moved[name].node)] for name in names]):
        first, last = run[0], run[-1]
        if places[id(loading.given.node)] in run:
            keywords = [f"{name}={script.text_of(moved[name].value_node)}" for name in names]
            made = _entry(script, loading, keywords, spans[first].start)
            edits.append(Edit(Span(spans[first].start, spans[last].end), made))
        elif last + 1 < len(spans):
            edits.append(Edit(Span(spans[first].start, spans[last + 1].start), ""))
        else:
            edits.append(Edit(Span(spans[first - 1].end, spans[last].end), ""))
    return edits


def _runs(places: Sequence[int]) -> list[list[int]]:
    """Ascending places in runs of neighbours."""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] + 1 == place:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _entry(script: PythonScript, loading: Loading, keywords: Sequence[str], start: int) -> str:
    """The configuration as an entry or argument; a keyword a line if entries stand so."""
    text, newline = script.text, script.module.default_newline
    between = text[script.span(loading.key_node).end : script.span(loading.given.value_node).start]
    indent = text[line_start(text, start) : start]
    if indent.strip():
        made = ", ".join(keywords)
    else:
        lines = "".join(f"{indent}    {keyword},{newline}" for keyword in keywords)
        made = f"{newline}{lines}{indent}"
    return f"{_key(script, loading)}{between}{_CONFIG}({made})"


_Siblings = Sequence[cst.CSTNode]
_Given = tuple[str, str, _Siblings, "Mapping[str, Argument | Entry]"]


def _given(call: Call) -> Iterator[_Given]:
    if call.name.startswith(_AUTO_LOADERS) or MODEL_LOADERS.fullmatch(call.name):
        beside = {each.name or "": each for each in call.arguments}
        for name in beside.keys() & _KEYWORDS:
            yield shown(call.name), name, call.node.args, beside
    elif call.name.startswith("trl.") and call.name.endswith("Config"):
        value = call.value(MODEL_INIT)
        if isinstance(value, DictValue):
            for name in value.entries.keys() & _KEYWORDS:
                yield MODEL_INIT, name, value.entries[name].siblings, value.entries


def _is_certain(script: PythonScript, call: Call, node: cst.CSTNode, name: str) -> bool:
    return not any(adapts_to_release(script, call, each, name) for each in (call.node, node))
