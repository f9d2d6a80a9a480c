"""textDocument/codeLens: what a training will need, above its trainer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types

from tunesmith.estimate.forecast import Forecast, forecast
from tunesmith.lsp.convert import lsp_range
from tunesmith.lsp.documents import OpenDocument, Part
from tunesmith.lsp.estimate_words import lens_title
from tunesmith.lsp.language_server import TunesmithServer
from tunesmith.lsp.open_trainings import OpenTrainings, open_trainings
from tunesmith.sources.document import Kind

SHOW, CHOOSE, SUBMIT = "tunesmith.showEstimate", "tunesmith.chooseGpu", "tunesmith.submitJob"
"""Commands of the extension."""
_MOST_MACHINES = 3
"""Machines of one trainer that are shown: a line of more is not read."""


def register(server: TunesmithServer) -> None:
    """Show estimates."""
    handler = server.guarded(_code_lens)
    server.feature(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions())(handler)


async def _code_lens(
    ls: TunesmithServer, params: types.CodeLensParams
) -> Sequence[types.CodeLens] | None:
    uri = params.text_document.uri
    opened = ls.documents.get(uri)
    if opened is None or not ls.projects.shows_lenses(opened.path):
        return None
    found = await open_trainings(ls, opened)
    now = ls.documents.get(uri)
    part = now.part(uri) if now else None
    if now is None or part is None:
        return None
    if found is None:
        return ls.lenses.of_broken(part)
    if found.script.document is not now.document:
        return None
    return ls.lenses.keep(part, list(_lenses(now, part, found)))


def _lenses(opened: OpenDocument, part: Part, found: OpenTrainings) -> Iterator[types.CodeLens]:
    for index, training in enumerate(found.trainings):
        span = training.trainer.callee_span
        if opened.part_at(span.start) is not part:
            continue
        place = lsp_range(part, span)
        for machine in found.machines[:_MOST_MACHINES] or [None]:
            answer = forecast(training, machine, found.data[index])
            yield types.CodeLens(place, _show(part.uri, index, answer))
        arguments = [{"uri": part.uri, "trainer": index}]
        yield types.CodeLens(place, types.Command("Choose GPU", CHOOSE, arguments=arguments))
        if found.script.document.kind is Kind.PYTHON:
            command = types.Command("Submit Job", SUBMIT, arguments=[{"uri": part.uri}])
            yield types.CodeLens(place, command)


def _show(uri: str, index: int, answer: Forecast) -> types.Command:
    machine = answer.machine
    argument = {"uri": uri, "trainer": index, "machine": machine.name if machine else None}
    title = lens_title(answer)
    return types.Command(title, SHOW, "What the training needs, and why", [argument])
