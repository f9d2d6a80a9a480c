"""textDocument/codeAction: fix one finding, fix all safe ones, ignore one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

from lsprotocol import types

from tunesmith.lint.engine import Diagnostic
from tunesmith.lint.fixes import joint_edits
from tunesmith.lint.rule import Applicability, Fix
from tunesmith.lsp.convert import document_edit, lsp_diagnostic, span_in, workspace_edit
from tunesmith.lsp.documents import OpenDocument, Part
from tunesmith.lsp.ignore_comment import ignore_edits
from tunesmith.lsp.language_server import TunesmithServer

FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.tunesmith"
_PATIENCE = 2.0
"""Seconds to wait for the findings of the present text; then those of the last check serve."""

_IGNORES_LIMIT = 5.0
"""Seconds after which no more comments are tried out: each one costs a check of the document."""


def register(server: TunesmithServer) -> None:
    """Offer fixes."""
    options = types.CodeActionOptions([types.CodeActionKind.QuickFix, FIX_ALL])
    handler = server.guarded(_code_action)
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(handler)


async def _code_action(
    ls: TunesmithServer, params: types.CodeActionParams
) -> Sequence[types.CodeAction] | None:
    uri = params.text_document.uri
    opened = ls.documents.get(uri)
    if opened is None:
        return None
    await ls.checker.settled(opened.uri, _PATIENCE)
    opened = ls.documents.get(uri)
    part = opened.part(uri) if opened else None
    if opened is None or part is None:
        return None
    findings = ls.checker.findings(opened)
    actions: list[types.CodeAction] = []
    if _is_wanted(types.CodeActionKind.QuickFix.value, params.context):
        near = _touching(findings, part, params.range)
        actions += _fixes(ls, opened, part, near)
        actions += await _ignores(ls, opened, part, near)
    if _is_wanted(FIX_ALL, params.context):
        actions += _fix_all(opened, findings)
    return actions


def _is_wanted(kind: str, context: types.CodeActionContext) -> bool:
    """Whether the client asks for a kind; fix-all only when it is asked for by name."""
    if context.only is None:
        return kind != FIX_ALL
    return any(kind == only or kind.startswith(f"{only}.") for only in _values(context.only))


def _values(kinds: Iterable[types.CodeActionKind | str]) -> Iterator[str]:
    for kind in kinds:
        yield kind.value if isinstance(kind, types.CodeActionKind) else kind


def _touching(
    findings: Iterable[Diagnostic], part: Part, lsp_range: types.Range
) -> Sequence[Diagnostic]:
    wanted = span_in(part, lsp_range)
    return [
        finding
        for finding in findings
        if finding.span.touches(wanted) and part.span.contains(finding.span)
    ]


def _fixes(
    ls: TunesmithServer, opened: OpenDocument, part: Part, findings: Sequence[Diagnostic]
) -> Iterator[types.CodeAction]:
    fixes = [(finding, fix) for finding in findings for fix in finding.fixes]
    for finding, fix in fixes:
        if fix.document:
            edit = document_edit(ls.documents, fix.document, fix.edits)
        else:
            edit = workspace_edit(opened, fix.edits)
        if edit:
            yield types.CodeAction(
                title=fix.title,
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[lsp_diagnostic(part, finding)],
                is_preferred=len(fixes) == 1 and fix.applicability is Applicability.SAFE,
                edit=edit,
            )


async def _ignores(
    ls: TunesmithServer, opened: OpenDocument, part: Part, near: Sequence[Diagnostic]
) -> Sequence[types.CodeAction]:
    actions: list[types.CodeAction] = []
    project = ls.projects.project_for(opened.path)
    findings = ls.checker.findings(opened)
    end = time.monotonic() + _IGNORES_LIMIT
    for finding in near if project else ():
        if time.monotonic() > end:
            break
        edits = await ls.pool.compute(ignore_edits, opened.document, finding, findings, project)
        edit = workspace_edit(opened, edits) if edits else None
        if edit:
            actions.append(
                types.CodeAction(
                    title=f"Ignore this {finding.name} finding",
                    kind=types.CodeActionKind.QuickFix,
                    diagnostics=[lsp_diagnostic(part, finding)],
                    is_preferred=False,
                    edit=edit,
                )
            )
    return actions


def _fix_all(opened: OpenDocument, findings: Iterable[Diagnostic]) -> Iterator[types.CodeAction]:
    fixable = [finding for finding in findings if finding.fix and _is_whole(opened, finding.fix)]
    safe, _ = joint_edits(fixable)
    edits = workspace_edit(opened, safe)
    if edits and edits.document_changes:
        yield types.CodeAction(
            title="Fix all that Tunesmith can fix safely",
            kind=FIX_ALL,
            edit=edits,
        )


def _is_whole(opened: OpenDocument, fix: Fix) -> bool:
    return all(opened.part_of(edit.span) for edit in fix.edits)
