"""What was read of releases, which never change: kept outside the repository."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tables.index import File, Index


def folder() -> Path:
    cache = os.environ.get("TUNESMITH_CACHE") or Path.home() / ".cache/tunesmith-dev"
    return Path(cache) / "wheels-read"


class Reader:
    """Reads one release's metadata and files, the wheel only where the cache lacks them.

    Not for use by two threads; `close` keeps what was read.
    """

    def __init__(self, index: Index, file: File) -> None:
        self._index, self._file = index, file
        self._path = folder() / f"{file.name}.json"
        self._kept = self._read()
        self._is_changed = False
        self._wheel: Any = None

    def requirements(self) -> Sequence[str]:
        if "requires" not in self._kept:
            self._keep("requires", self._index.requirements(self._file))
        return self._kept["requires"]

    def files(self) -> Sequence[str]:
        """The paths of the wheel's files."""
        if "files" not in self._kept:
            self._keep("files", self._opened().files())
        return self._kept["files"]

    def text(self, path: str) -> str | None:
        """The text of one of the wheel's files; None where there is none."""
        texts = self._kept.setdefault("texts", {})
        if path not in texts and path in self.files():
            texts[path] = self._opened().read(path)
            self._is_changed = True
        return texts.get(path)

    def close(self) -> None:
        if self._is_changed:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial = self._path.with_suffix(f".{os.getpid()}.partial")
            partial.write_text(json.dumps(self._kept), "utf-8")
            partial.replace(self._path)

    def _opened(self) -> Any:
        self._wheel = self._wheel or self._index.wheel(self._file)
        return self._wheel

    def _keep(self, key: str, value: Any) -> None:
        self._kept[key], self._is_changed = value, True

    def _read(self) -> dict[str, Any]:
        try:
            return json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
