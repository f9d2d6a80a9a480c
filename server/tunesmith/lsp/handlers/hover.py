"""textDocument/hover: what the rule behind a finding says."""

from __future__ import annotations

import re

from lsprotocol import types

from tunesmith.lint.engine import Diagnostic, rule_named
from tunesmith.lsp.convert import lsp_range, position
from tunesmith.lsp.language_server import TunesmithServer
from tunesmith.text import Span

_WHY = re.compile(r"^## Why it costs you\n\n(.+?)\n\n", re.MULTILINE | re.DOTALL)


def register(server: TunesmithServer) -> None:
    """Explain findings. The editor itself shows their messages."""
    handler = server.guarded(_hover)
    server.feature(types.TEXT_DOCUMENT_HOVER)(handler)


async def _hover(ls: TunesmithServer, params: types.HoverParams) -> types.Hover | None:
    uri = params.text_document.uri
    opened = ls.documents.get(uri)
    part = opened.part(uri) if opened else None
    if opened is None or part is None:
        return None
    offset = part.offset(position(params.position))
    here = Span(offset, offset)
    findings = [
        finding
        for finding in ls.checker.findings(opened)
        if finding.span.contains(here) and part.span.contains(finding.span)
    ]
    if not findings:
        return None
    text = "\n\n---\n\n".join(dict.fromkeys(map(explanation, findings)))
    content = types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.Hover(content, lsp_range(part, findings[0].span))


def explanation(finding: Diagnostic) -> str:
    """What a finding costs and where to read more, in Markdown; short, as editors cut hovers."""
    rule = rule_named(finding.name)
    why = _WHY.search(rule.documentation) if rule else None
    more = f"[About {finding.name}]({finding.url})"
    return f"{why[1]}\n\n{more}" if why else more
