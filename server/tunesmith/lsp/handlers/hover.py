"""textDocument/hover: the rule behind a finding, what a value costs, the releases of a header."""

from __future__ import annotations

import re

from lsprotocol import types

from tunesmith.knowledge.hardware import flavor
from tunesmith.lint.engine import Diagnostic, rule_named
from tunesmith.lsp.convert import lsp_range, position
from tunesmith.lsp.documents import OpenDocument, Part
from tunesmith.lsp.estimate_hover import EstimateHover, flavor_place, flavor_text, value_hover
from tunesmith.lsp.language_server import TunesmithServer
from tunesmith.lsp.open_trainings import OpenTrainings, launched_trainings, open_trainings
from tunesmith.lsp.version_hover import explain_versions, version_place
from tunesmith.text import Span, regex

_WHY = regex(r"^## Why it costs you\n\n(.+?)\n\n", re.MULTILINE | re.DOTALL)


def register(server: TunesmithServer) -> None:
    """Explain findings, memory and versions. The editor itself shows the messages of findings."""
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
    estimate = await _estimate(ls, opened, offset)
    if not findings and not estimate:
        return await _versions(ls, opened, part, offset)
    texts = [*map(explanation, findings), *([estimate.text] if estimate else [])]
    span = findings[0].span if findings else estimate.span if estimate else here
    return _markdown("\n\n---\n\n".join(dict.fromkeys(texts)), part, span)


async def _estimate(ls: TunesmithServer, opened: OpenDocument, offset: int) -> EstimateHover | None:
    known = ls.checker.understanding(opened)
    if known is None:
        return None
    for command in known.commands:
        option = command.option("--flavor")
        if option and option.value and option.span.contains(Span(offset, offset)):
            launched = await launched_trainings(ls, command)
            return _flavor(option.value, option.span, launched) if launched else None
    if known.script is None:
        return None
    found = await open_trainings(ls, opened)
    span = flavor_place(known.header, offset)
    if found and span and found.machine:
        return _flavor(found.machine.name, span, found)
    return value_hover(found, offset) if found else None


def _flavor(name: str, span: Span, found: OpenTrainings) -> EstimateHover | None:
    machine = flavor(name)
    text = flavor_text(found, machine) if machine else None
    return EstimateHover(span, text) if text else None


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
