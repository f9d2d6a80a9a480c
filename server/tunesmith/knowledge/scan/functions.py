"""What a function takes, read from its definition and from what its body does with `**kwargs`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tunesmith.knowledge.scan.documentation import parameter_docs
from tunesmith.knowledge.scan.modules import dotted
from tunesmith.knowledge.scan.types import Parameter


@dataclass(frozen=True, slots=True)
class Handover:
    """A call that hands a function's own `*args` or `**kwargs` on.

    Attributes:
        target: the function called, as "super().__init__" or "Trainer.__init__".
        given: keywords that the call gives itself, which its caller cannot give as well.
        positional: how many arguments it gives by position before `*args`.
        passes_args: it hands `*args` on.
        passes_kwargs: it hands `**kwargs` on.
    """

    target: str
    given: Sequence[str] = ()
    positional: int = 0
    passes_args: bool = False
    passes_kwargs: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function by itself.

    Attributes:
        positional: names that may be given by position.
        parameters: declared ones, by name.
        read: names that the body takes out of `**kwargs`.
        is_open: it takes `*args` or `**kwargs` and does not refuse what is left of them.
        handovers: where it hands those on, in the order of the body.
    """

    positional: Sequence[str]
    parameters: Mapping[str, Parameter]
    read: Mapping[str, Parameter] = field(default_factory=dict[str, Parameter])
    is_open: bool = False
    handovers: Sequence[Handover] = ()


def function(
    node: ast.FunctionDef, constants: Mapping[str, ast.expr], docstring: str | None = None
) -> Function:
    """Read a function.

    Args:
        node: its definition.
        constants: values of names that defaults may use.
        docstring: where parameters are described besides its own docstring: the class's.
    """
    arguments = node.args
    declared = [*arguments.posonlyargs, *arguments.args]
    is_method = bool(declared) and declared[0].arg in ("self", "cls")
    defaults = _defaults(arguments, constants)
    names = [argument.arg for argument in (*declared[is_method:], *arguments.kwonlyargs)]
    args = arguments.vararg.arg if arguments.vararg else ""
    kwargs = arguments.kwarg.arg if arguments.kwarg else ""
    read = {
        name: default
        for name, default in _names_read(node, kwargs).items()
        if name not in names and not name.startswith("_")
    }
    docs = {
        **parameter_docs(docstring, {*names, *read}),
        **parameter_docs(ast.get_docstring(node), {*names, *read}),
    }
    return Function(
        positional=[argument.arg for argument in declared[is_method:]],
        parameters={name: Parameter(defaults.get(name), doc=docs.get(name)) for name in names},
        read={name: Parameter(default, doc=docs.get(name)) for name, default in read.items()},
        is_open=bool(args or kwargs) and not _refuses(node, kwargs),
        handovers=list(_handovers(node, args, kwargs)) if args or kwargs else (),
    )


def source(node: ast.expr, constants: Mapping[str, ast.expr]) -> str:
    """An expression in one line; a name that stands for a literal becomes the literal."""
    value = constants.get(node.id) if isinstance(node, ast.Name) else None
    return ast.unparse(value if value is not None and _is_literal(value) else node)


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _defaults(arguments: ast.arguments, constants: Mapping[str, ast.expr]) -> dict[str, str]:
    declared = [*arguments.posonlyargs, *arguments.args]
    optional = declared[len(declared) - len(arguments.defaults) :]
    pairs = [
        *zip(optional, arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return {argument.arg: source(node, constants) for argument, node in pairs if node}


def _refuses(node: ast.FunctionDef, kwargs: str) -> bool:
    """Whether the body raises because something is left in `**kwargs`."""
    return bool(kwargs) and any(
        isinstance(statement, ast.If)
        and _is_not_empty(statement.test, kwargs)
        and any(isinstance(inner, ast.Raise) for inner in statement.body)
        for statement in ast.walk(node)
    )


def _is_not_empty(test: ast.expr, kwargs: str) -> bool:
    """`kwargs`, `len(kwargs)`, `len(kwargs) > 0`, `len(kwargs) != 0`."""
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], (ast.Gt, ast.NotEq)):
        test = test.left
    if isinstance(test, ast.Call) and dotted(test.func) in ("len", "bool") and test.args:
        test = test.args[0]
    return dotted(test) == kwargs


def _handovers(node: ast.FunctionDef, args: str, kwargs: str) -> Iterator[Handover]:
    for call in ast.walk(node):
        if not isinstance(call, ast.Call):
            continue
        starred = [part.value for part in call.args if isinstance(part, ast.Starred)]
        doubled = [keyword.value for keyword in call.keywords if keyword.arg is None]
        passes_args = bool(args) and any(dotted(value) == args for value in starred)
        passes_kwargs = bool(kwargs) and any(dotted(value) == kwargs for value in doubled)
        if passes_args or passes_kwargs:
            target = _target(call.func)
            with_self = not target.startswith("super()") and target.endswith(".__init__")
            yield Handover(
                target=target,
                given=[keyword.arg for keyword in call.keywords if keyword.arg],
                positional=len(call.args) - len(starred) - with_self,
                passes_args=passes_args,
                passes_kwargs=passes_kwargs,
            )


def _target(node: ast.expr) -> str:
    is_super = (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Call)
        and dotted(node.value.func) == "super"
    )
    return f"super().{node.attr}" if is_super and isinstance(node, ast.Attribute) else dotted(node)


def _names_read(node: ast.FunctionDef, kwargs: str) -> Mapping[str, str]:
    """Names that the body takes out of `**kwargs`, with the default as source."""
    found: dict[str, str] = {}
    if not kwargs:
        return found
    lists = _literal_lists(node)
    for part in ast.walk(node):
        key, default = _key_read(part, kwargs)
        for name in lists.get(dotted(key), ()) if key else ():
            found.setdefault(name, default)
        if isinstance(name := _constant(key), str) and found.get(name, "None") == "None":
            found[name] = default
    return found


def _key_read(node: ast.AST, kwargs: str) -> tuple[ast.expr | None, str]:
    """The key and the default of `kwargs.pop(key, default)`, `kwargs[key]`, `key in kwargs`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        is_read = node.func.attr in ("pop", "get", "setdefault")
        if is_read and dotted(node.func.value) == kwargs:
            is_told = len(node.args) > 1 and _is_literal(node.args[1])
            return node.args[0], ast.unparse(node.args[1]) if is_told else "None"
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        if dotted(node.value) == kwargs:
            return node.slice, "None"
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        return (node.left if dotted(node.comparators[0]) == kwargs else None), "None"
    return None, ""


def _literal_lists(node: ast.FunctionDef) -> Mapping[str, Sequence[str]]:
    """Loop variables that run over written-out lists of strings."""
    parts = list(ast.walk(node))
    named = {
        dotted(part.targets[0]): _strings(part.value)
        for part in parts
        if isinstance(part, ast.Assign)
    }
    loops: dict[str, list[str]] = {}
    for part in parts:
        if isinstance(part, (ast.For, ast.comprehension)) and isinstance(part.target, ast.Name):
            strings = named.get(dotted(part.iter)) or _strings(part.iter)
            loops.setdefault(part.target.id, []).extend(strings)
    return loops


def _strings(node: ast.expr) -> Sequence[str]:
    items = node.elts if isinstance(node, (ast.List, ast.Tuple, ast.Set)) else []
    return [text for item in items if isinstance(text := _constant(item), str)]


def _constant(node: ast.expr | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None
