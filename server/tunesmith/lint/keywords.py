"""Keywords of library calls that rules judge: which calls count, and what is said of a release."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from weakref import WeakKeyDictionary

import libcst as cst

from tunesmith.knowledge.histories import History
from tunesmith.knowledge.likely import Why
from tunesmith.knowledge.refusals import Refusal, refusals
from tunesmith.knowledge.signature_table import MODEL_LOADERS, signature_table
from tunesmith.knowledge.signatures import ComposedSignature
from tunesmith.knowledge.versions import InForce
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Project
from tunesmith.sources.job_calls import api_calls
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_script import Argument, PythonScript
from tunesmith.text import Span, close_matches, regex

_PACKAGES = ("trl", "transformers", "peft", "datasets", "trackio", "huggingface-hub", "unsloth")
_CLOSE = 0.8
MODEL_INIT = "model_init_kwargs"
MODEL_INIT_TRAINERS = frozenset(
    f"trl.{method}Trainer"
    for method in ("SFT", "DPO", "GRPO", "KTO", "RLOO", "Reward", "ORPO", "CPO")
)
"""The trainers whose configuration takes it."""
_TITLES = {"trl": "TRL", "huggingface-hub": "huggingface_hub"}
_ADAPTS = regex(
    r"version|signature|inspect|\bfields\b|hasattr|supports|compat|legacy|\bparams\b|parameters|"
    r"processing_class|AVAILABLE"
)
_CATCHES_TYPE_ERROR = regex(r"\bTypeError\b")
_SENTENCE_END = regex(r"(?<=\.)\s+")
_ANNOUNCES = regex(r"deprecat|will be removed|supported|migration guide", re.IGNORECASE)
_PATCHES_INIT = regex(r"\.__init__\s*=[^=]")

_refused: WeakKeyDictionary[PythonScript, tuple[Project, Sequence[tuple[Call, Refusal]]]] = (
    WeakKeyDictionary()
)


def refused(script: PythonScript, project: Project) -> Sequence[tuple[Call, Refusal]]:
    """The keywords of library calls that surely raise TypeError, each with its call."""
    known = _refused.get(script)
    if known is None or known[0] is not project:
        found = [
            (call, refusal)
            for call in library_calls(script)
            for refusal in refusals(call, script, project)
            if is_certain(script, call, refusal.argument)
        ]
        known = _refused[script] = (project, found)
    return known[1]


def library_calls(script: PythonScript) -> Iterator[Call]:
    """The calls of objects that the tables know and that are given keywords."""
    packages = [each for each in _PACKAGES if each.replace("-", "_") in script.text]
    if not packages or _PATCHES_INIT.search(script.text):
        return
    names = [name for package in packages for name in _objects(package)]
    loaders = script.calls_matching(MODEL_LOADERS)
    for call in chain(script.calls(*names), loaders, api_calls(script)):
        if any(argument.name for argument in call.arguments) and _has_known_bases(script, call):
            yield call


def is_certain(script: PythonScript, call: Call, argument: Argument) -> bool:
    """Whether a keyword surely reaches the object under the release in force.

    A script that asks which release it runs under, or tries one way and then another, writes for
    more than one; a keyword that both ways give is not what it tries.
    """
    nodes = (call.node, argument.node)
    return not any(adapts_to_release(script, call, each, argument.name) for each in nodes)


def adapts_to_release(
    script: PythonScript, call: Call, node: cst.CSTNode, keyword: str | None = None
) -> bool:
    """Whether a node of a call runs under some releases only, or as one of two attempts.

    `keyword` is what is doubted in it, where that is less than all of it.
    """
    span, callee = script.span(node), f"{script.text_of(call.node.func)}("
    for statement, place in script.branches:
        if isinstance(statement, cst.If):
            if _is_for_lack_of_import(script, call, statement, span):
                return True
            tested = script.text_of(statement.test)
            is_concerned = place.contains(span) or callee in script.text_of(statement)
            if is_concerned and _asks_for_release(script, call, statement, tested):
                return True
        elif (
            isinstance(statement, (cst.Try, cst.TryStar))
            and place.contains(span)
            and _may_fail(script, statement, node, _Attempt(callee, keyword))
        ):
            return True
    return False


def is_model_init(call: Call, argument: Argument) -> bool:
    """Whether misplaced-model-init-kwargs speaks of an argument."""
    return argument.name == MODEL_INIT and call.name in MODEL_INIT_TRAINERS


def is_elsewhere(call: Call, refusal: Refusal) -> bool:
    """Whether the trainer's configuration, or the configuration's trainer, takes a keyword."""
    meant = refusal.likely
    is_known = meant is not None and meant.why is not Why.MISSPELLED
    return is_known and meant is not None and shown(meant.object) != shown(call.name)


def close_name(name: str, found: ComposedSignature) -> str | None:
    """The keyword of a signature that differs from a name in few letters."""
    return next(iter(close_matches(name, found.parameters, n=1, cutoff=_CLOSE)), None)


def title(package: str) -> str:
    """A package as its users call it."""
    return _TITLES.get(package, package)


def taker(name: str, in_force: Sequence[InForce], history: History | None = None) -> str:
    """An object and the release that decides, as the subject of a sentence.

    "SFTConfig of TRL 1.16.0"; "SFTConfig with transformers 5.23.0" where it inherits.
    """
    short = shown(name)
    own = in_force[0]
    decides = next((each for each in in_force if history and each.package == history.package), own)
    joint = "of" if decides is own else "with"
    return f"{short} {joint} {title(decides.package)} {decides.version}"


def shown(name: str) -> str:
    """An object as users write it: `SFTConfig`, `AutoModel.from_pretrained`."""
    parts = name.split(".")
    has_class = len(parts) > 1 and parts[-2][:1].isupper()
    return ".".join(parts[-2:]) if has_class else parts[-1]


def words_of_library(history: History) -> str:
    """What the library told to do, without that and when it would take the keyword away."""
    sentences = _SENTENCE_END.split(history.message or "")
    return next((each for each in sentences if each and not _ANNOUNCES.search(each)), "")


@cache
def _objects(package: str) -> Sequence[str]:
    table = signature_table(package)
    return tuple(table) if table else ()


def _own_classes(script: PythonScript, call: Call) -> Iterator[cst.ClassDef]:
    if call.own_class is not None:
        yield call.own_class
        for base in script.names.ancestors(call.own_class):
            if isinstance(base, cst.ClassDef):
                yield base


def _has_known_bases(script: PythonScript, call: Call) -> bool:
    """Whether an own class has one line of bases only, all of them known."""
    return all(
        len(own.bases) == 1 and any(script.names.bases(own)) for own in _own_classes(script, call)
    )


def _asks_for_release(script: PythonScript, call: Call, node: cst.If, tested: str) -> bool:
    if _ADAPTS.search(tested):
        return True
    names = [node.test] if isinstance(node.test, cst.Name) else []
    if isinstance(node.test, cst.UnaryOperation) and isinstance(node.test.expression, cst.Name):
        names = [node.test.expression]
    for name in names:
        binding = script.names.binding(name.value, call.block.scope)
        if binding and binding.node and _ADAPTS.search(script.text_of(binding.node)):
            return True
    other = node.orelse
    return isinstance(other, cst.If) and _ADAPTS.search(script.text_of(other.test)) is not None


def _is_for_lack_of_import(script: PythonScript, call: Call, statement: cst.If, span: Span) -> bool:
    if "except" not in script.text:
        return False
    from tunesmith.lint.fallbacks import is_for_lack_of_import  # only such scripts pay for it

    return is_for_lack_of_import(script, call, statement, span)


class _Attempt(NamedTuple):
    """What a `try` may be there for: a call, and the keyword of it that is doubted."""

    callee: str
    keyword: str | None

    def is_made_in(self, text: str) -> bool:
        return self.callee in text

    def is_same_in(self, text: str) -> bool:
        """Whether a text makes the call and gives it the keyword, too."""
        given = self.keyword and re.search(rf"\b{self.keyword}\s*=(?!=)", text)
        return self.is_made_in(text) and bool(given)


def _may_fail(
    script: PythonScript, statement: cst.Try | cst.TryStar, node: cst.CSTNode, attempt: _Attempt
) -> bool:
    """Whether a `try` around a node is there to try another way."""
    span, tried = script.span(node), script.text_of(statement.body)
    for handler in statement.handlers:
        caught = script.text_of(handler.type) if handler.type else ""
        is_other_way = _CATCHES_TYPE_ERROR.search(caught) is not None
        if script.span(handler.body).contains(span):
            return is_other_way or not attempt.is_same_in(tried)
        text = script.text_of(handler.body)
        if is_other_way or (attempt.is_made_in(text) and not attempt.is_same_in(text)):
            return True
    return False
