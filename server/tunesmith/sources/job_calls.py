"""Calls of huggingface_hub that start a job: `run_job`, `run_uv_job` and their scheduled forms."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_index import CallSite
from tunesmith.sources.python_script import PythonScript
from tunesmith.text import regex

_NAMES = ("run_job", "run_uv_job", "create_scheduled_job", "create_scheduled_uv_job")
_API = regex(r"\b_?(?:hf_?)?api(?:\(\))?$", re.IGNORECASE)
JOB_WORDS = ("jobs", "_job")
"""One of them stands in every text with such a call, with a command or with `[tool.hf-jobs]`."""


def job_calls(script: PythonScript) -> Iterator[Call]:
    """The calls that start a job, as functions and as methods of an `HfApi`, in order.

    A call's name is the bare name of what it calls: "run_uv_job".
    """
    if "huggingface_hub" not in script.text or "_job" not in script.text:
        return
    for site in script.index.calls:
        name = _called_name(script, site)
        if name:
            yield Call(site, name, script.evaluator)


def api_calls(script: PythonScript) -> Iterator[Call]:
    """The calls that start a job as methods of what is surely an `HfApi`, by canonical name."""
    for call in job_calls(script):
        function, block = call.node.func, call.block
        if isinstance(function, cst.Attribute) and not script.names.qualified(
            function, block.scope
        ):
            site = script.index.call_site(call.node)
            value = script.evaluator.evaluate(function.value, site.block, site.order)
            if isinstance(value, Call) or _API.search(script.text_of(function.value)):
                yield Call(site, f"huggingface_hub.HfApi.{call.name}", script.evaluator)


def starts_uv_job(call: Call) -> bool:
    """Whether a call of `job_calls` runs a script with uv."""
    return "uv" in call.name


def _called_name(script: PythonScript, site: CallSite) -> str | None:
    function = site.node.func
    last = function.attr if isinstance(function, cst.Attribute) else function
    name = last.value if isinstance(last, cst.Name) else ""
    if name not in _NAMES and not isinstance(function, cst.Name):
        return None
    qualified = script.names.qualified(function, site.block.scope)
    if qualified or not isinstance(function, cst.Attribute):
        package, _, name = (qualified or "").rpartition(".")
        is_of_hub = package.partition(".")[0] == "huggingface_hub"
        return name if is_of_hub and name in _NAMES else None
    return name if _may_be_api(script, function.value, site) else None


def _may_be_api(script: PythonScript, node: cst.BaseExpression, site: CallSite) -> bool:
    """Whether an object may be an `HfApi`: nothing says that it is something else."""
    if isinstance(node, cst.Name) and node.value in ("self", "cls"):
        return False
    value = script.evaluator.evaluate(node, site.block, site.order)
    return not isinstance(value, Call) or value.name == "huggingface_hub.HfApi"
