"""Data sets of the Hub: what its clients keep on this machine, and what it answered us.

- What `datasets` prepared, in `HF_DATASETS_CACHE` (default: `datasets` in HF_HOME): for each
  configuration `dataset_info.json` and Arrow files.
- Files that the Hub's client downloaded, as far as they are all there.
- What `--online` was told (`hub.py`).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, cast

from tunesmith.data.local import format_of, of_split, read_files
from tunesmith.data.pieces import UnreadableDataError
from tunesmith.hub_cache import data_answer, hub_cache, hub_home, is_model_id, read_answer
from tunesmith.reason import GIVE_EXAMPLES, Reason
from tunesmith.sources.data_set import Cell, Origin, Row, StoredData

_MAX_INFO = 4 * 1024 * 1024
_READ = frozenset(
    {"messages", "conversations", "text", "prompt", "completion", "chosen", "rejected"}
)
"""Columns that trainers read by themselves; they have most of a row's text."""
_WEIGHT = 8
_SHARD = re.compile(r"-\d{5}-of-(\d{5})")
_ADDRESS = re.compile(r"hf://datasets/([^/@]+/[^/@]+)(?:@[^/]+)?/(.+)")


def hub_data(origin: Origin) -> StoredData:
    """What this machine knows of a data set on the Hub."""
    origin = named(origin)
    if origin.loader != "named" or not is_model_id(origin.name):
        return StoredData(problem=Reason(f"{origin} is not read", GIVE_EXAMPLES))
    places = (_downloaded,) if origin.files else (_prepared, _downloaded, _answered)
    problem = ""
    for place in places:
        try:
            found = place(origin)
        except UnreadableDataError as reason:
            problem = problem or str(reason)
            continue
        if found:
            return found
    if problem:
        return StoredData(problem=Reason(problem, GIVE_EXAMPLES))
    advice = GIVE_EXAMPLES if origin.files else f"--online asks the Hub, or {GIVE_EXAMPLES}"
    return StoredData(problem=Reason(f"{origin.name} is not on this machine", advice))


def named(origin: Origin) -> Origin:
    """Addresses of files on the Hub as files of a data set."""
    found = [_ADDRESS.fullmatch(each) for each in origin.files]
    matches = [each for each in found if each]
    if not matches or len(matches) < len(found) or len({each[1] for each in matches}) > 1:
        return origin
    return origin._replace(
        loader="named", name=matches[0][1], files=tuple(each[2] for each in matches)
    )


# Descriptions


class Part(NamedTuple):
    """A split: how many rows, and bytes of all of them in memory; None where that is not told."""

    rows: int
    size: int | None


class Description(NamedTuple):
    """A configuration of a data set.

    Attributes:
        texts: its columns with text.
        parts: its splits.
        columns: all of them; none where they are not told.
    """

    texts: Sequence[str]
    parts: Mapping[str, Part]
    columns: Sequence[str] = ()


def read_descriptions(content: object) -> Mapping[str, Description]:
    """The configurations that something describes; nothing where it describes none.

    Args:
        content: what stands at `dataset_info` in a card or in an answer of the data set viewer: one
            configuration, a list of them, or a dict of them by name.
    """
    if isinstance(content, list):
        rows = [_dict(each) for each in cast("list[object]", content)]
        named = {str(each.get("config_name", "default")): each for each in rows}
    else:
        whole = _dict(content)
        is_one = "splits" in whole
        named = {str(whole.get("config_name", "default")): whole} if is_one else whole
    found = {name: _description(_dict(each)) for name, each in named.items()}
    return {name: each for name, each in found.items() if each.parts}


def _description(fields: Mapping[str, Any]) -> Description:
    features = fields.get("features")
    columns = _dict(features)
    if isinstance(features, list):
        rows = [_dict(each) for each in cast("list[object]", features)]
        columns = {str(each.get("name")): {**each, "name": ""} for each in rows}
    texts = [name for name, feature in columns.items() if _has_text(feature)]
    parts: dict[str, Part] = {}
    for name, each in _splits(fields.get("splits")):
        rows, size = each.get("num_examples"), each.get("num_bytes")
        if isinstance(rows, int) and rows >= 0:
            parts[name] = Part(rows, int(size) if isinstance(size, (int, float)) else None)
    return Description(texts, parts, list(columns))


def _splits(value: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, list):
        for each in cast("list[object]", value):
            yield str(_dict(each).get("name")), _dict(each)
    else:
        yield from ((name, _dict(each)) for name, each in _dict(value).items())


