"""What this machine knows of the data sets that scripts name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from tunesmith.data.local import local_data
from tunesmith.sources.data_set import Origin, StoredData


def stored_data(
    origin: Origin, folders: Sequence[PurePosixPath], root: PurePosixPath
) -> StoredData:
    """What is known of a data set.

    Args:
        origin: what a script names.
        folders: where it may be run, the likeliest first.
        root: the folder of the project.
    """
    own = local_data(origin, [Path(each) for each in folders], Path(root))
    if own:
        return own
    from tunesmith.data.hub_data import hub_data

    return hub_data(origin)
