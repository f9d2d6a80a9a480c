"""Which values a class's own code takes for its parameters: what it compares, what it refuses.

Two forms refuse a value: `if self.x not in [...]: raise`, and a chain of comparisons of one
parameter whose last `else` raises. Both count only where no other parameter decides whether
they run, and never where the code also takes another type or first maps the value.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tunesmith.knowledge.scan.modules import Definition, Found, Library, assigned, dotted
from tunesmith.knowledge.scan.values import Scope

CONSTRUCTORS = ("__init__", "__post_init__", "__new__")


@dataclass
class Evidence:
    """What the code of a class tells of one parameter.

    Attributes:
        taken: the values that checks leave; empty where there is no check.
        compared: values that the code knows, checked or not.
        is_mapped: the value is changed before it is used, so that checks see another one.
        takes_more: other types, or values that cannot be listed, are taken as well.
    """

    taken: list[str] = field(default_factory=list[str])
    compared: list[str] = field(default_factory=list[str])
    is_mapped: bool = False
    takes_more: bool = False


def evidence_of(found: Found, library: Library) -> Mapping[str, Evidence]:
    """What the code of a class or function tells, by parameter.

    In a class with an argument `args`, "args.<name>" is the parameter of its configuration.
    """
    reader = _Reader(Scope(found.module, library), _subjects(found.node))
    for method in methods_of(found.node):
        is_maker = method.name in (*CONSTRUCTORS, found.node.name)
        # Public methods such as `set_optimizer` run when the values were checked long ago.
        reader.is_setter = not is_maker and not method.name.startswith("_")
        reader.method(method, arguments_of(method) if is_maker else set[str]())
    return reader.found


def methods_of(node: Definition) -> list[ast.FunctionDef]:
    """The methods of a class; a function itself."""
    if isinstance(node, ast.FunctionDef):
        return [node]
    return [child for child in node.body if isinstance(child, ast.FunctionDef)]


def arguments_of(function: ast.FunctionDef) -> set[str]:
    """The names of a function's arguments."""
    arguments = function.args
    return {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}


def _subjects(node: Definition) -> Mapping[str, str] | None:
    """Attributes of a trainer that hold its parameters; None where every attribute is one."""
    init = next((m for m in methods_of(node) if m.name == "__init__"), None)
    if isinstance(node, ast.FunctionDef) or init is None or "args" not in arguments_of(init):
        return None
    found: dict[str, str] = {}
    for child in ast.walk(init):
        if isinstance(child, ast.Assign) and len(child.targets) == 1:
            target, value = dotted(child.targets[0]), dotted(child.value)
            name = target.removeprefix("self.")
            if target == f"self.{name}" and value in (name, f"args.{name}"):
                found[name] = value
    return found


