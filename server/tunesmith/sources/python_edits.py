"""Edits that fixes are made of: statements, keywords and imports taken out or put in."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import libcst as cst

from tunesmith.sources.document import Document
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_index import StatementOwner, dotted_name
from tunesmith.sources.python_items import Item, insert_item, line_end, line_start, remove_item
from tunesmith.sources.python_names import Names, canonical_name
from tunesmith.sources.python_parse import ParsedCode
from tunesmith.sources.python_scopes import Block
from tunesmith.sources.python_values import Argument
from tunesmith.text import Edit, Span

Statement = cst.BaseSmallStatement | cst.BaseCompoundStatement
_Alias = tuple[cst.Import | cst.ImportFrom, int]


class Edits:
    """Makes edits of one script; each edit stands for itself."""

    def __init__(self, document: Document, code: ParsedCode, names: Names) -> None:
        self.document = document
        self.module = code.module
        self.index = code.index
        self.positions = code.positions
        self.names = names

    def enclosing_statement(self, node: cst.CSTNode) -> Statement:
        """The innermost statement that a node is part of; a statement encloses itself."""
        span = self.positions.span(node)
        last = bisect_right(self._statements, span.start, key=lambda each: each[0].start)
        for place in range(last - 1, -1, -1):
            around, statement = self._statements[place]
            if around.contains(span):
                return statement
        raise ValueError(f"{type(node).__name__} at {span} is in no statement of this script")

    @cached_property
    def _statements(self) -> Sequence[tuple[Span, Statement]]:
        """All statements with their places, in the order in which they begin."""
        found = [
            (self._with_decorators(statement), statement)
            for owner in self.index.owners
            for statement in owner.body
            if isinstance(statement, (cst.BaseSmallStatement, cst.BaseCompoundStatement))
        ]
        return sorted(found, key=lambda each: each[0].start)

    def owner_of(self, statement: cst.CSTNode) -> StatementOwner:
        """The line, suite, block or module whose body holds a statement."""
        return next(owner for owner in self.index.owners if statement in owner.body)

    def statement_removal(self, statement: Statement) -> Edit:
        """Delete a statement: its lines with their line break, or its part of `a; b`.

        A comment on lines of its own above stays; a block's only statement becomes `pass`.
        """
        owner = self.owner_of(statement)
        if len(owner.body) > 1 and not isinstance(owner, (cst.Module, cst.IndentedBlock)):
            return self._part_removal(owner, statement)
        line: cst.CSTNode = statement
        if isinstance(owner, cst.SimpleStatementLine):
            line, owner = owner, self.owner_of(owner)
        if not isinstance(owner, cst.Module) and len(owner.body) == 1:
            return Edit(self._with_decorators(statement), "pass")
        return self._lines_removal(self._with_decorators(line))

    def keyword_removal(self, call: Call, argument: Argument) -> Edit:
        """Delete an argument that is written in the call itself, with its comma.

        Raises:
            ValueError: the argument comes from `*` or `**`.
        """
        nodes = call.node.args
        for index, node in enumerate(nodes):
            if node is argument.node:
                return remove_item(self.document.text, self._items(nodes), index)
        raise ValueError(f"argument {argument.name!r} is not written in the call itself")

    def keyword_insertion(self, call: Call, keyword: str) -> Edit:
        """Add `name=value` as the last keyword, before `**`, in the layout of the call."""
        nodes, text = list(call.node.args), self.document.text
        if len(nodes) == 1 and isinstance(nodes[0].value, cst.GeneratorExp):
            return self._behind_generator(nodes[0].value, keyword)
        if nodes:
            index = next((i for i, node in enumerate(nodes) if node.star == "**"), len(nodes))
            return insert_item(text, self._items(nodes), index, keyword, newline=self._newline)
        close = self.positions.inner_span(call.node).end - 1
        start = line_start(text, close)
        if text[start:close].strip():
            return Edit(Span(close, close), keyword)
        indent = text[start:close]
        return Edit(Span(start, start), f"{indent}    {keyword},{self._newline}")

    def import_edit(self, module: str, name: str) -> Edit | None:
        """Make `name` of a library available: in an import of that module, or by a new one.

        None if the script's top level has it already.
        """
        scope = self.index.scope
        if self.names.qualified(cst.Name(name), scope) == canonical_name(f"{module}.{name}"):
            return None
        for node in self._top_imports:
            if isinstance(node, cst.ImportFrom) and _imported_module(node) == module:
                return self._extended_import(node, name)
        return self._new_import(module, name)

    def import_removals(self, node: cst.CSTNode, block: Block) -> Iterator[Edit]:
        """Delete the imports of names that only this node uses; at most one of a statement."""
        if "__all__" in self.document.text:
            return
        span, seen = self.positions.span(node), set[int]()
        for name in sorted(self.positions.names_in(span)):
            alias = self._alias_of(name, block)
            if alias and id(alias[0]) not in seen and self._is_unused_outside(name, span):
                seen.add(id(alias[0]))
                yield self._alias_removal(*alias)

    # Parts

    @property
    def _newline(self) -> str:
        return self.module.default_newline

    def _items(self, nodes: Sequence[cst.Arg] | Sequence[cst.ImportAlias]) -> list[Item]:
        items: list[Item] = []
        for node in nodes:
            comma = node.comma
            offset = None
            if isinstance(comma, cst.Comma):
                offset = self.positions.span(comma.whitespace_before).end
            items.append(Item(self.positions.span(node), offset))
        return items

    def _behind_generator(self, node: cst.GeneratorExp, keyword: str) -> Edit:
        """A generator that is no longer the only argument needs parentheses of its own."""
        span = self.positions.span(node)
        text = self.document.text[span.start : span.end]
        return Edit(span, f"{text}, {keyword}" if node.lpar else f"({text}), {keyword}")

    def _part_removal(self, owner: StatementOwner, statement: Statement) -> Edit:
        spans = [self.positions.span(part) for part in owner.body]
        index = list(owner.body).index(statement)
        if index + 1 < len(spans):
            return Edit(Span(spans[index].start, spans[index + 1].start), "")
        return Edit(Span(spans[index - 1].end, spans[index].end), "")

    def _with_decorators(self, node: cst.CSTNode) -> Span:
        span = self.positions.span(node)
        decorators = node.decorators if isinstance(node, (cst.FunctionDef, cst.ClassDef)) else ()
        starts = [self.positions.span(decorator).start for decorator in decorators]
        return Span(min((span.start, *starts)), span.end)

    def _lines_removal(self, span: Span) -> Edit:
        """Delete the lines of a span, and as many blank lines as would then stand twice.

        The last line of a notebook's cell goes with the line break before it.
        """
        text = self.document.text
        start, end = line_start(text, span.start), line_end(text, span.end)
        cell = self.document.cell_at(start)
        limit = self.document.cells[cell].span if cell is not None else Span(0, len(text))
        end = self._end_of_doubled_blank_lines(Span(start, end), limit)
        if end < limit.end:
            return Edit(Span(start, end + (2 if text.startswith("\r\n", end) else 1)), "")
        if cell is not None and start > limit.start:
            start -= 2 if text.startswith("\r\n", start - 2) else 1
        return Edit(Span(start, end), "")

    def _end_of_doubled_blank_lines(self, deleted: Span, limit: Span) -> int:
        lines = self.document.lines
        last = lines.position(deleted.end).line
        above = self._blank_lines(lines.position(deleted.start).line, -1, limit)
        below = self._blank_lines(last, 1, limit)
        count = below if deleted.start == limit.start else min(above, below)
        return lines.line_span(last + count).end

    def _blank_lines(self, line: int, step: int, limit: Span) -> int:
        """How many blank lines follow a line, or stand before it for a step of -1."""
        lines, count = self.document.lines, 0
        while 0 <= line + step < lines.line_count:
            line += step
            span = lines.line_span(line)
            is_inside = limit.contains(span) and span.start < limit.end
            if not is_inside or self.document.text[span.start : span.end].strip():
                break
            count += 1
        return count

    @cached_property
    def _top_imports(self) -> list[cst.Import | cst.ImportFrom]:
        """The imports of the top level, those in `if` and `try` last."""
        direct = {
            id(part)
            for line in self.module.body
            if isinstance(line, cst.SimpleStatementLine)
            for part in line.body
        }
        top = [node for node, block in self.index.imports if block.scope is self.index.scope]
        return sorted(top, key=lambda node: id(node) not in direct)

    def _extended_import(self, node: cst.ImportFrom, name: str) -> Edit:
        aliases = [] if isinstance(node.names, cst.ImportStar) else list(node.names)
        present = [dotted_name(alias.name) for alias in aliases]
        index = len(present)
        if _is_sorted(present, str.casefold) or _is_sorted(present, str):
            key = str.casefold if _is_sorted(present, str.casefold) else str
            index = sum(1 for other in present if key(other) < key(name))
        return insert_item(
            self.document.text,
            self._items(aliases),
            index,
            name,
            newline=self._newline,
            may_break=node.lpar is not None,
        )

    def _new_import(self, module: str, name: str) -> Edit:
        text, line = self.document.text, f"from {module} import {name}"
        imports = self._top_imports
        root = module.partition(".")[0]
        related = [node for node in imports if _imports_root(node, root)]
        direct = [node for node in imports if self._stands_directly(node)]
        candidates = related[:1] or direct[-1:]
        if candidates:
            span = self.positions.span(candidates[0])
            start, end = line_start(text, span.start), line_end(text, span.end)
            indent = text[start : start + len(text[start:]) - len(text[start:].lstrip(" \t"))]
            return Edit(Span(end, end), f"{self._newline}{indent}{line}")
        first = next(iter(self.module.body), None)
        start = self.positions.span(first).start if first else len(text)
        if isinstance(first, cst.SimpleStatementLine) and _is_docstring(first):
            end = line_end(text, self.positions.span(first).end)
            return Edit(Span(end, end), f"{self._newline}{self._newline}{line}")
        return Edit(Span(start, start), line + self._newline)

    def _stands_directly(self, node: cst.CSTNode) -> bool:
        owner = self.owner_of(node)
        return owner in self.module.body

    def _alias_of(self, name: str, block: Block) -> _Alias | None:
        """The import statement that alone binds a name, and which of its names that is."""
        holder = block.scope.holder(name)
        bindings = holder.bindings[name] if holder else ()
        if len(bindings) != 1:
            return None
        node = bindings[0].node
        if not isinstance(node, (cst.Import, cst.ImportFrom)) or isinstance(
            node.names, cst.ImportStar
        ):
            return None
        for index, alias in enumerate(node.names):
            bound = alias.asname.name if alias.asname else alias.name
            if dotted_name(bound).partition(".")[0] == name:
                return node, index
        return None

    def _is_unused_outside(self, name: str, span: Span) -> bool:
        imports = [self.positions.span(node) for node, _ in self.index.imports]
        return not any(
            not span.contains(use) and not any(place.contains(use) for place in imports)
            for use in self.positions.names[name]
        )

    def _alias_removal(self, node: cst.Import | cst.ImportFrom, index: int) -> Edit:
        if isinstance(node.names, cst.ImportStar) or len(node.names) == 1:
            return self.statement_removal(node)
        return remove_item(self.document.text, self._items(node.names), index)


def _imported_module(node: cst.ImportFrom) -> str | None:
    if node.relative or node.module is None or isinstance(node.names, cst.ImportStar):
        return None
    return dotted_name(node.module)


def _imports_root(node: cst.Import | cst.ImportFrom, root: str) -> bool:
    if isinstance(node, cst.ImportFrom):
        module = dotted_name(node.module) if node.module and not node.relative else ""
        return module.partition(".")[0] == root
    return any(dotted_name(alias.name).partition(".")[0] == root for alias in node.names)


def _is_sorted(names: Sequence[str], key: Callable[[str], str]) -> bool:
    keys = [key(name) for name in names]
    return keys == sorted(keys)


def _is_docstring(line: cst.SimpleStatementLine) -> bool:
    first = line.body[0]
    return isinstance(first, cst.Expr) and isinstance(
        first.value, (cst.SimpleString, cst.ConcatenatedString)
    )
