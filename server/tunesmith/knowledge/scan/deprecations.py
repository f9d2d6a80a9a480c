"""Which parameters a library itself calls deprecated, read from its warnings and documentation.

A parameter counts as deprecated only where the text makes the parameter, not one of its values
or types, the subject: "`max_seq_length` is deprecated", not "the `'keep_end'` value is
deprecated". What is deprecated under a condition ("when used with ...") is left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tunesmith.knowledge.scan.checks import CONSTRUCTORS, arguments_of, methods_of
from tunesmith.knowledge.scan.modules import Definition
from tunesmith.text import regex


@dataclass(frozen=True, slots=True)
class Deprecation:
    """What a library says of a parameter that it still accepts.

    Attributes:
        message: the library's own words, in one line.
        replaced_by: the keyword to use instead, where the message names one; its values may
            differ from the old ones.
    """

    message: str
    replaced_by: str | None = None


def deprecations_of(node: Definition) -> Mapping[str, Deprecation]:
    """What a class or function says of its parameters, by name.

    A trainer that warns of a field of its configuration has it as "args.<name>".
    """
    methods = methods_of(node)
    found: dict[str, Deprecation] = {}
    for name, message in _documented(node):
        found[name] = _deprecation(name, message)
    owned = _owned(node)
    for method in methods:
        for name, message in _warned(method):
            if method.name in CONSTRUCTORS or method is node or name not in arguments_of(method):
                if owned is None or name in owned:
                    found[name] = _deprecation(name, message)
                elif _reads(method, name):
                    found[f"args.{name}"] = _deprecation(name, message)
    for method in methods:
        if method.name in CONSTRUCTORS or method is node:
            found.update(_decorated(method, node.name))
    return found


def _owned(node: Definition) -> set[str] | None:
    """The parameters of a class whose others are its `args`'; None where there is no such."""
    for method in methods_of(node):
        if method.name == "__init__" and "args" in (names := arguments_of(method)):
            return names
    return None


def _reads(method: ast.FunctionDef, name: str) -> bool:
    """Whether a method reads `args.<name>`."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == name
        and ast.unparse(node.value) in ("args", "self.args")
        for node in ast.walk(method)
    )


# --- warnings -------------------------------------------------------------------------------

_WARNERS = {"warn", "warning", "warning_once", "warn_once"}

# Stands for a value that only a run knows.
_HOLE = "\0"

Names = Mapping[str, str]


def _warned(method: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    for call, bindings in _warnings(method):
        for names in bindings:
            message = _one_line(_text(call.args[0], names))
            for name in _subjects(message):
                yield name, message


def _warnings(method: ast.FunctionDef) -> Iterator[tuple[ast.Call, list[Names]]]:
    """The calls that warn, with what the variables of the loop around each are in turn."""
    literals: dict[str, ast.expr] = {}
    stack: list[tuple[ast.stmt, list[Names]]] = [(method, [{}])]
    while stack:
        node, bindings = stack.pop()
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            literals[node.targets[0].id] = node.value
        if isinstance(node, ast.For):
            bindings = _bindings(node, literals) or bindings
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and _called(call) in _WARNERS and call.args:
            yield call, bindings
        stack.extend((child, bindings) for child in reversed(_below(node)))


def _below(node: ast.stmt) -> list[ast.stmt]:
    """The statements that are directly inside a statement, in order."""
    blocks = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
    blocks += [handler.body for handler in getattr(node, "handlers", [])]
    return [statement for block in blocks for statement in block]


def _bindings(loop: ast.For, literals: Mapping[str, ast.expr]) -> list[Names]:
    """What the loop's variables are in each round, where it runs over texts in the source."""
    source = loop.iter
    pairs = isinstance(source, ast.Call) and _called(source) == "items"
    if pairs and isinstance(source, ast.Call) and isinstance(source.func, ast.Attribute):
        source = source.func.value
    if isinstance(source, ast.Name):
        source = literals.get(source.id, source)
    targets = loop.target.elts if isinstance(loop.target, ast.Tuple) else [loop.target]
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    rounds: list[list[ast.expr]] = []
    if isinstance(source, ast.Dict) and pairs:
        rounds = [[k, v] for k, v in zip(source.keys, source.values, strict=True) if k]
    elif isinstance(source, (ast.List, ast.Tuple, ast.Set)):
        rounds = [row.elts if isinstance(row, ast.Tuple) else [row] for row in source.elts]
    return [dict(zip(names, [_text(cell, {}) for cell in row], strict=False)) for row in rounds]


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)


