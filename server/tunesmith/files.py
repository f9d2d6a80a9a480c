"""Files on disk: read as documents, and changed without losing what we do not understand."""

from __future__ import annotations

import codecs
import os
import re
import stat
from pathlib import Path

from tunesmith.named_tuple import NamedTuple
from tunesmith.platform import copy_ownership, project_path
from tunesmith.sources.document import MAX_CHARACTERS, Document, Kind, kind_of, notebook
from tunesmith.sources.notebook import NotebookError, read_cells, replace_sources
from tunesmith.text import regex

MAX_BYTES = 4 * MAX_CHARACTERS
"""Larger text files are not read at all."""
MAX_NOTEBOOK_BYTES = 64 * 1024 * 1024
"""Larger notebooks are not read at all: their pictures and outputs are in the same file."""

MAX_TEXT_BYTES = 8 * 1024 * 1024
"""What is read of a configuration, a lock file or the like."""


class UnreadableFileError(Exception):
    """A file that cannot be read; the message says why, without the path."""


class BinaryFileError(UnreadableFileError):
    """A file that is no text."""


class UnwritableFileError(Exception):
    """A file that could not be changed, and is as it was; the message says why."""


def read_bytes(path: Path) -> bytes:
    """The bytes of a file that is not too large to be checked.

    Raises:
        UnreadableFileError: there is none, or it is too large.
    """
    limit = MAX_NOTEBOOK_BYTES if kind_of(path) is Kind.NOTEBOOK else MAX_BYTES
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnreadableFileError("it is no regular file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise UnreadableFileError(error.strerror or str(error)) from None
    except ValueError as error:  # a NUL in the path
        raise UnreadableFileError(str(error)) from None
    if len(data) > limit:
        raise UnreadableFileError(f"it is larger than {limit:,} bytes; such files are not checked")
    return data


def read_text(path: Path) -> str:
    """The first MAX_TEXT_BYTES of a file that is no document; empty where it cannot be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # to open a pipe is to wait
            return ""
        with path.open("rb") as file:
            data = file.read(MAX_TEXT_BYTES)
    except (OSError, ValueError):
        return ""
    return data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")


def read_document(path: Path) -> Document:
    """The document in a file.

    Raises:
        UnreadableFileError: there is none, or it is no text.
    """
    return document_of(path, read_bytes(path))


def document_of(path: Path, data: bytes) -> Document:
    """The document that a file of that name with these bytes holds.

    Raises:
        UnreadableFileError: the bytes are no text, or the name tells no kind.
    """
    kind = kind_of(path)
    if kind is None:
        raise UnreadableFileError(
            "Tunesmith does not read files of this kind; it reads Python, notebooks, shell, "
            "PowerShell, Make, YAML, Docker and Markdown files"
        )
    text = _decode(data, _encoding(data, kind))
    name = project_path(path)
    if kind is not Kind.NOTEBOOK:
        return Document(name, kind, text)
    try:
        return notebook(name, read_cells(text))
    except NotebookError as error:
        raise UnreadableFileError(str(error)) from None


def write_document(path: Path, before: Document, after: Document) -> None:
    """Put a changed document in the place of the one that was read from a file.

    Raises:
        UnwritableFileError: the file changed since it was read, or the system refuses.
    """
    try:
        data = read_bytes(path)
        now = document_of(path, data)
    except UnreadableFileError as error:
        raise UnwritableFileError(f"it can no longer be read: {error}") from None
    if now.text != before.text or now.cells != before.cells:
        raise UnwritableFileError("it changed since it was read; check it again")
    _replace(path, changed_bytes(data, before, after))


def write_new(path: Path, text: str, *, replace: bool) -> None:
    """Write a file whole or not at all.

    Raises:
        UserError: it is there, and not to be replaced, or it cannot be written.
    """
    from tunesmith.errors import UserError

    try:
        if replace and path.exists():
            _replace(path, text.encode())
            return
        with path.open("x", encoding="utf-8", newline="\n") as file:
            try:
                file.write(text)
                file.flush()  # a full disk shows only now
            except OSError:
                path.unlink(missing_ok=True)
                raise
    except FileExistsError:
        raise UserError(f"{path.name} exists", "choose another name") from None
    except (OSError, UnwritableFileError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise UserError(f"{path} cannot be written: {reason}", "choose another place") from None


def changed_bytes(data: bytes, before: Document, after: Document) -> bytes:
    """What a file with these bytes, which hold one document, holds after it became another.

    Raises:
        UnwritableFileError: the file's encoding has no place for the new text.
    """
    encoding = _encoding(data, after.kind)
    text = after.text
    if after.kind is Kind.NOTEBOOK:
        text = replace_sources(_decode(data, encoding), _changed_cells(before, after))
    return _encode(text, encoding)


class _Encoding(NamedTuple):
    codec: str
    mark: bytes


_MARKS = (  # those of UTF-32 first, as one of them begins like one of UTF-16
    _Encoding("utf-32-le", codecs.BOM_UTF32_LE),
    _Encoding("utf-32-be", codecs.BOM_UTF32_BE),
    _Encoding("utf-16-le", codecs.BOM_UTF16_LE),
    _Encoding("utf-16-be", codecs.BOM_UTF16_BE),
    _Encoding("utf-8", codecs.BOM_UTF8),
)
_COOKIE = regex(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)
_QUADRATIC = ("punycode", "idna")
"""Codecs that are no source encodings and take minutes for a large text."""


def _encoding(data: bytes, kind: Kind) -> _Encoding:
    for encoding in _MARKS:
        if data.startswith(encoding.mark):
            return encoding
    if kind is Kind.PYTHON:
        first_lines = b"\n".join(re.split(rb"\r\n|\r|\n", data[:1000], maxsplit=2)[:2])
        cookie = _COOKIE.search(first_lines)
        if cookie:
            return _declared(cookie[1].decode("ascii", "replace"))
    return _Encoding("utf-8", b"")


def _declared(name: str) -> _Encoding:
    name = re.sub(r"-(?:unix|dos|mac)\Z", "", name)  # as Emacs writes it
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        codec = _QUADRATIC[0]
    if codec in _QUADRATIC:
        raise UnreadableFileError(
            f"its coding line names {name!r}, which is no text encoding; use one such as utf-8"
        )
    return _Encoding(codec, b"")


def _decode(data: bytes, encoding: _Encoding) -> str:
    if b"\0" in data and not encoding.codec.startswith(("utf-16", "utf-32")):
        raise BinaryFileError("it holds NUL bytes, so it is no text file")
    try:
        return data[len(encoding.mark) :].decode(encoding.codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableFileError(
            f"line {line} is no valid {encoding.codec}: save the file as UTF-8, or declare its "
            "encoding in a Python file's first line: # -*- coding: latin-1 -*-"
        ) from None
    except (LookupError, UnicodeError) as error:
        raise UnreadableFileError(f"it cannot be decoded: {error}") from None


def _encode(text: str, encoding: _Encoding) -> bytes:
    try:
        return encoding.mark + text.encode(encoding.codec)
    except UnicodeEncodeError as error:
        character = text[error.start]
        raise UnwritableFileError(f"its encoding {encoding.codec} has no {character!r}") from None


def _changed_cells(before: Document, after: Document) -> dict[int, str]:
    pairs = enumerate(zip(before.cells, after.cells, strict=True))
    sources = (
        (index, before.text[slice(*old.span)], after.text[slice(*new.span)])
        for index, (old, new) in pairs
    )
    return {index: new for index, old, new in sources if old != new}


def _replace(path: Path, data: bytes) -> None:
    """Write a file beside the target, then put it in the target's place in one step."""
    import tempfile

    target = path.resolve()
    try:
        status = target.stat()
        if not status.st_mode & 0o222:
            raise UnwritableFileError("it is read-only; make it writable first")
        handle, name = tempfile.mkstemp(prefix=".tunesmith-", dir=target.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            copy_ownership(status, temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UnwritableFileError(f"{error.strerror or error}; the file is as it was") from None
