"""What an object is really given: the arguments of a call over the defaults in force."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

import libcst as cst

from tunesmith.knowledge.histories import packages_behind
from tunesmith.knowledge.signatures import ComposedSignature, signature
from tunesmith.knowledge.versions import InForce, library
from tunesmith.named_tuple import NamedTuple
from tunesmith.project import Project
from tunesmith.sources.python_index import CallSite
from tunesmith.sources.python_scopes import Binding, BindingKind
from tunesmith.sources.python_script import Argument, Call, PythonScript
from tunesmith.sources.python_tree import parts
from tunesmith.sources.python_values import Reference, Value
from tunesmith.sources.unknown import ABSENT, UNKNOWN


class Settled(NamedTuple):
    """A call of a library's class whose signature is known in the releases in force.

    Attributes:
        call: the call.
        signature: what its class takes.
        in_force: the releases that decide, by package; the class's own package first.
    """

    script: PythonScript
    call: Call
    signature: ComposedSignature
    in_force: Mapping[str, InForce]

    @property
    def rests_on(self) -> Sequence[InForce]:
        """The releases without which the signature would be another one."""
        return list(self.in_force.values())

    def argument(self, name: str) -> Argument | None:
        """The argument as given, by keyword or by position."""
        return self.call.argument(name, self._position(name))

    def value(self, name: str) -> Value:
        """What a parameter is worth: as given, or its default.

        A function of the script's own is a `Reference` to its name. ABSENT where the class takes
        no such parameter.
        """
        if name not in self.signature.parameters:
            return ABSENT if self.argument(name) is None else UNKNOWN
        given = self.call.value(name, self._position(name))
        if given is ABSENT:
            return literal(self.signature.parameters[name].facts.default)
        argument = self.argument(name)
        is_open = given is UNKNOWN and argument is not None and argument.value is UNKNOWN
        return latest(self.script, self.call, argument) if argument and is_open else given

    def _position(self, name: str) -> int | None:
        positional = self.signature.positional
        return positional.index(name) if name in positional else None


def settled(call: Call, script: PythonScript, project: Project) -> Settled | None:
    """A call with its class's signature; None where that is not known."""
    in_force = {each: library(each, script, project) for each in packages_behind(call.name)}
    found = signature_in_force(call.name, in_force)
    return Settled(script, call, found, in_force) if found else None


def signature_in_force(name: str, in_force: Mapping[str, InForce]) -> ComposedSignature | None:
    """What an object takes in the releases in force; None where that is not known."""
    versions = {package: each.version for package, each in in_force.items()}
    scanned = {package: each.scan for package, each in in_force.items() if each.scan}
    return signature(name, versions, scanned)


def configuration_of(trainer: Settled, project: Project) -> Settled | None:
    """The call that makes a trainer's `args`; None where it is not in the file."""
    value = trainer.value("args")
    return settled(value, trainer.script, project) if isinstance(value, Call) else None


def latest(script: PythonScript, call: Call, argument: Argument) -> Value:
    """The value of an argument also where its name is assigned several times.

    A function of the script's own is a `Reference` to its name.
    """
    node = argument.value_node
    if isinstance(node, cst.Lambda):
        return Reference("lambda")
    if argument.value is not UNKNOWN or argument.comes_from_expansion:
        return argument.value
    site = script.index.call_site(call.node)
    return value_at(script, node, site)


def value_at(script: PythonScript, node: cst.BaseExpression, site: CallSite) -> Value:
    """What an expression is worth where a call stands; a name is worth its last assignment.

    That counts if it stands in the call's own block; what may not run decides nothing.
    """
    last = _last_binding(site, node.value) if isinstance(node, cst.Name) else None
    if last and last.kind is BindingKind.FUNCTION:
        return Reference(last.name)
    is_certain = last and last.kind is BindingKind.ASSIGNMENT and last.block is site.block
    if last is None or last.node is None or not is_certain:
        return script.evaluator.evaluate(node, site.block, site.order)
    return script.evaluator.evaluate(last.node, last.block, last.order)


def written_value(
    script: PythonScript, call: Call, argument: Argument
) -> cst.BaseExpression | None:
    """The expression that says an argument's value: its own, or that of the name that it is.

    None where the name is bound several times, or not by an assignment of the file.
    """
    node = argument.value_node
    if not isinstance(node, cst.Name) or argument.comes_from_expansion:
        return node
    holder = script.index.call_site(call.node).block.scope.holder(node.value)
    bindings = holder.bindings[node.value] if holder else []
    if len(bindings) != 1 or bindings[0].kind is not BindingKind.ASSIGNMENT:
        return None
    given = bindings[0].node
    return given if isinstance(given, cst.BaseExpression) else None


def _last_binding(site: CallSite, name: str) -> Binding | None:
    holder = site.block.scope.holder(name)
    before = [each for each in holder.bindings[name] if each.order < site.order] if holder else []
    latest_first = sorted(before, key=lambda binding: binding.order, reverse=True)
    return next((each for each in latest_first if not _is_in(site.node, each.node)), None)


def _is_in(node: cst.CSTNode, whole: cst.CSTNode | None) -> bool:
    """Whether a node is another or in it, found without the places of all nodes, which cost more
    than parsing."""
    return whole is not None and any(part is node for part in parts(whole))


def literal(default: str | None) -> Value:
    """A default of a table of signatures; ABSENT where there is none."""
    if default is None:
        return ABSENT
    try:
        value = ast.literal_eval(default)
    except (ValueError, SyntaxError):
        return UNKNOWN
    return value if value is None or isinstance(value, (str, int, float, bool)) else UNKNOWN