def _text(node: ast.expr, names: Names) -> str:
    """The text of a string expression; a hole for what is not known."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(value, names) for value in node.values)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, names)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left, names) + _text(node.right, names)
    return names.get(node.id, _HOLE) if isinstance(node, ast.Name) else _HOLE


def _one_line(text: str) -> str:
    """The text without line breaks, and without the parentheses and sentences that have holes."""
    text = re.sub(rf"\s*\([^()]*{_HOLE}[^()]*\)", "", text)
    sentences = [s for s in _sentences(" ".join(text.split())) if _HOLE not in s]
    return " ".join(sentences)


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+", text)


# --- what the words say ---------------------------------------------------------------------

_QUOTED = r"(?:`(?:--)?[a-z_]\w*(?:=(?:True|False))?`|'[a-z_]\w*')"
_NAME = rf"(?:{_QUOTED}|\b[a-z]+_\w+\b(?:=(?:True|False)\b)?)"
_NAMES = rf"(?P<names>{_NAME}(?:(?:,? and | or |, ){_NAME})*)"
_KIND = r"(?:argument|arguement|parameter|option|keyword|field|flag|setting)s?"
_GONE = r"(?:deprecated|going to be deprecated|removed)\b(?! when| if| for)"
_SUBJECT = regex(
    rf"(?:note that |the |(?:using|passing|setting) |(?:{_KIND}) )*"
    rf"{_NAMES}(?: {_KIND})?(?: directly to `\w+`)?"
    rf" (?:is|are|was|were|has been|have been|will be) (?:now )?{_GONE}",
    re.IGNORECASE,
)
_DEPRECATED_USE = regex(rf"(?:using )?(?:the )?deprecated {_NAMES}", re.IGNORECASE)
_RELATIVE = regex(rf".*\bwith {_NAMES}, which is (?:now )?deprecated\b", re.IGNORECASE)


def _subjects(message: str) -> list[str]:
    """The parameters that a message calls deprecated."""
    for sentence in _sentences(message):
        for pattern in (_SUBJECT, _DEPRECATED_USE, _RELATIVE):
            if match := pattern.match(sentence):
                return [_bare(name) for name in re.findall(_NAME, match["names"])]
    return []


def _bare(name: str) -> str:
    return name.strip("`'").removeprefix("--").partition("=")[0]


_INSTEAD = regex(
    rf"\b(?:use|using|in favor of|alias (?:of|for)|renamed to) (?:the )?(?:{_KIND} )?"
    rf"(?P<name>{_NAME})(?: \([^()]*\))?(?: (?:list )?{_KIND})?"
    r"(?=$|[.,;!](?: |$)| instead| is preferred| and | as it| which)",
    re.IGNORECASE,
)


def _deprecation(name: str, message: str) -> Deprecation:
    for sentence in _sentences(message):
        # "To control the memory, use `x` in the server's configuration" is advice, no new name.
        if not re.match(r"(?:if|to|for example)\b", sentence, re.IGNORECASE):
            for match in _INSTEAD.finditer(sentence):
                new = _bare(match["name"])
                if new != name and "=" not in match["name"]:
                    return Deprecation(message, new)
    return Deprecation(message)


# --- documentation --------------------------------------------------------------------------

_ENTRY = regex(r"(?P<indent> *)(?:-- )?\**(?P<name>[a-z_]\w*)\**(?: ?\((?P<kind>.*)\))?:")
_DOCUMENTED = regex(
    r"[*(\[_ ]*deprecated\b(?! (?:parameters|arguments|values?)\b)"
    rf"|this {_KIND} is (?:now )?deprecated",
    re.IGNORECASE,
)


def _documented(node: Definition) -> Iterator[tuple[str, str]]:
    """Parameters that docstrings, or a field's metadata or own docstring, call deprecated."""
    for owner in (node, *methods_of(node)):
        if owner is node or owner.name in CONSTRUCTORS:
            for name, kind, body in _entries(ast.get_docstring(owner) or ""):
                if message := _deprecated_part(body):
                    yield name, message
                elif "deprecated" in kind.lower():
                    yield name, _one_line(body)
    for name, texts in _fields(node):
        for text in texts:
            if message := _deprecated_part(text):
                yield name, message


