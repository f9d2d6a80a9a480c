"""What the cells of a notebook install: `!pip install`, `%pip install`, `!uv pip install`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tunesmith.named_tuple import NamedTuple
from tunesmith.sources.document import CellKind, Document, Kind
from tunesmith.sources.launch_command import Word
from tunesmith.sources.requirements import Pin, read_requirement
from tunesmith.text import MappedText, regex

ORIGIN = "the pip cell"


class PipInstall(NamedTuple):
    """One `pip install`.

    Attributes:
        pins: the requirements in it.
        files: requirements files (`-r`) by the name that is written.
        upgrades: `-U`: what is installed gives way to the newest release.
        pre_releases: `--pre`: pre-releases are as good as releases.
        indexes: addresses of package indexes and folders of wheels that it names.
        is_open: a variable may stand for further requirements.
    """

    pins: Sequence[Pin] = ()
    files: Sequence[str] = ()
    upgrades: bool = False
    pre_releases: bool = False
    indexes: Sequence[str] = ()
    is_open: bool = False


INSTALL = regex(
    r"\b(?:pip3?|pip3?\.\d+|uv\W+pip)(?:\W{1,200}|[ \t]+(?:-[\w-]+[ \t]+){1,4})install\b"
)
_LINE = regex(
    r"^[ \t]*(?:[\w, ]+=[ \t]*)?(?:!!?|%(?:sx|system|sh)[ \t]|%(?=(?:uv|pip)\b))[ \t]*"
    r"(?P<command>(?:[^\\\n]|\\[^\n]|\\\n)+)",
    re.MULTILINE,
)
_CELL_MAGIC = regex(r"\s*%%(\w+)[^\n]*(?:\n|\Z)")
_SHELL_MAGICS = ("bash", "sh", "shell", "system", "sx", "cmd", "script")
_BRACES = regex(r"(?<!\$)\{[^{}\n]*\}")
_PROGRAM = regex(r"(?:.*[/\\])?(?:pip3?(?:\.\d+)?|uv)", re.DOTALL)
_FLAGS = regex(r"-[a-zA-Z]+")
_INDEX_OPTIONS = ("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--index",
                  "--default-index")  # fmt: skip
_FILE_OPTIONS = ("-r", "--requirement", "--requirements")
_OPTIONS_WITH_VALUE = (
    "-b", "-c", "-e", "-p", "-t", "--abi", "--cache-dir", "--cert", "--config-settings",
    "--constraint", "--constraints", "--editable", "--exclude-newer", "--extra", "--group",
    "--implementation", "--link-mode", "--log", "--no-binary", "--no-build-package",
    "--only-binary", "--overrides", "--platform", "--prefix", "--progress-bar", "--proxy",
    "--python", "--python-version", "--resume-retries", "--retries", "--root", "--root-user-action",
    "--src", "--target", "--timeout", "--torch-backend", "--trusted-host", "--upgrade-package",
    "--upgrade-strategy",
)  # fmt: skip

_BOUND_BY_ITSELF = ("unsloth", "unsloth-zoo")
"""Packages that admit few releases of others, for which no release could be told from theirs."""


def pip_installs(document: Document) -> Sequence[PipInstall]:
    """Every installation in a notebook's code cells, in order; none for other documents.

    A script that was a notebook has them, too, as `get_ipython().system('pip install trl')`.
    """
    is_notebook = document.kind is Kind.NOTEBOOK
    if not (INSTALL.search(document.text) if is_notebook else "get_ipython()" in document.text):
        return ()
    return [
        install
        for shell in (_shell_parts(document) if is_notebook else _converted_parts(document))
        for words in _commands(shell)
        if (install := _read(words, document)) is not None
    ]


def _shell_parts(document: Document) -> Iterator[MappedText]:
    from tunesmith.sources.commands.found import unified_line_ends

    for cell in document.cells:
        source = MappedText.slice(document.text, cell.span)
        if cell.kind is not CellKind.CODE or not INSTALL.search(source.text):
            continue
        source = unified_line_ends(source)
        magic = _CELL_MAGIC.match(source.text)
        if magic and magic[1] in _SHELL_MAGICS:
            yield source.part(magic.end(), len(source.text))
        else:
            yield from _shell_lines(source)


def _converted_parts(document: Document) -> Iterator[MappedText]:
    from tunesmith.sources.converted_notebook import converted_cells

    for magic, source in converted_cells(document.text):
        is_shell = magic is None or magic in _SHELL_MAGICS
        yield from [source] if is_shell else _shell_lines(source)


def _shell_lines(cell: MappedText) -> Iterator[MappedText]:
    """The lines of a cell that a shell, or pip, runs."""
    from tunesmith.sources.commands.found import OPEN_PART, substituted

    for line in _LINE.finditer(cell.text):
        shell = cell.part(*line.span("command"))
        if INSTALL.search(shell.text):
            yield substituted(shell, _BRACES, lambda braces: OPEN_PART * len(braces[0]))


def _commands(shell: MappedText) -> Iterator[Sequence[Word]]:
    from tunesmith.sources.commands.shell import ShellText  # its grammar loads only where needed

    for command in ShellText(shell).commands(INSTALL):
        yield command.words


def _read(words: Sequence[Word], document: Document) -> PipInstall | None:
    """The installation that a command's words ask for; None for another command."""
    texts = [word.text for word in words]
    if "install" not in texts:
        return None
    start = texts.index("install")
    if not any(text and _PROGRAM.fullmatch(text) for text in texts[:start]):
        return None
    return _Reader(words[start + 1 :], document).read()


