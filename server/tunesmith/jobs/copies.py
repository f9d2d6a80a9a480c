"""The copy of a script that is run: as it was when it was planned, or small for a smoke run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tunesmith.errors import UserError
from tunesmith.files import UnwritableFileError, changed_bytes, document_of, read_bytes
from tunesmith.platform import user_state_folder
from tunesmith.sources.document import Document


class EditedCopy(NamedTuple):
    """A copy that is run in place of the script.

    Attributes:
        path: where it lies.
        diff: what is changed in it.
        notes: what could not be changed.
    """

    path: Path
    diff: str
    notes: Sequence[str] = ()


def copy_as_planned(script: Path, document: Document, key: str) -> Path:
    """Copy a script under a plan's key.

    Raises:
        UserError: it is not what was planned any more, or there is no room.
    """
    return _write(script.name, _planned_bytes(script, document), key)


def edited_copy(script: Path, document: Document, edited: Document, key: str) -> EditedCopy:
    """Write a script with edits under a plan's key; the user's own stays.

    Raises:
        UserError: it is not what was planned any more, its encoding cannot hold the edits, or
            there is no room.
    """
    from tunesmith.output.diff_format import render_diff

    try:
        data = changed_bytes(_planned_bytes(script, document), document, edited)
    except UnwritableFileError as error:
        raise UserError(f"{script.name} cannot be edited: {error}", "save it as UTF-8") from None
    diff = "\n".join(render_diff(script.name, document, edited))
    return EditedCopy(_write(script.name, data, key), diff)


def smoke_copy_of(script: Path, document: Document, key: str) -> EditedCopy:
    """Write the copy that trains a few steps of a tiny model, and what it imports for that.

    Raises:
        UserError: there is nothing to make small, or as `edited_copy`.
    """
    from tunesmith.jobs.smoke import modules_beside, smoke_copy

    made = smoke_copy(document.text, script, _modules_beside(script))
    copy = edited_copy(script, document, document._replace(text=made.text), key)
    for name, data in modules_beside().items():
        _write(name, data, key)
    return copy._replace(notes=made.notes)


def with_folder_of(script: Path, environment: Mapping[str, str]) -> Mapping[str, str]:
    """Variables with which a copy of a script finds the modules beside the original."""
    paths = filter(None, [str(script.parent), environment.get("PYTHONPATH")])
    return {**environment, "PYTHONPATH": os.pathsep.join(paths)}


def _modules_beside(script: Path) -> Sequence[str]:
    with os.scandir(script.parent) as entries:
        names = [each.name for each in entries if each.is_dir() or each.name.endswith(".py")]
    return [name.removesuffix(".py") for name in names if name != script.name]


def _planned_bytes(script: Path, document: Document) -> bytes:
    data = read_bytes(script)
    if document_of(script, data).text != document.text:
        raise UserError(f"{script.name} was changed while it was read", "plan it again")
    return data


def _write(name: str, data: bytes, key: str) -> Path:
    path = user_state_folder() / "plans" / key / name
    try:
        path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        shutil.rmtree(path.parent, ignore_errors=True)
        reason = error.strerror or str(error)
        raise UserError(
            f"the script cannot be copied to {path.parent}: {reason}",
            "make room there, or set TUNESMITH_STATE to another folder",
        ) from None
    return path
