"""Reading the one script that a command is asked about, with the folder around it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tunesmith.errors import UserError
from tunesmith.files import UnreadableFileError, read_document
from tunesmith.platform import active_interpreter
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.requirements import Pin
from tunesmith.sources.understand import Understanding, understand
from tunesmith.walk import find_root
from tunesmith.workspace import Workspace


@dataclass(frozen=True, slots=True)
class OneScript:
    """A script that a command is asked about.

    Attributes:
        name: as the user gave it.
        script: what it means.
        workspace: the folder around it.
    """

    name: str
    script: PythonScript
    workspace: Workspace

    @property
    def project(self) -> Project:
        return self.workspace.project


@dataclass(frozen=True, slots=True)
class OneFile:
    """A file of any kind that a command is asked about.

    Attributes:
        name: as the user gave it.
        understanding: what it means.
        workspace: the folder around it.
    """

    name: str
    understanding: Understanding
    workspace: Workspace

    @property
    def project(self) -> Project:
        return self.workspace.project


def read_script(name: str, supposed: Sequence[Pin] = ()) -> OneScript:
    """Read a Python script or notebook, and what its folder says of it.

    Args:
        name: its path.
        supposed: requirements that take the place of others of their packages.

    Raises:
        UserError: it cannot be read, or there is no Python in it.
    """
    return script_in(read_file(name, supposed))


def script_in(one: OneFile) -> OneScript:
    """The Python of a file.

    Raises:
        UserError: there is none in it.
    """
    understanding = one.understanding
    if understanding.script is None:
        if understanding.unreadable:  # which says what to do
            raise UserError(understanding.unreadable, "")
        raise UserError("there is no Python in it", "give a Python script or a notebook")
    return OneScript(one.name, understanding.script, one.workspace)


def no_training(script: PythonScript) -> UserError:
    """Why there is nothing in a script to estimate."""
    if script.imports("unsloth"):
        return UserError("it trains with unsloth, which is not estimated", "")
    return UserError(
        "there is no trainer of TRL in it that can be estimated",
        "give a script with SFTTrainer, DPOTrainer, KTOTrainer, GRPOTrainer or RewardTrainer",
    )


def read_file(name: str, supposed: Sequence[Pin] = ()) -> OneFile:
    """Read a file, and what its folder says of it.

    Args:
        name: its path.
        supposed: requirements that take the place of others of their packages.

    Raises:
        UserError: it cannot be read.
    """
    path = Path(os.path.abspath(name))  # noqa: PTH100 - keeps symlinks
    try:
        document = read_document(path)
    except UnreadableFileError as error:
        raise UserError(str(error), "") from None
    workspace = Workspace(find_root(path), keep=True, interpreter=active_interpreter())
    workspace.suppose(supposed)
    workspace.scan()
    workspace.update(path, document)
    return OneFile(name, understand(document, relevant=True), workspace)