class _Reader:
    """Sorts the arguments of `pip install`."""

    def __init__(self, words: Sequence[Word], document: Document) -> None:
        self._words = words
        self._document = document
        self._pins: list[Pin] = []
        self._files: list[str] = []
        self._indexes: list[str] = []
        self._upgrades = self._pre_releases = self._is_open = self._is_alone = False

    def read(self) -> PipInstall:
        words = iter(self._words)
        for word in words:
            text = word.known_text
            if word.text is None and not text:
                self._is_open = True
            elif text.startswith("-"):
                self._option(text, words)
            else:
                self._requirement(word)
        return PipInstall(
            tuple(map(self._unbound, self._pins) if self._is_alone else self._pins),
            tuple(self._files),
            self._upgrades,
            self._pre_releases,
            tuple(self._indexes),
            self._is_open,
        )

    @staticmethod
    def _unbound(pin: Pin) -> Pin:
        """What `--no-deps` installs of unsloth, whose own bounds do not count then: any release."""
        if pin.name not in _BOUND_BY_ITSELF or pin.is_exact or pin.requirement.url:
            return pin
        requirement = read_requirement(f"{pin.name} @ variable:")
        return pin._replace(requirement=requirement) if requirement else pin

    def _option(self, text: str, words: Iterator[Word]) -> None:
        name, equals, value = text.partition("=")
        if name in ("--upgrade", "--force-reinstall", "--reinstall"):
            self._upgrades = True
        elif name == "--no-deps":
            self._is_alone = True
        elif name == "--pre":
            self._pre_releases = True
        elif name == "--prerelease":
            self._pre_releases = (value or self._next(words)) == "allow"
        elif name in _INDEX_OPTIONS:
            self._indexes.append(value if equals else self._next(words))
        elif name in _FILE_OPTIONS:
            self._files.append(value if equals else self._next(words))
        elif name in _OPTIONS_WITH_VALUE and not equals:
            self._with_value(name, words)
        elif _FLAGS.fullmatch(text):
            self._flags(text, words)

    def _with_value(self, name: str, words: Iterator[Word]) -> None:
        word = next(words, None)
        if word and name in ("-e", "--editable"):
            self._requirement(word)

    def _flags(self, text: str, words: Iterator[Word]) -> None:
        """Short flags written together, as `-Uqr requirements.txt`."""
        self._upgrades |= "U" in text
        if text.endswith("r"):
            self._files.append(self._next(words))

    def _requirement(self, word: Word) -> None:
        if word.text is not None:
            requirement = read_requirement(word.text)
        else:
            name = re.match(r"[\w.-]+", word.prefix)
            requirement = read_requirement(f"{name[0]} @ variable:") if name else None
        if requirement:
            self._pins.append(
                Pin(requirement, ORIGIN, self._document.path, word.span, word.known_text)
            )

    @staticmethod
    def _next(words: Iterator[Word]) -> str:
        word = next(words, None)
        return (word.text or "") if word else ""
