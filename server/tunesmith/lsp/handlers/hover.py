"""textDocument/hover: what the rule behind a finding says."""

from __future__ import annotations

import re

from lsprotocol import types

from tunesmith.lint.engine import Diagnostic, rule_named
from tunesmith.lsp.convert import lsp_range, position
from tunesmith.lsp.language_server import TunesmithServer
from tunesmith.text import Span

_HEADING = re.compile(r"^## ", re.MULTILINE)
_SECTIONS = 2


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
    """What a rule is about and what its finding costs, in Markdown."""
    rule = rule_named(finding.name)
    more = f"[Learn more]({finding.url})"
    if rule is None:
        return f"**{finding.name}**\n\n{more}"
    title, *sections = _HEADING.split(rule.documentation)
    texts = [_section(section) for section in sections[:_SECTIONS]]
    return "\n\n".join((f"**{rule.name}**: {title.strip()}", *texts, more))


def _section(section: str) -> str:
    heading, _, body = section.partition("\n")
    return f"**{heading.strip()}**\n\n{body.strip()}"
