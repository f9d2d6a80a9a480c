"""The trainers of an open document, read from what the checker understood of its present text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pygls.exceptions import JsonRpcInvalidParams

from tunesmith.estimate.data import Data, data_of
from tunesmith.estimate.script import ScriptTraining, trainings_of
from tunesmith.files import UnreadableFileError, read_document
from tunesmith.knowledge.hardware import Machine
from tunesmith.lint.flavors import flavors_of
from tunesmith.lsp.documents import OpenDocument
from tunesmith.lsp.language_server import TunesmithServer
from tunesmith.lsp.rpc import RequestFailedError, optional_number, string_parameter
from tunesmith.one_script import no_training
from tunesmith.project import Project
from tunesmith.sources.launch_command import LaunchCommand
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.understand import understand

_PATIENCE = 5.0
"""Seconds to wait for the check of the present text, which understands it."""


@dataclass(frozen=True, slots=True)
class OpenTrainings:
    """The trainers of a script.

    Attributes:
        trainings: in the order of the text.
        data: what is known of the data set of each.
        machines: what the script's jobs run on, each once.
    """

    script: PythonScript
    project: Project
    trainings: Sequence[ScriptTraining]
    data: Sequence[Data]
    machines: Sequence[Machine]

    @property
    def machine(self) -> Machine | None:
        """The machine of the first job."""
        return self.machines[0] if self.machines else None


async def open_trainings(ls: TunesmithServer, opened: OpenDocument) -> OpenTrainings | None:
    """The trainers of a document; None where its text is no Python, or not checked."""
    await ls.checker.settled(opened.uri, _PATIENCE)
    now = ls.documents.get(opened.uri)
    known = ls.checker.understanding(now) if now else None
    project = ls.projects.project_for(opened.path)
    if known is None or known.script is None or project is None:
        return None
    return await ls.pool.compute(read_trainings, known.script, project)


async def launched_trainings(ls: TunesmithServer, command: LaunchCommand) -> OpenTrainings | None:
    """The trainers of the script that a command launches, open or not; None where none is known."""
    project = ls.projects.project_for(command.path)
    path = project.script_path(command) if project else None
    if project is None or path is None:
        return None
    opened = next((each for each in ls.documents if each.path == path), None)
    if opened:
        return await open_trainings(ls, opened)
    return await ls.pool.compute(_read_file, path, project)


def _read_file(path: PurePosixPath, project: Project) -> OpenTrainings | None:
    try:
        document = read_document(Path(path))
    except UnreadableFileError:
        return None
    script = understand(document).script
    return read_trainings(script, project) if script else None


async def asked_trainings(ls: TunesmithServer, params: object) -> tuple[OpenTrainings, int]:
    """The trainers of the document that a request names by `uri`, and the index of its `trainer`.

    Raises:
        JsonRpcInvalidParams: no such document is open.
        RequestFailedError: it cannot be read as it stands, or has no such trainer.
    """
    index = optional_number(params, "trainer", least=0) or 0
    found = await asked_script(ls, params)
    if not found.trainings:
        raise RequestFailedError(str(no_training(found.script)))
    if index >= len(found.trainings):
        raise RequestFailedError(f"the file has {len(found.trainings)} trainers, not {index + 1}")
    return found, index


async def asked_script(ls: TunesmithServer, params: object) -> OpenTrainings:
    """The document that a request names by `uri`, which may have no trainers.

    Raises:
        JsonRpcInvalidParams: no such document is open.
        RequestFailedError: it cannot be read as it stands.
    """
    uri = string_parameter(params, "uri")
    opened = ls.documents.get(uri)
    if opened is None:
        raise JsonRpcInvalidParams(f"uri: {uri!r} is not open; expected an open script or notebook")
    found = await open_trainings(ls, opened)
    if found is None:
        raise RequestFailedError("the file is no valid Python as it stands; complete it first")
    return found


def read_trainings(script: PythonScript, project: Project) -> OpenTrainings:
    """The trainers of a script of a project; reads their data sets."""
    trainings = trainings_of(script, project)
    machines = list(dict.fromkeys(flavors_of(script, project))) if trainings else []
    data = [data_of(each, script.path, project) for each in trainings]
    return OpenTrainings(script, project, trainings, data, machines)
