"""Tells whether a script cannot do its work without a token of the Hub.

Only what surely runs counts: literal arguments, and pushes that no condition decides on. A script
that may find a token by itself needs none from the job.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tunesmith.knowledge.models import model
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_index import CallSite
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import regex

_MAY_NEED = ("push_to_hub", "from_pretrained", "Trainer(")
_BRINGING_WORDS = (
    *("dotenv", "getpass", "userdata", "uv_script", "hf_endpoint", "hf_hub_offline"),
    *("setdefault(", "hffolder", "/run/secrets", "sys.argv"),
)
_BRINGS_TOKEN = regex(
    r"\bhf_[a-z0-9]{10,}|token(?:\w*\s*=\s*[\"'f]|[\"']\]\s*=)|[\"']--[\w-]*token|\bunsloth\b"
)
"""What gives a script a token, in lower case."""
_LIBRARIES = ("transformers.", "trl.")
_MAIN = {"", "main", "train", "run"}


def need_of_token(script: PythonScript) -> str | None:
    """What a script does that takes a token, as a verb phrase; None where nothing surely does."""
    if not any(word in script.text for word in _MAY_NEED):
        return None
    text = script.text.lower()
    if any(word in text for word in _BRINGING_WORDS) or _BRINGS_TOKEN.search(text):
        return None
    return next(_needs(script), None)


def _needs(script: PythonScript) -> Iterator[str]:
    for site in script.index.calls:
        function = site.node.func
        attribute = function.attr.value if isinstance(function, cst.Attribute) else ""
        if attribute == "push_to_hub":
            if _runs_always(script, site) and not _has_keyword(site, "token"):
                yield "pushes to the Hub"
        elif _has_keyword(site, "push_to_hub"):
            call = script.evaluator.call_of(site)
            if call and _pushes(call) and _is_unconditional(script, site):
                yield "pushes to the Hub"
        elif attribute == "from_pretrained" or _is_trainer(function):
            call = script.evaluator.call_of(site)
            gated = _gated_model(call) if call else None
            if gated and _is_unconditional(script, site):
                yield f"loads {gated}, which is gated"


def _has_keyword(site: CallSite, name: str) -> bool:
    return any(each.keyword and each.keyword.value == name for each in site.node.args)


def _is_trainer(function: cst.BaseExpression) -> bool:
    name = function.attr if isinstance(function, cst.Attribute) else function
    return isinstance(name, cst.Name) and name.value.endswith("Trainer")


def _pushes(call: Call) -> bool:
    is_configuration = call.name.startswith(_LIBRARIES)
    has_token = call.value("hub_token") not in (ABSENT, None)
    return is_configuration and call.value("push_to_hub") is True and not has_token


def _gated_model(call: Call) -> str | None:
    """The gated model that a call loads without a token of its own."""
    is_trainer = call.name.endswith("Trainer")
    wanted = "model" if is_trainer else "pretrained_model_name_or_path"
    name = call.value(wanted, 0) if call.name.startswith(_LIBRARIES) else None
    if not isinstance(name, str) or call.value("local_files_only") is not ABSENT:
        return None
    found = model(name)
    return name if found and found.is_gated else None


def _runs_always(script: PythonScript, site: CallSite) -> bool:
    """Whether it is run whenever the script is: at the top, or directly in its main function."""
    return _function_around(script, site) in _MAIN


def _is_unconditional(script: PythonScript, site: CallSite) -> bool:
    return _function_around(script, site) is not None


def _function_around(script: PythonScript, site: CallSite) -> str | None:
    """The function in whose body a call stands directly, "" at the top of the script; None under
    a condition, in a loop, a class or a `try`."""
    line = script.block_of(script.enclosing_statement(site.node))
    if not isinstance(line, cst.SimpleStatementLine):
        return None
    block, function = script.block_of(line), site.block.scope.node
    if isinstance(block, cst.Module):
        return ""
    if isinstance(function, cst.FunctionDef):
        return function.name.value if function.body is block else None
    guards = (each for each in script.module.body if isinstance(each, cst.If))
    is_main = any(
        each.body is block and script.text_of(each.test).startswith("__name__") for each in guards
    )
    return "" if is_main else None
