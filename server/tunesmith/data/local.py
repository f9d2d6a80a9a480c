"""The files of a project that a script loads as its data set."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

from tunesmith.data.pieces import MAX_READ, UnreadableDataError, size_of, unpacked_name
from tunesmith.data.text_files import (
    FIELDS,
    MAX_SAMPLE,
    FileRows,
    Reader,
    counted,
)
from tunesmith.platform import project_path
from tunesmith.reason import GIVE_EXAMPLES, Reason
from tunesmith.sources.data_set import Cell, Loader, Origin, Row, StoredData

MAX_FILES = 200
"""Files that are read of a data set; what more there is counts by its size."""
MAX_ENTRIES = 5_000
"""Files and folders that are looked at below one that is named."""
MAX_DEPTH = 20
_FORMATS: Mapping[str, Loader] = {
    ".jsonl": "json", ".json": "json", ".ndjson": "json", ".csv": "csv", ".tsv": "csv",
    ".txt": "text", ".parquet": "parquet", ".arrow": "arrow",
}  # fmt: skip
_KEYWORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test", "testing", "eval", "evaluation"),
}
"""In names of files, which `load_dataset` takes for that split (datasets.data_files)."""


def local_data(origin: Origin, folders: Sequence[Path], root: Path) -> StoredData | None:
    """What a script's own files hold; None where it names none of its own.

    Args:
        origin: what it names.
        folders: where it may be run, the likeliest first.
        root: the folder of the project; nothing outside is read.
    """
    if any("://" in name and not name.startswith("file://") for name in origin.files):
        return None
    try:
        files = list(_files(origin, folders, root))
        return read_files(origin, files) if files else None
    except UnreadableDataError as reason:
        return StoredData(problem=Reason(str(reason), GIVE_EXAMPLES))


def is_path(name: str) -> bool:
    """Whether a name is that of a folder, and not an id on the Hub."""
    return name.startswith((".", "/", "~")) or "\\" in name or name.count("/") > 1


def read_files(origin: Origin, files: Sequence[Path]) -> StoredData:
    """What is in some files together.

    Raises:
        UnreadableDataError: one of them cannot be read.
    """
    sizes = {path: size_of(path) for path in files}
    step = -(-len(files) // MAX_FILES)
    chosen = files[::step]
    limit = max(64 * 1024, MAX_READ // len(chosen))
    found = [_read(path, origin, limit) for path in chosen]
    more = sum(sizes.values()) / sum(sizes[path] for path in chosen)
    rows = sum(each.rows for each in found) * more
    if not rows:
        raise UnreadableDataError(f"there are no rows in {shown(files)}")
    keep = max(1, -(-sum(len(each.sample) for each in found) // MAX_SAMPLE))
    sample = [row for each in found for row in each.sample][::keep]
    is_counted = step == 1 and all(each.is_counted for each in found)
    names = tuple(project_path(each) for each in chosen)
    return StoredData(shown(files), rows, is_counted, sample, _means(found), files=names)


def shown(files: Sequence[Path]) -> str:
    """Files as users call them."""
    return files[0].name if len(files) == 1 else f"{len(files)} files in {files[0].parent.name}"


def _means(found: Sequence[FileRows]) -> Row:
    """The mean cell of each column, of files in which no rows were read."""
    rows = sum(each.rows for each in found if each.columns)
    means: dict[str, Cell] = {}
    for each in found:
        for name, cell in each.columns.items():
            before, part = means.get(name, Cell(0)), each.rows / rows if rows else 0
            means[name] = Cell(
                before.size + cell.size * part, before.messages + cell.messages * part
            )
    return means


def _read(path: Path, origin: Origin, limit: int) -> FileRows:
    status = path.stat()
    return _read_version(path, origin, limit, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _read_version(path: Path, origin: Origin, limit: int, *_: int) -> FileRows:
    """Of each version of a file once, as every key typed in the script asks anew."""
    return _reader(loader_of(path, origin), path)(path, origin, limit)


def loader_of(path: Path, origin: Origin) -> Loader | None:
    """What reads a file of a data set."""
    return format_of(path) if origin.loader in ("named", "saved") else origin.loader


def _reader(loader: Loader | None, path: Path) -> Reader:
    if loader == "parquet":
        from tunesmith.data.parquet import read_parquet

        return read_parquet
    if loader == "arrow":
        from tunesmith.data.arrow import read_arrow

        return read_arrow
    fields = FIELDS.get(loader) if loader else None
    if fields is None:
        raise UnreadableDataError(f"{path.name} is of a format that is not read")
    return lambda path, origin, limit: counted(fields(path, origin, limit))


# Which files


def _files(origin: Origin, folders: Sequence[Path], root: Path) -> Iterator[Path]:
    if origin.loader == "named" and not origin.files:
        yield from _of_folder(origin, folders, root)
        return
    if origin.loader == "saved":
        yield from _saved(origin, folders, root)
        return
    if origin.loader == "named" and not is_path(origin.name):
        return
    for name in origin.files or ("**",):
        found = next(filter(None, (_matching(each, origin, name, root) for each in folders)), None)
        if not found:
            raise UnreadableDataError(f"there is no file {name} in the project")
        yield from found


def _matching(folder: Path, origin: Origin, name: str, root: Path) -> list[Path]:
    """The files that a name or a pattern means from a folder on."""
    name = name.removeprefix("file://")
    base = Path(os.path.normpath(folder / Path(origin.name).expanduser()))
    path = Path(os.path.normpath(base / Path(name).expanduser()))
    if not any(mark in name for mark in "*?"):
        if not os.path.lexists(path):
            return []
        _require_inside(path, root)
        return [path]
    if not base.is_dir():
        return []
    _require_inside(base, root)
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise UnreadableDataError(f"{name} may lie outside the project, so it is not read")
    return _walked(base, name, root)


def _walked(base: Path, pattern: str, root: Path) -> list[Path]:
    """The files below a folder that match a pattern; links out of the project are left out."""
    wanted = pattern.removeprefix("./").split("/")
    deepest = MAX_DEPTH if "**" in wanted else len(wanted) - 1
    found: list[Path] = []
    folders, seen = [(base, "", 0)], 0
    while folders and seen < MAX_ENTRIES:
        folder, name, depth = folders.pop()
        for entry in _entries(folder):
            seen += 1
            below = f"{name}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                if depth < deepest and not entry.name.startswith("."):
                    folders.append((Path(entry.path), f"{below}/", depth + 1))
            elif _matches(below.split("/"), wanted) and _is_own_file(entry, root):
                found.append(Path(entry.path))
    return sorted(found)


def _matches(names: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether a path matches a pattern, both by their parts: `**` stands for any number of them."""
    places = _with_following({0}, wanted)
    for name in names:
        reached: set[int] = set()
        for place in places - {len(wanted)}:
            if wanted[place] == "**":
                reached.add(place)
            elif fnmatchcase(name, wanted[place]):
                reached.add(place + 1)
        places = _with_following(reached, wanted)
    return len(wanted) in places


