"""tunesmith/rule: the documentation of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pygls.exceptions import JsonRpcInvalidParams

from tunesmith.lint.engine import DOCUMENTATION_URL, rule_named
from tunesmith.lint.rule import Severity
from tunesmith.lsp.language_server import TunesmithServer
from tunesmith.lsp.protocol import RULE_REQUEST, RuleResult
from tunesmith.lsp.rpc import string_parameter, to_json

_SEVERITIES: Mapping[Severity, Literal["error", "warning", "information"]] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "information",
}


def register(server: TunesmithServer) -> None:
    """Answer what a rule is about."""
    server.feature(RULE_REQUEST)(_rule)


def _rule(_: TunesmithServer, params: object) -> dict[str, Any]:
    name = string_parameter(params, "name")
    rule = rule_named(name)
    if rule is None:
        raise JsonRpcInvalidParams(
            f"no rule is called {name!r}; `tunesmith rule --all` lists the rules there are"
        )
    return to_json(
        RuleResult(
            name=rule.name,
            code=rule.code,
            severity=_SEVERITIES[rule.severity],
            markdown=rule.documentation,
            url=DOCUMENTATION_URL.format(name=rule.name),
        )
    )