@dataclass
class _Reader:
    scope: Scope
    subjects: Mapping[str, str] | None
    found: dict[str, Evidence] = field(default_factory=dict[str, Evidence])
    own: set[str] = field(default_factory=set[str])
    is_setter: bool = False

    def method(self, node: ast.FunctionDef, own: set[str]) -> None:
        """Read one method, in which `own` are parameters by their bare names."""
        inner = replace(self, scope=self.scope.within(assigned(node.body)), own=own)
        inner.block(node.body, [])

    def block(self, body: Sequence[ast.stmt], conditions: list[ast.expr]) -> None:
        for statement in body:
            if isinstance(statement, ast.If):
                self.choice(statement, conditions)
            elif isinstance(statement, ast.Assign):
                self.assignment(statement, conditions)
            elif isinstance(statement, ast.Assert):
                self.refusal(statement.test, conditions, negated=True)
            elif isinstance(statement, (ast.For, ast.While, ast.With, ast.Try)):
                # Whether a check in here stops the program cannot be told.
                for block in _blocks(statement):
                    self.block(block, [*conditions, ast.Name("?")])

    def choice(self, node: ast.If, conditions: list[ast.expr]) -> None:
        branches, last = _chain(node)
        self.chain(branches, last)
        for test, body in branches:
            self.escapes(test)
            if _raises(body):
                self.refusal(test, conditions, negated=False)
            else:
                self.comparisons(test)
                self.block(body, [*conditions, test])
        self.block(last, [*conditions, *(test for test, _ in branches)])

    def chain(
        self, branches: Sequence[tuple[ast.expr, list[ast.stmt]]], last: list[ast.stmt]
    ) -> None:
        """`if x == "a": ... elif x == "b": ... else: raise`."""
        if not _raises(last):
            return
        taken: list[str] = []
        names: set[str | None] = set()
        for test, body in branches:
            name, values = self.accepted(test)
            names.add(name)
            taken += [] if _raises(body) else values
        name = names.pop() if len(names) == 1 else None
        if name and taken:
            self.evidence(name).taken += taken

    def refusal(self, test: ast.expr, conditions: list[ast.expr], negated: bool) -> None:
        """`if x not in [...]: raise`, or with `negated` what `assert` demands."""
        parts = test.values if isinstance(test, ast.BoolOp) and not negated else [test]
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
            return
        demanded = [(n, v) for part in parts for n, v in [self.demanded(part, negated)] if n]
        for name, values in demanded[:1]:
            others = [
                part for part in (*parts, *conditions) if self.demanded(part, negated)[0] is None
            ]
            if all(self.names_in(part) == {name} for part in others):
                self.evidence(name).taken += [*values, *(["None"] if others else [])]

    def demanded(self, test: ast.expr, negated: bool) -> tuple[str | None, list[str]]:
        """The parameter and values of `x not in [...]`, or with `negated` of `x in [...]`."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return self.demanded(test.operand, not negated)
        if not isinstance(test, ast.Compare) or len(test.ops) != 1:
            return None, []
        wanted = ast.In if negated else ast.NotIn
        name = self.subject(test.left)
        values = self.scope.collection(test.comparators[0]) if name else None
        if not isinstance(test.ops[0], wanted) or values is None:
            return None, []
        return name, list(values)

    def accepted(self, test: ast.expr) -> tuple[str | None, list[str]]:
        """The one parameter that a test compares, and the values that may pass it."""
        if isinstance(test, ast.BoolOp):
            parts = [self.accepted(value) for value in test.values]
            if isinstance(test.op, ast.And):
                parts = [part for part in parts if part[1]][:1]
            names = {name for name, _ in parts}
            name = names.pop() if len(names) == 1 else None
            return name, [value for _, values in parts for value in values] if name else []
        if not isinstance(test, ast.Compare) or len(test.ops) != 1:
            return None, []
        name, right = self.subject(test.left), test.comparators[0]
        if name and isinstance(test.ops[0], (ast.Eq, ast.Is)):
            value = self.scope.literal(right)
            return (name, [value]) if value else (None, [])
        if name and isinstance(test.ops[0], ast.In):
            values = self.scope.collection(right)
            return (name, list(values)) if values else (None, [])
        return None, []

    def comparisons(self, test: ast.expr) -> None:
        for node in ast.walk(test):
            if isinstance(node, ast.Compare):
                name, values = self.accepted(node)
                if name:
                    self.evidence(name).compared += values

    def escapes(self, test: ast.expr) -> None:
        """Notes the tests that let other types or whole families of values pass."""
        for node in ast.walk(test):
            if not isinstance(node, ast.Call):
                continue
            name = self.subject(node.args[0]) if node.args else None
            function = dotted(node.func)
            if name and function == "callable":
                self.evidence(name).takes_more = True
            if name and function == "isinstance" and not _is_text(node.args[-1]):
                self.evidence(name).takes_more = True
            if isinstance(node.func, ast.Attribute) and (name := self.subject(node.func.value)):
                self.evidence(name).takes_more = True

    def assignment(self, node: ast.Assign, conditions: list[ast.expr]) -> None:
        for target in node.targets:
            name, value = self.subject(target), node.value
            if name is None or self.subject(value) == name:
                continue
            if _is_fixed(value) or any(self.is_missing(test, name) for test in conditions):
                continue
            if self.converts(name, value, conditions) or _is_lookup(value, name) or self.is_setter:
                continue
            self.evidence(name).is_mapped = True

    def is_missing(self, test: ast.expr, name: str) -> bool:
        """Whether a test is `x is None`, behind which a default is filled in."""
        return self.accepted(test) == (name, ["None"])

    def converts(self, name: str, value: ast.expr, conditions: list[ast.expr]) -> bool:
        """`self.x = AnEnum(self.x)`, which raises for any other value."""
        if not isinstance(value, ast.Call) or len(value.args) != 1 or value.keywords:
            return False
        values = self.scope.enum(value.func)
        if values is None or self.subject(value.args[0]) != name:
            return False
        if all(self.names_in(condition) == {name} for condition in conditions):
            self.evidence(name).taken += [*values, *(["None"] if conditions else [])]
        return True

    def subject(self, node: ast.expr) -> str | None:
        """The parameter that an expression reads, by its name."""
        name = dotted(node)
        if name in self.own:
            return name
        owner, _, attribute = name.rpartition(".")
        if self.subjects is None:
            return attribute if owner == "self" else None
        if owner in ("args", "self.args"):
            return f"args.{attribute}"
        return self.subjects.get(attribute) if owner == "self" else None

    def names_in(self, node: ast.expr) -> set[str]:
        """The parameters, and other names, that decide a test."""
        if name := self.subject(node):
            return {name}
        if isinstance(node, ast.Call) and dotted(node.func) == "isinstance":
            return self.names_in(node.args[0])
        if isinstance(node, (ast.Name, ast.Attribute)):
            return {f"?{ast.unparse(node)}"}
        children = (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
        return {name for child in children for name in self.names_in(child)}

    def evidence(self, name: str) -> Evidence:
        return self.found.setdefault(name, Evidence())


def _chain(node: ast.If) -> tuple[list[tuple[ast.expr, list[ast.stmt]]], list[ast.stmt]]:
    """The tests of `if` and `elif` with their blocks, and the block of `else`."""
    branches = [(node.test, node.body)]
    while len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        node = node.orelse[0]
        branches.append((node.test, node.body))
    return branches, node.orelse


def _blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        yield getattr(node, name, [])
    for handler in getattr(node, "handlers", []):
        yield handler.body


def _raises(body: Sequence[ast.stmt]) -> bool:
    return any(isinstance(statement, ast.Raise) for statement in body)


def _is_text(node: ast.expr) -> bool:
    """Whether a type in `isinstance` is one of texts, or has no literals."""
    kinds = node.elts if isinstance(node, ast.Tuple) else [node]
    return all(
        dotted(kind) == "str" or dotted(kind)[:1].isupper() or "." in dotted(kind) for kind in kinds
    )


def _is_fixed(node: ast.expr) -> bool:
    """Whether an expression has a value that no parameter's value goes into."""
    if isinstance(node, ast.IfExp):
        return _is_fixed(node.body) and _is_fixed(node.orelse)
    return isinstance(node, ast.Constant) or dotted(node).partition(".")[0] not in ("", "self")


def _is_lookup(node: ast.expr, name: str) -> bool:
    """`kwargs.pop("x", default)`, which reads the parameter itself."""
    if not isinstance(node, ast.Call) or dotted(node.func) not in ("kwargs.pop", "kwargs.get"):
        return False
    first = node.args[0] if node.args else None
    return isinstance(first, ast.Constant) and first.value == name.removeprefix("args.")
