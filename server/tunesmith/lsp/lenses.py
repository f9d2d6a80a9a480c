"""Lenses over text that is being typed: they stay at their lines while the code is broken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from lsprotocol import types

from tunesmith.lsp.documents import OpenDocument, Part

_QUIET = 0.1
"""Seconds in which several reasons to ask for lenses anew are one."""


class _Kept(NamedTuple):
    lens: types.CodeLens
    line: str


class Lenses:
    """The lenses that were shown last of each part.

    Args:
        refresh: asks the editor to request lenses anew.
    """

    def __init__(self, refresh: Callable[[], None]) -> None:
        self._refresh = refresh
        self._kept: dict[str, Sequence[_Kept]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def keep(self, part: Part, lenses: Sequence[types.CodeLens]) -> Sequence[types.CodeLens]:
        """Remember lenses with the lines that they stand at, and give them back."""
        self._kept[part.uri] = [
            _Kept(lens, part.lines.line_text(lens.range.start.line)) for lens in lenses
        ]
        return lenses

    def of_broken(self, part: Part) -> Sequence[types.CodeLens]:
        """The last lenses of a part, each at the nearest line that reads as its line did."""
        kept = self._kept.get(part.uri, ())
        if not kept:
            return ()
        lines: dict[str, list[int]] = {}
        for number in range(part.lines.line_count):
            lines.setdefault(part.lines.line_text(number), []).append(number)
        return [_at(each.lens, lines[each.line]) for each in kept if each.line in lines]

    def forget(self, opened: OpenDocument) -> None:
        """Forget a document that was closed."""
        for part in opened.parts:
            self._kept.pop(part.uri, None)

    def refresh_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ask for lenses anew: what they rest on has changed, but not their text."""
        if self._timer is None and self._kept:
            self._timer = loop.call_later(_QUIET, self._refresh_now)

    def _refresh_now(self) -> None:
        self._timer = None
        self._refresh()


def _at(lens: types.CodeLens, numbers: Iterable[int]) -> types.CodeLens:
    start, end = lens.range.start, lens.range.end
    line = min(numbers, key=lambda number: abs(number - start.line))
    lens.range = types.Range(
        types.Position(line, start.character), types.Position(line, end.character)
    )
    return lens
