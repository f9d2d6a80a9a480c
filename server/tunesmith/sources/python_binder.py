"""Notes what a statement binds, imports or changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import libcst as cst

from tunesmith.sources.python_index import MAX_DEPTH, PythonIndex, TooDeepError, dotted_name
from tunesmith.sources.python_scopes import (
    AttributeAssignment,
    Binding,
    BindingKind,
    Block,
    Mutation,
)


class Binder:
    """Fills an index with bindings and changes, counting them in the order of the text."""

    def __init__(self, index: PythonIndex) -> None:
        self._index = index
        self._order = 0

    def next_order(self) -> int:
        """The next place in the order of the text."""
        self._order += 1
        return self._order

    def import_module(self, node: cst.Import, block: Block) -> None:
        """Bind the names of `import a.b, c as d`."""
        self._index.imports.append((node, block))
        for alias in node.names:
            target = dotted_name(alias.name)
            if target.count(".") > MAX_DEPTH // 2:
                raise TooDeepError
            bound = alias_name(alias) or target.partition(".")[0]
            self.bind(bound, BindingKind.IMPORT, node, block, target if alias.asname else bound)

    def import_names(self, node: cst.ImportFrom, block: Block) -> None:
        """Bind the names of `from a import b as c`."""
        self._index.imports.append((node, block))
        module = "." * len(node.relative) + (dotted_name(node.module) if node.module else "")
        if module.count(".") > MAX_DEPTH // 2:
            raise TooDeepError
        if isinstance(node.names, cst.ImportStar):
            block.scope.star_imports.append((module, self.next_order()))
            return
        for alias in node.names:
            name = dotted_name(alias.name)
            self.bind(
                alias_name(alias) or name, BindingKind.IMPORT, node, block, f"{module}.{name}"
            )

    def outer_names(self, node: cst.Global | cst.Nonlocal, block: Block) -> None:
        """Note that `global` or `nonlocal` names belong to an outer scope."""
        for item in node.names:
            name = item.name.value
            scope = block.scope.module
            if isinstance(node, cst.Nonlocal) and block.scope.parent:
                scope = block.scope.parent.holder(name) or scope
            block.scope.outer[name] = scope

    def capture(self, pattern: cst.CSTNode, block: Block, depth: int) -> None:
        """Bind the names that a `case` captures."""
        patterns = [(pattern, depth)]
        while patterns:
            node, depth = patterns.pop()
            if depth > MAX_DEPTH:
                raise TooDeepError
            captured: Iterable[object] = ()
            if isinstance(node, (cst.MatchAs, cst.MatchStar)):
                captured = (node.name,)
            elif isinstance(node, cst.MatchMapping):
                captured = (node.rest,)
            for name in captured:
                if isinstance(name, cst.Name):
                    self.bind(name.value, BindingKind.OTHER, None, block)
            patterns.extend((child, depth + 1) for child in node.children)

    def bind(
        self,
        name: str,
        kind: BindingKind,
        node: cst.CSTNode | None,
        block: Block,
        target: str | None = None,
        item: int | None = None,
    ) -> None:
        """Note one binding of a name."""
        binding = Binding(name, kind, node, block, self.next_order(), target, item)
        block.scope.bind(name, binding)
        if kind is BindingKind.ASSIGNMENT:
            self._index.assignments[id(node)] = binding

    def bind_target(
        self,
        target: cst.CSTNode,
        value: cst.BaseExpression | None,
        block: Block,
        method: str = "[]",
    ) -> None:
        """Note what an assignment (of None: of something unknown) to a target binds or changes."""
        if isinstance(target, cst.Name):
            kind = BindingKind.ASSIGNMENT if value else BindingKind.OTHER
            self.bind(target.value, kind, value, block)
        elif isinstance(target, cst.Attribute):
            change = AttributeAssignment(
                target.value, target.attr.value, value, block, self.next_order()
            )
            self._index.attribute_assignments.setdefault(target.attr.value, []).append(change)
        elif isinstance(target, cst.Subscript):
            if isinstance(target.value, cst.Name):
                self.mutate(target.value.value, method, target, value, block)
        elif isinstance(target, (cst.Tuple, cst.List)):
            self._unpack(target.elements, value, block, method)

    def _unpack(
        self,
        targets: Sequence[cst.BaseElement],
        value: cst.BaseExpression | None,
        block: Block,
        method: str,
    ) -> None:
        values: Sequence[cst.BaseExpression | None] = [None] * len(targets)
        if isinstance(value, (cst.Tuple, cst.List)) and len(value.elements) == len(targets):
            elements = (*targets, *value.elements)
            if all(isinstance(element, cst.Element) for element in elements):
                values = [element.value for element in value.elements]
        has_star = any(isinstance(target, cst.StarredElement) for target in targets)
        for place, (target, item) in enumerate(zip(targets, values, strict=True)):
            if isinstance(target.value, cst.Name) and value and item is None and not has_star:
                self.bind(target.value.value, BindingKind.OTHER, value, block, item=place)
            else:
                self.bind_target(target.value, item, block, method)

    def mutate(
        self,
        name: str,
        method: str,
        node: cst.CSTNode,
        value: cst.BaseExpression | None,
        block: Block,
    ) -> None:
        """Note a change of the object behind a name."""
        change = Mutation(method, node, value, block, self.next_order())
        self._index.mutations.setdefault(name, []).append(change)


def alias_name(alias: cst.ImportAlias) -> str | None:
    """The name after `as`."""
    name = alias.asname.name if alias.asname else None
    return name.value if isinstance(name, cst.Name) else None
