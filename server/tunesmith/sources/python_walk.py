"""One walk over a libcst tree that fills a `PythonIndex`.

The walk visits only the fields that hold statements and expressions, and does not recurse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from tunesmith.sources.python_binder import Binder
from tunesmith.sources.python_index import (
    MAX_DEPTH,
    CallSite,
    DisplaySite,
    PythonIndex,
    Returned,
    StatementOwner,
    StringNode,
    StringSite,
    TooDeepError,
    literals_of,
    sum_terms,
)
from tunesmith.sources.python_scopes import BindingKind, Block, Scope, ScopeKind

_MUTATING_METHODS = frozenset(
    [
        "append",
        "clear",
        "extend",
        "insert",
        "pop",
        "popitem",
        "remove",
        "reverse",
        "setdefault",
        "sort",
        "update",
    ]
)
_LEAVES = frozenset((cst.Name, cst.Integer, cst.Float, cst.Imaginary, cst.Ellipsis, type(None)))
_SEQUENCES = (list, tuple)
_FIELDS: dict[type, tuple[str, ...]] = {
    cst.Annotation: ("annotation",),
    cst.Assert: ("test", "msg"),
    cst.Attribute: ("value",),
    cst.Await: ("expression",),
    cst.BinaryOperation: ("left", "right"),
    cst.BooleanOperation: ("left", "right"),
    cst.Comparison: ("left", "comparisons"),
    cst.ComparisonTarget: ("comparator",),
    cst.Dict: ("elements",),
    cst.DictElement: ("key", "value"),
    cst.Element: ("value",),
    cst.FormattedStringExpression: ("expression", "format_spec"),
    cst.From: ("item",),
    cst.IfExp: ("test", "body", "orelse"),
    cst.Index: ("value",),
    cst.List: ("elements",),
    cst.Raise: ("exc",),
    cst.Set: ("elements",),
    cst.Slice: ("lower", "upper", "step"),
    cst.StarredDictElement: ("value",),
    cst.StarredElement: ("value",),
    cst.Subscript: ("value", "slice"),
    cst.SubscriptElement: ("slice",),
    cst.Tuple: ("elements",),
    cst.TypeAlias: ("type_parameters", "value"),
    cst.TypeParam: ("param", "default"),
    cst.TypeParameters: ("params",),
    cst.TypeVar: ("bound",),
    cst.UnaryOperation: ("expression",),
    cst.Yield: ("value",),
}


def index_module(module: cst.Module) -> PythonIndex:
    """Index a module.

    Raises:
        TooDeepError: more than MAX_DEPTH levels of nodes.
    """
    index = PythonIndex(Scope(ScopeKind.MODULE, module, None))
    _Walk(index).run(module)
    return index


_Item = tuple[cst.CSTNode, Block, int]
_Handler = Callable[[Any, Block, int], None]


class _Walk:
    """The walk's state: a stack of nodes with their block and depth, the next node on top."""

    def __init__(self, index: PythonIndex) -> None:
        self._index = index
        self._stack: list[_Item] = []
        self._names = Binder(index)
        self._handlers: dict[type, _Handler] = {
            cst.AnnAssign: self._annotated_assignment,
            cst.Assign: self._assignment,
            cst.AugAssign: self._augmented_assignment,
            cst.BinaryOperation: self._binary_operation,
            cst.Call: self._call,
            cst.ClassDef: self._class,
            cst.ConcatenatedString: self._string,
            cst.Del: self._delete,
            cst.DictComp: self._comprehension,
            cst.Expr: self._expression_statement,
            cst.For: self._for,
            cst.FormattedString: self._string,
            cst.FunctionDef: self._function,
            cst.GeneratorExp: self._comprehension,
            cst.Global: self._outer_names,
            cst.If: self._if,
            cst.Import: self._import,
            cst.ImportFrom: self._import_from,
            cst.IndentedBlock: self._body,
            cst.Lambda: self._lambda,
            cst.List: self._display,
            cst.ListComp: self._comprehension,
            cst.Match: self._match,
            cst.Module: self._body,
            cst.NamedExpr: self._named_expression,
            cst.Nonlocal: self._outer_names,
            cst.Return: self._return,
            cst.SetComp: self._comprehension,
            cst.SimpleStatementLine: self._body,
            cst.SimpleStatementSuite: self._body,
            cst.SimpleString: self._string,
            cst.Try: self._try,
            cst.TryStar: self._try,
            cst.Tuple: self._display,
            cst.While: self._while,
            cst.With: self._with,
        }

    def run(self, module: cst.Module) -> None:
        stack, handlers, fields, leaves = self._stack, self._handlers, _FIELDS, _LEAVES
        stack.append((module, Block(self._index.scope), 0))
        while stack:
            node, block, depth = stack.pop()
            if depth > MAX_DEPTH:
                raise TooDeepError
            depth += 1
            handler = handlers.get(type(node))
            if handler:
                handler(node, block, depth)
                continue
            for name in reversed(fields.get(type(node), ())):
                child: Any = getattr(node, name)
                if type(child) in _SEQUENCES:
                    stack.extend((item, block, depth) for item in reversed(child))
                elif type(child) not in leaves:
                    stack.append((child, block, depth))

    def _push(self, block: Block, depth: int, *nodes: cst.CSTNode | None) -> None:
        """Visit the nodes next, in this order."""
        for node in reversed(nodes):
            if node is not None and type(node) not in _LEAVES:
                self._stack.append((node, block, depth))

    # Statements

    def _body(self, node: StatementOwner, block: Block, depth: int) -> None:
        self._index.owners.append(node)
        for statement in reversed(node.body):
            self._stack.append((statement, block, depth))

    def _expression_statement(self, node: cst.Expr, block: Block, depth: int) -> None:
        if isinstance(node.value, StringNode):
            self._string(node.value, block, depth, is_statement=True)
        else:
            self._push(block, depth, node.value)

    def _assignment(self, node: cst.Assign, block: Block, depth: int) -> None:
        targets = [target.target for target in node.targets]
        for target in targets:
            self._names.bind_target(target, node.value, block)
        self._push(block, depth, *targets, node.value)

    def _annotated_assignment(self, node: cst.AnnAssign, block: Block, depth: int) -> None:
        if node.value:
            self._names.bind_target(node.target, node.value, block)
        self._push(block, depth, node.target, node.annotation, node.value)

    def _augmented_assignment(self, node: cst.AugAssign, block: Block, depth: int) -> None:
        if isinstance(node.target, cst.Name):
            operator = "+=" if isinstance(node.operator, cst.AddAssign) else "="
            if isinstance(node.operator, cst.BitOrAssign):
                operator = "|="
            self._names.mutate(node.target.value, operator, node, node.value, block)
        else:
            self._names.bind_target(node.target, None, block)
        self._push(block, depth, node.target, node.value)

    def _delete(self, node: cst.Del, block: Block, depth: int) -> None:
        self._names.bind_target(node.target, None, block, method="del")
        self._push(block, depth, node.target)

    def _import(self, node: cst.Import, block: Block, depth: int) -> None:
        self._names.import_module(node, block)

    def _import_from(self, node: cst.ImportFrom, block: Block, depth: int) -> None:
        self._names.import_names(node, block)

    def _outer_names(self, node: cst.Global | cst.Nonlocal, block: Block, depth: int) -> None:
        self._names.outer_names(node, block)

    def _function(self, node: cst.FunctionDef, block: Block, depth: int) -> None:
        self._names.bind(node.name.value, BindingKind.FUNCTION, node, block)
        inner = Block(Scope(ScopeKind.FUNCTION, node, block.scope))
        self._push(inner, depth, node.body)
        self._push(block, depth, *(item.decorator for item in node.decorators), node.returns)
        self._push(block, depth, node.type_parameters)
        self._parameters(node.params, inner, block, depth)

    def _return(self, node: cst.Return, block: Block, depth: int) -> None:
        returned = Returned(node, block, self._names.next_order())
        self._index.returns.setdefault(id(block.scope.node), []).append(returned)
        self._push(block, depth, node.value)

    def _lambda(self, node: cst.Lambda, block: Block, depth: int) -> None:
        inner = Block(Scope(ScopeKind.FUNCTION, node, block.scope))
        self._push(inner, depth, node.body)
        self._parameters(node.params, inner, block, depth)

    def _parameters(
        self, parameters: cst.Parameters, inner: Block, outer: Block, depth: int
    ) -> None:
        every = [*parameters.posonly_params, *parameters.params, *parameters.kwonly_params]
        for parameter in (*every, parameters.star_arg, parameters.star_kwarg):
            if isinstance(parameter, cst.Param):
                name, default = parameter.name.value, parameter.default
                self._names.bind(name, BindingKind.PARAMETER, default, inner)
                self._push(outer, depth + 2, parameter.annotation, default)

    def _class(self, node: cst.ClassDef, block: Block, depth: int) -> None:
        self._names.bind(node.name.value, BindingKind.CLASS, node, block)
        scope = Scope(ScopeKind.CLASS, node, block.scope)
        self._index.classes.append((node, block))
        self._index.class_scopes[id(node)] = scope
        self._push(Block(scope), depth, node.body)
        arguments = (argument.value for argument in (*node.bases, *node.keywords))
        self._push(block, depth, *(item.decorator for item in node.decorators), *arguments)
        self._push(block, depth, node.type_parameters)

    def _if(self, node: cst.If, block: Block, depth: int) -> None:
        if node.orelse:
            other = Block(block.scope, is_fallback=True, parent=block, test=node.test)
            self._push(other, depth, _else_body(node.orelse))
        inner = Block(block.scope, parent=block, test=node.test)
        self._push(block if runs_as_main(node.test) else inner, depth, node.body)
        self._push(block, depth, node.test)

    def _for(self, node: cst.For, block: Block, depth: int) -> None:
        self._names.bind_target(node.target, None, block)
        if node.orelse:
            self._push(_inner(block), depth, node.orelse.body)
        self._push(_inner(block, is_repeated=True), depth, node.body)
        self._push(block, depth, node.target, node.iter)

    def _while(self, node: cst.While, block: Block, depth: int) -> None:
        if node.orelse:
            self._push(_inner(block), depth, node.orelse.body)
        self._push(_inner(block, is_repeated=True), depth, node.body)
        self._push(block, depth, node.test)

    def _try(self, node: cst.Try | cst.TryStar, block: Block, depth: int) -> None:
        if node.finalbody:
            self._push(block, depth, node.finalbody.body)
        if node.orelse:
            self._push(_inner(block), depth, node.orelse.body)
        for handler in reversed(node.handlers):
            inner = Block(block.scope, is_fallback=True, parent=block)
            if handler.name:
                self._names.bind_target(handler.name.name, None, inner)
            self._push(inner, depth + 1, handler.type, handler.body)
        self._push(_inner(block), depth, node.body)

    def _with(self, node: cst.With, block: Block, depth: int) -> None:
        for item in node.items:
            if item.asname:
                self._names.bind_target(item.asname.name, None, block)
        targets = (item.asname.name for item in node.items if item.asname)
        self._push(block, depth, *(item.item for item in node.items), *targets, node.body)

    def _match(self, node: cst.Match, block: Block, depth: int) -> None:
        for case in reversed(node.cases):
            inner = _inner(block, is_repeated=True)
            self._names.capture(case.pattern, inner, depth)
            self._push(inner, depth + 1, case.guard, case.body)
        self._push(block, depth, node.subject)

    # Expressions

    def _call(self, node: cst.Call, block: Block, depth: int) -> None:
        order = self._names.next_order()
        self._index.calls.append(CallSite(node, block, order))
        function = node.func
        if isinstance(function, cst.Attribute) and isinstance(function.value, cst.Name):
            method = function.attr.value
            if method in _MUTATING_METHODS:
                self._names.mutate(function.value.value, method, node, None, block)
        for argument in reversed(node.args):
            value = argument.value
            if type(value) not in _LEAVES:
                self._stack.append((value, block, depth + 1))
        if type(function) not in _LEAVES:
            self._stack.append((function, block, depth))

    def _named_expression(self, node: cst.NamedExpr, block: Block, depth: int) -> None:
        scope: Scope = block.scope
        while scope.kind is ScopeKind.COMPREHENSION and scope.parent:
            scope = scope.parent
        self._names.bind_target(node.target, None, Block(scope))
        self._push(block, depth, node.value)

    def _comprehension(
        self,
        node: cst.ListComp | cst.SetComp | cst.DictComp | cst.GeneratorExp,
        block: Block,
        depth: int,
    ) -> None:
        inner = Block(Scope(ScopeKind.COMPREHENSION, node, block.scope))
        if isinstance(node, cst.DictComp):
            self._push(inner, depth, node.key, node.value)
        else:
            self._push(inner, depth, node.elt)
        clause: cst.CompFor | None = node.for_in
        outer = block
        while clause:
            depth += 1
            self._names.bind_target(clause.target, None, inner)
            self._push(outer, depth, clause.target, clause.iter)
            self._push(inner, depth, *(condition.test for condition in clause.ifs))
            clause, outer = clause.inner_for_in, inner

    def _display(self, node: cst.List | cst.Tuple, block: Block, depth: int) -> None:
        self._index.displays.append(DisplaySite(node, block, self._names.next_order()))
        self._push(block, depth + 1, *(element.value for element in node.elements))

    def _string(
        self, node: cst.BaseExpression, block: Block, depth: int, *, is_statement: bool = False
    ) -> None:
        self._index.strings.append(StringSite(node, block, self._names.next_order(), is_statement))
        literals = literals_of(node)
        self._push_holes(literals, block, depth + len(literals))

    def _binary_operation(self, node: cst.BinaryOperation, block: Block, depth: int) -> None:
        if not isinstance(node.operator, cst.Add):
            self._push(block, depth, node.left, node.right)
            return
        terms = sum_terms(node)
        depth += len(terms)
        if depth > MAX_DEPTH:
            raise TooDeepError
        if any(isinstance(term, StringNode) for term in terms):
            self._index.strings.append(
                StringSite(node, block, self._names.next_order(), is_statement=False)
            )
            for term in reversed(terms):
                literals = literals_of(term)
                self._push_holes(literals, block, depth + len(literals))
            terms = [term for term in terms if not isinstance(term, StringNode)]
        self._push(block, depth, *terms)

    def _push_holes(self, literals: Sequence[cst.BaseExpression], block: Block, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise TooDeepError
        for literal in reversed(literals):
            if isinstance(literal, cst.FormattedString):
                self._push(block, depth, *literal.parts)


def _inner(block: Block, *, is_repeated: bool = False) -> Block:
    return Block(block.scope, parent=block, is_repeated=is_repeated)


def _else_body(orelse: cst.If | cst.Else) -> cst.CSTNode:
    return orelse if isinstance(orelse, cst.If) else orelse.body


def runs_as_main(test: cst.BaseExpression) -> bool:
    """Whether it is `__name__ == ...`: such a body is no condition of interest."""
    return (
        isinstance(test, cst.Comparison)
        and isinstance(test.left, cst.Name)
        and test.left.value == "__name__"
    )
