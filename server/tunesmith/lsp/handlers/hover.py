"""textDocument/hover: what the rule behind a finding says, and which releases a header gives."""

from __future__ import annotations

import re

from lsprotocol import types

from tunesmith.lint.engine import Diagnostic, rule_named
from tunesmith.lsp.convert import lsp_range, position
from tunesmith.lsp.documents import OpenDocument, Part
from tunesmith.lsp.language_server import TunesmithServer
from tunesmith.lsp.version_hover import explain_versions, version_place
from tunesmith.text import Span, regex

_WHY = regex(r"^## Why it costs you\n\n(.+?)\n\n", re.MULTILINE | re.DOTALL)


def register(server: TunesmithServer) -> None:
    """Explain findings and versions. The editor itself shows the messages of findings."""
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
        return await _versions(ls, opened, part, offset)
    text = "\n\n---\n\n".join(dict.fromkeys(map(explanation, findings)))
    return _markdown(text, part, findings[0].span)


async def _versions(
    ls: TunesmithServer, opened: OpenDocument, part: Part, offset: int
) -> types.Hover | None:
    known, project = ls.checker.understanding(opened), ls.projects.project_for(opened.path)
    if known is None or project is None or known.script is None or known.header is None:
        return None
    place = version_place(known.header, offset)
    if place is None or not part.span.contains(place.span):
        return None
    text = await ls.pool.compute(explain_versions, known.script, project, place)
    return _markdown(text, part, place.span) if text else None


def _markdown(text: str, part: Part, span: Span) -> types.Hover:
    content = types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.Hover(content, lsp_range(part, span))


def explanation(finding: Diagnostic) -> str:
    """What a finding costs and where to read more, in Markdown; short, as editors cut hovers."""
    rule = rule_named(finding.name)
    why = _WHY.search(rule.documentation) if rule else None
    more = f"[About {finding.name}]({finding.url})"
    return f"{why[1]}\n\n{more}" if why else more
