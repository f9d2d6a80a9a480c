"""What a project reads of this machine when a rule or an estimate asks.

The fields of a `Project` that are so called say what is asked and answered.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path, PurePosixPath

from tunesmith.files import UnreadableFileError, read_bytes
from tunesmith.project import Prices, StoredModel
from tunesmith.sources.data_set import Origin, StoredData

MAX_BYTES = 512 * 1024
"""Larger files are no configuration and no module of a training."""
MAX_NAMES = 500
"""Entries of a folder in which an estimate looks for starts of a script."""


def stored_model(model_id: str) -> StoredModel | None:
    """What this machine has of a model on the Hub."""
    from tunesmith.hub_cache import stored_model  # few files need it

    return stored_model(model_id)


def stored_prices() -> Prices | None:
    """The prices of jobs that the Hub said last."""
    from tunesmith.hub_cache import stored_prices

    return stored_prices()


def stored_data(
    origin: Origin, folders: Sequence[PurePosixPath], root: PurePosixPath
) -> StoredData:
    """What this machine has of a data set."""
    from tunesmith.data.store import stored_data  # no check needs it

    return stored_data(origin, folders, root)


def stored_text(path: PurePosixPath) -> str | None:
    """A file that is not too large, as UTF-8."""
    try:
        data = read_bytes(Path(path))
    except UnreadableFileError:
        return None
    return data.decode("utf-8", "replace") if len(data) <= MAX_BYTES else None


def stored_names(folder: PurePosixPath) -> Sequence[PurePosixPath]:
    """The files of a folder, in order."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(each.name for each in islice(entries, MAX_NAMES) if each.is_file())
    except OSError:
        return ()
    return [folder / name for name in names]