def _deprecated_part(text: str) -> str | None:
    """What a documentation of one parameter says from where it calls it deprecated."""
    if block := re.search(r"<Deprecated[^>]*>(.*?)</Deprecated>", text, re.DOTALL):
        text = block[1]
    if block := re.search(r"\.\. deprecated::(.*)", text, re.DOTALL):
        return _one_line("Deprecated since version " + block[1].strip())
    sentences = _sentences(_one_line(text))
    for index, sentence in enumerate(sentences):
        if _DOCUMENTED.match(sentence) or _SUBJECT.match(sentence):
            return " ".join(sentences[index:])
    return None


def _entries(docstring: str) -> Iterator[tuple[str, str, str]]:
    """The parameters of a docstring in Google's style: name, type, description."""
    lines = docstring.splitlines()
    heads = [(i, m) for i, line in enumerate(lines) if (m := _ENTRY.match(line))]
    for (start, head), (end, _) in zip(heads, [*heads[1:], (len(lines), None)], strict=False):
        depth = len(head["indent"])
        body = [lines[start][head.end() :]]
        for line in lines[start + 1 : end]:
            if line.strip() and len(line) - len(line.lstrip()) <= depth:
                break
            body.append(line)
        yield head["name"], head["kind"] or "", "\n".join(body)


def _fields(node: Definition) -> Iterator[tuple[str, list[str]]]:
    """The texts about each field of a class: its metadata's help, the string below it."""
    body = node.body if isinstance(node, ast.ClassDef) else []
    for statement, following in zip(body, [*body[1:], None], strict=False):
        if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)):
            continue
        texts = [
            _text(value, {})
            for child in ast.walk(statement)
            if isinstance(child, ast.Dict)
            for key, value in zip(child.keys, child.values, strict=True)
            if isinstance(key, ast.Constant) and key.value == "help"
        ]
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            texts.append(_text(following.value, {}))
        yield statement.target.id, texts


# --- decorators -----------------------------------------------------------------------------


def _decorated(method: ast.FunctionDef, owner: str) -> dict[str, Deprecation]:
    """What `deprecate_kwarg` and `_deprecate_arguments` say, as they would print it."""
    found: dict[str, Deprecation] = {}
    for call in method.decorator_list:
        if isinstance(call, ast.Call) and _called(call) == "deprecate_kwarg":
            found.update(_renamed(call, f"{owner}.{method.name}"))
        elif isinstance(call, ast.Call) and _called(call) == "_deprecate_arguments":
            found.update(_moved(call, method.name))
    return found


def _renamed(call: ast.Call, place: str) -> dict[str, Deprecation]:
    """`@deprecate_kwarg("tokenizer", new_name="processing_class", version="0.16.0")`."""
    given: dict[str, ast.expr] = {}
    given.update(zip(("old_name", "version", "new_name"), call.args, strict=False))
    given.update({keyword.arg: keyword.value for keyword in call.keywords if keyword.arg})
    old, version, new = (_known(given.get(key)) for key in ("old_name", "version", "new_name"))
    message = f"`{old}` is deprecated and will be removed in version {version} for `{place}`."
    if not new:
        return {old: Deprecation(message)} if old else {}
    return {old: Deprecation(f"{message} Use `{new}` instead.", new)}


def _moved(call: ast.Call, place: str) -> dict[str, Deprecation]:
    """`@_deprecate_arguments(version="0.13.0", deprecated_args=[...], custom_message="...")`."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    names = given.get("deprecated_args")
    ending = f"Will not be supported from version '{_known(given.get('version'))}'."
    if custom := _known(given.get("custom_message")):
        ending += f" {custom}"
    return {
        name: Deprecation(f"Deprecated argument(s) used in '{place}': {name}. {ending}")
        for element in (names.elts if isinstance(names, (ast.List, ast.Tuple)) else ())
        if (name := _known(element))
    }


def _known(node: ast.expr | None) -> str:
    """The text of a string expression; empty where only a run knows it."""
    text = _text(node, {}) if node else ""
    return "" if _HOLE in text else text