def _with_following(places: set[int], wanted: Sequence[str]) -> set[int]:
    """Places in a pattern, and those behind a `**` there, which may stand for nothing."""
    found = set(places)
    for place in range(len(wanted)):
        if place in found and wanted[place] == "**":
            found.add(place + 1)
    return found


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _is_own_file(entry: os.DirEntry[str], root: Path) -> bool:
    try:
        return entry.is_file() and (not entry.is_symlink() or _is_inside(Path(entry.path), root))
    except OSError:
        return False


def _of_folder(origin: Origin, folders: Sequence[Path], root: Path) -> Iterator[Path]:
    """The files of a split in a folder that `load_dataset` is given."""
    places = [Path(os.path.normpath(each / Path(origin.name).expanduser())) for each in folders]
    base = next((place for place in places if place.is_dir()), None)
    if base is None:
        if is_path(origin.name):
            raise UnreadableDataError(f"there is no folder {origin.name} in the project")
        return
    _require_inside(base, root)
    files = [each for each in _walked(base, "**", root) if format_of(each)]
    if not files:
        raise UnreadableDataError(f"there is no data in {origin.name} that is read")
    yield from of_split(files, base, origin.split)


def _saved(origin: Origin, folders: Sequence[Path], root: Path) -> Iterator[Path]:
    """What `save_to_disk` wrote: Arrow files, of several splits in a folder each."""
    name = origin.name.removeprefix("file://")
    places = [Path(os.path.normpath(each / Path(name).expanduser())) for each in folders]
    base = next((place for place in places if place.is_dir()), None)
    if base is None:
        raise UnreadableDataError(f"there is no folder {name} in the project")
    _require_inside(base, root)
    if (base / "dataset_dict.json").is_file():
        if not origin.split:
            raise UnreadableDataError("the script does not say which split it trains on")
        base /= Path(origin.split).name
    files = _walked(base, "data-*.arrow", root)
    if not files:
        raise UnreadableDataError(f"there is no data set that was saved in {base.name}")
    yield from files


def of_split(files: Sequence[Path], base: Path, split: str) -> Sequence[Path]:
    """Those of some files that `load_dataset` takes for a split.

    Raises:
        UnreadableDataError: there are none.
    """
    split = split or "train"
    named = {each: _split_of(each.relative_to(base)) for each in files}
    found = [each for each, name in named.items() if name == split]
    if found:
        return found
    if split == "train" and not any(named.values()):
        return files
    raise UnreadableDataError(f"there is no split {split!r} in {base.name}")


def _split_of(path: Path) -> str:
    """The split that a path names; empty for none."""
    words = re.split(r"[^a-z]+", path.as_posix().lower())
    for split, keywords in _KEYWORDS.items():
        if any(word in keywords for word in words):
            return split
    return ""


def format_of(path: Path) -> Loader | None:
    """The format that a file's name tells."""
    return _FORMATS.get(unpacked_name(path).suffix.lower())


def _require_inside(path: Path, root: Path) -> None:
    if not _is_inside(path, root):
        raise UnreadableDataError(f"{path} lies outside the project, so it is not read")


def _is_inside(path: Path, root: Path) -> bool:
    """Whether a path lies in the project, links followed."""
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError):
        return False
