"""What `[tool.uv]` says of versions: dates, pre-releases, bounds, other sources.

Reference: https://docs.astral.sh/uv/reference/settings/
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast
from urllib.parse import urlsplit

from tunesmith.knowledge.resolution import Early, Order
from tunesmith.named_tuple import NamedTuple
from tunesmith.pep508 import Requirement, canonicalize_name
from tunesmith.sources.requirements import read_requirement
from tunesmith.text import regex

TORCH_FAMILY = frozenset(
    {"fsspec", "jinja2", "numpy", "pillow", "torch", "torchao", "torchaudio", "torchvision",
     "triton", "xformers"}
)  # fmt: skip
"""Tracked packages that PyTorch's index holds. uv takes them from there alone, if it is named."""


class UvSettings(NamedTuple):
    """How uv chooses versions.

    Attributes:
        exclude_newer: the moment from which on uploads do not count.
        exclude_newer_package: the same for single packages; None lifts it.
        elsewhere: packages that come from somewhere else, and why that makes them unknown.
        foreign_index: the host or folder that any package may come from; None where all come from
            the public index, the only one that the tables know.
    """

    constraints: Sequence[Requirement] = ()
    overrides: Sequence[Requirement] = ()
    exclude_newer: datetime.datetime | None = None
    exclude_newer_package: tuple[tuple[str, datetime.datetime | None], ...] = ()
    early: Early = Early.IF_NECESSARY
    order: Order = Order.HIGHEST
    elsewhere: Mapping[str, str] = MappingProxyType({})
    foreign_index: str | None = None


def read_uv_settings(
    table: Mapping[str, Any], today: datetime.date | None, where: str
) -> UvSettings:
    """The settings in a `[tool.uv]`; what cannot be read is left out.

    Args:
        table: the table.
        today: what durations such as "30 days" count from.
        where: what users call its place: "the header".
    """
    dates = _table(table.get("exclude-newer-package"))
    foreign = list(_foreign_indexes(table))
    elsewhere = dict(_elsewhere(table, where))
    if any(map(_is_torch_index, foreign)):
        reason = f"as {where} takes it from PyTorch's index"
        elsewhere = {**dict.fromkeys(TORCH_FAMILY, reason), **elsewhere}
    return UvSettings(
        tuple(_requirements(table.get("constraint-dependencies"))),
        tuple(_requirements(table.get("override-dependencies"))),
        moment(table.get("exclude-newer"), today),
        tuple((canonicalize_name(name), moment(value, today)) for name, value in dates.items()),
        _early(table.get("prerelease")),
        _order(table.get("resolution")),
        elsewhere,
        unknown_index(foreign),
    )


def unknown_index(addresses: Sequence[str]) -> str | None:
    """The host or folder of the first address that may hold any package.

    An address may carry a password.
    """
    found = (address for address in addresses if not _is_torch_index(address))
    return next((_host(address) or address.rpartition("@")[2] for address in found), None)


def holds_torch_only(addresses: Sequence[str]) -> bool:
    """Whether PyTorch's index is among the addresses."""
    return any(map(_is_torch_index, addresses))


_DATE = regex(r"\d{4}-\d\d-\d\d")
_DURATION = regex(r"(?:P(?=\d))?(\d+)\s*(d|days?|w|weeks?|h|hours?)", re.IGNORECASE)
_HOURS = regex(r"PT(\d+)H", re.IGNORECASE)


def moment(value: object, today: datetime.date | None) -> datetime.datetime | None:
    """The moment that an `exclude-newer` means; None where it cannot be read or lifts the limit.

    A date includes its day, in UTC as on the machines of jobs.
    """
    if isinstance(value, datetime.datetime):
        return value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
    text = value.isoformat() if isinstance(value, datetime.date) else value
    if not isinstance(text, str):
        return None
    if _DATE.fullmatch(text):
        return _start_of_day(text, datetime.timedelta(days=1))
    duration = _duration(text)
    if duration is not None:
        return _start_of_day(today.isoformat(), -duration) if today else None
    try:
        found = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _start_of_day(day: str, shift: datetime.timedelta) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(f"{day}T00:00:00+00:00") + shift
    except (ValueError, OverflowError):
        return None


def _duration(text: str) -> datetime.timedelta | None:
    hours, match = _HOURS.fullmatch(text), _DURATION.fullmatch(text)
    try:
        if hours:
            return datetime.timedelta(hours=int(hours[1]))
        if match:
            unit = {"d": "days", "w": "weeks", "h": "hours"}[match[2][0].lower()]
            return datetime.timedelta(**{unit: int(match[1])})
    except OverflowError:
        return datetime.timedelta.max
    return None


def _early(value: object) -> Early:
    names = {"if-necessary-or-explicit": Early.IF_NECESSARY}
    try:
        return names.get(str(value)) or Early(value)
    except ValueError:
        return Early.IF_NECESSARY


def _order(value: object) -> Order:
    try:
        return Order(value)
    except ValueError:
        return Order.HIGHEST


def _requirements(value: object) -> Iterator[Requirement]:
    for text in _strings(value):
        requirement = read_requirement(text)
        if requirement:
            yield requirement


def _elsewhere(table: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
    """The packages that `[tool.uv.sources]` names."""
    for name, value in _table(table.get("sources")).items():
        sources = cast("list[object]", value) if isinstance(value, list) else [value]
        kinds = [key for source in sources for key in _table(source) if key in _KINDS]
        if kinds:
            yield canonicalize_name(name), f"as {where} takes it from {_KINDS[kinds[0]]}"


_KINDS = {
    "git": "a Git repository",
    "url": "a URL",
    "path": "a folder",
    "workspace": "the workspace",
    "index": "an index of its own",
}


def _foreign_indexes(table: Mapping[str, Any]) -> Iterator[str]:
    """The addresses of indexes that any package may come from, the public index left out."""
    addresses = [*_strings(table.get("extra-index-url")), *_strings(table.get("find-links"))]
    if isinstance(table.get("index-url"), str):
        addresses.append(table["index-url"])
    listed: object = table.get("index")
    for index in cast("list[object]", listed) if isinstance(listed, list) else ():
        about = _table(index)
        if isinstance(about.get("url"), str) and about.get("explicit") is not True:
            addresses.append(about["url"])
    yield from foreign(addresses)


def foreign(addresses: Sequence[str]) -> Iterator[str]:
    """The addresses without those of the public index."""
    return (address for address in addresses if not _PUBLIC_HOST.fullmatch(_host(address)))


_PUBLIC_HOST = regex(r"(?:www\.)?pypi\.[a-z]+")


def _is_torch_index(address: str) -> bool:
    return "pytorch" in _host(address).split(".")


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _table(value: object) -> Mapping[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _strings(value: object) -> Sequence[str]:
    values = cast("list[object]", value) if isinstance(value, list) else ()
    return [each for each in values if isinstance(each, str)]