def _dict(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _has_text(feature: object, depth: int = 0) -> bool:
    if depth > 20:
        return False
    if isinstance(feature, dict):
        parts = cast("dict[str, object]", feature).items()
        return any(_has_text(each, depth + 1) for name, each in parts if name != "name")
    if isinstance(feature, list):
        return any(_has_text(each, depth + 1) for each in cast("list[object]", feature))
    return feature in ("string", "large_string")


def chosen(known: Mapping[str, Description], origin: Origin) -> str | None:
    """The configuration that is wanted; None where it is not described, or not clear which."""
    if origin.configuration:
        return origin.configuration if origin.configuration in known else None
    if "default" in known:
        return "default"
    return next(iter(known)) if len(known) == 1 else None


def _described(
    description: Description, origin: Origin, source: str, sample: StoredData | None = None
) -> StoredData:
    """The split that is wanted."""
    part = description.parts.get(origin.split)
    if part is None:
        has = ", ".join(description.parts)
        raise UnreadableDataError(f"{origin.name} has no split {origin.split!r}: it has {has}")
    if sample and (sample.sample or sample.columns):
        return sample._replace(source=source, rows=part.rows, is_counted=True)
    columns = _apportioned(description, part)
    return StoredData(source, part.rows, columns=columns, is_apportioned=True)


def _apportioned(description: Description, part: Part) -> Row:
    if not part.rows or part.size is None:
        return {}
    weights = {name: _WEIGHT if name in _READ else 1 for name in description.texts}
    whole = sum(weights.values())
    return {name: Cell(part.size / part.rows * each / whole) for name, each in weights.items()}


# Places


def _prepared(origin: Origin) -> StoredData | None:
    """What `datasets` prepared last."""
    folders = _newest(_prepared_folder(origin.name).glob("*/*/*/dataset_info.json"))
    infos = {name: _info_of(folder) for name, folder in folders.items()}
    known = {name: next(iter(each.values())) for name, each in infos.items() if each}
    name = chosen(known, origin)
    if name is None:
        return None
    sample = None
    with suppress(UnreadableDataError):
        files = sorted(folders[name].glob(f"*-{_escaped(origin.split)}*.arrow"))
        sample = read_files(Origin("arrow"), files[:1]) if files else None
    return _described(known[name], origin, _PREPARED, sample)


def _newest(paths: Iterable[Path]) -> Mapping[str, Path]:
    """The folder of the newest of some `CONFIGURATION/VERSION/HASH/FILE`, by configuration."""
    found: dict[str, tuple[float, Path]] = {}
    for path in paths:
        with suppress(OSError):
            name, age = path.parts[-4], path.stat().st_mtime
            if name not in found or found[name][0] < age:
                found[name] = age, path.parent
    return {name: folder for name, (_, folder) in found.items()}


_PREPARED = "the cache of datasets"


def _escaped(text: str) -> str:
    return re.sub(r"[*?\[\]]", "?", text)


def _prepared_folder(name: str) -> Path:
    """As `datasets` names it (datasets.builder, datasets.naming)."""
    owner, slash, own = name.rpartition("/")
    own = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", own)
    own = re.sub(r"([a-z\d])([A-Z])", r"\1_\2", own).lower()
    home = os.environ.get("HF_DATASETS_CACHE")
    base = Path(home).expanduser() if home else hub_home() / "datasets"
    return base / (f"{owner}___{own}" if slash else own)


def _info_of(folder: Path) -> Mapping[str, Description]:
    with suppress(OSError, ValueError, RecursionError):
        path = folder / "dataset_info.json"
        if path.stat().st_size <= _MAX_INFO:
            return read_descriptions(json.loads(path.read_text("utf-8")))
    return {}


def _downloaded(origin: Origin) -> StoredData | None:
    """The files of a split that the Hub's client has, if that is all of them."""
    folder = hub_cache() / ("datasets--" + origin.name.replace("/", "--"))
    main = _text(folder / "refs" / "main").strip()
    base = folder / "snapshots" / main
    if not re.fullmatch(r"[0-9a-f]{40}", main) or not base.is_dir():
        return None
    if origin.files:
        files = [base / name for name in origin.files]
        if not all(each.is_file() for each in files):
            return None
    else:
        whole = [each for each in sorted(base.rglob("*")) if format_of(each) and each.is_file()]
        own = [each for each in whole if origin.configuration in each.relative_to(base).parts]
        if origin.configuration and not own:
            return None
        files = list(of_split(own or whole, base, origin.split)) if whole else []
    if not files or not _is_complete(files):
        return None
    return read_files(origin, files)._replace(source="the cache of the Hub's client")


def _is_complete(files: Sequence[Path]) -> bool:
    """Whether no numbered file of several is missing."""
    wanted = [int(match[1]) for each in files if (match := _SHARD.search(each.name))]
    return not wanted or len(wanted) == max(wanted)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")[:100]
    except (OSError, ValueError):
        return ""


def _answered(origin: Origin) -> StoredData | None:
    answer = read_answer(data_answer(origin.name))
    if answer is None:
        return None
    known = read_descriptions(answer.content)
    name = chosen(known, origin)
    if name is None:
        return None
    return _described(known[name], origin, f"the Hub, asked on {answer.date}")
