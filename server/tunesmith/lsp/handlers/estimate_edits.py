"""tunesmith/writeMachine, writeValues and writeJob: what was chosen, written into the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from tunesmith.knowledge import hardware
from tunesmith.lint.flavor_edits import flavor_places
from tunesmith.lint.training_edits import write_values
from tunesmith.lsp.convert import document_edit, workspace_edit
from tunesmith.lsp.handlers.estimates import asked_changes
from tunesmith.lsp.language_server import TunesmithServer
from tunesmith.lsp.open_trainings import OpenTrainings, asked_script, asked_trainings
from tunesmith.lsp.protocol import (
    WRITE_JOB_REQUEST,
    WRITE_MACHINE_REQUEST,
    WRITE_VALUES_REQUEST,
    WriteMachineResult,
    WriteValuesResult,
)
from tunesmith.lsp.rpc import RequestFailedError, optional_string, string_parameter, to_json
from tunesmith.sources.header_edits import table_edits
from tunesmith.text import regex

_PLAIN = regex(r"[A-Za-z0-9][A-Za-z0-9._ -]*")
"""What needs no escape in TOML."""


def register(server: TunesmithServer) -> None:
    """Write what the user chose."""
    server.feature(WRITE_MACHINE_REQUEST)(_write_machine)
    server.feature(WRITE_VALUES_REQUEST)(_write_values)
    server.feature(WRITE_JOB_REQUEST)(_write_job)


async def _write_machine(ls: TunesmithServer, params: object) -> dict[str, Any]:
    flavor, wanted = string_parameter(params, "machine"), optional_string(params, "place")
    if hardware.flavor(flavor) is None:
        raise JsonRpcInvalidParams(f"machine: {flavor!r} was given; expected a flavor of Jobs")
    found, _ = await asked_trainings(ls, params)
    places = flavor_places(found.script, found.project, flavor)
    if not places:
        raise RequestFailedError(
            "no command launches this script, and it has no header to name a machine in; write "
            f"--flavor {flavor} where it is started"
        )
    chosen = [each for each in places if each.name == wanted] if wanted else places
    if len(chosen) != 1:
        return to_json(WriteMachineResult(places=[each.name for each in places]))
    place = chosen[0]
    edit = document_edit(ls.documents, place.document, place.edits)
    await _apply(ls, f"Train on {flavor}", edit)
    return to_json(WriteMachineResult(written=place.name))


async def _write_values(ls: TunesmithServer, params: object) -> dict[str, Any]:
    wanted = asked_changes(params)
    found, index = await asked_trainings(ls, params)
    result = write_values(found.script, found.trainings[index], wanted)
    opened = ls.documents.get(string_parameter(params, "uri"))
    if result.edits and opened:
        is_current = opened.document is found.script.document
        edit = workspace_edit(opened, result.edits) if is_current else None
        await _apply(ls, "Write the values of the estimate", edit)
    return to_json(WriteValuesResult(result.written, result.left))


async def _write_job(ls: TunesmithServer, params: object) -> dict[str, Any]:
    names = ("flavor", "timeout", "namespace")
    given = {name: optional_string(params, name) for name in names}
    values = {name: value for name, value in given.items() if value}
    for name, value in values.items():
        if not _PLAIN.fullmatch(value):
            raise JsonRpcInvalidParams(f"{name}: {value!r} was given; expected letters and digits")
    found = await asked_script(ls, params)
    header = found.script.header
    edits = table_edits(header, values, found.script.text) if header else ()
    if not edits:
        raise RequestFailedError(
            "the script has no header to write this into, or its [tool.hf-jobs] is written in one "
            'line; begin it with "# /// script" and a table [tool.hf-jobs]'
        )
    edit = document_edit(ls.documents, found.script.document, edits)
    await _apply(ls, "Write how the job is started", edit)
    written = [f'{name} = "{value}"' for name, value in values.items()]
    return to_json(WriteValuesResult(written, list(_overruled(found, values))))


def _overruled(found: OpenTrainings, values: Mapping[str, str]) -> Iterator[str]:
    """Commands that say otherwise, and count more than the header, a sentence each."""
    for command in found.project.commands_launching(found.script.path):
        line = command.document.lines.position(command.span.start).line + 1
        for name, value in values.items():
            option = command.option(f"--{name}")
            if option and option.value != value:
                yield (
                    f"The command in {command.path.name}, line {line} still says "
                    f"--{name} {option.value}, which counts more."
                )


async def _apply(ls: TunesmithServer, label: str, edit: types.WorkspaceEdit | None) -> None:
    """Have the editor make an edit, as one step to undo.

    Raises:
        RequestFailedError: it did not.
    """
    if edit is None:
        raise RequestFailedError("the file has changed in the meantime; try again")
    answer = await ls.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, label))
    if not answer.applied:
        raise RequestFailedError(answer.failure_reason or "the editor refused the edit; try again")
