"""What will be installed for a script, layer over layer, and who says so.

Where the layers come from, strongest first, as `uv run` (0.13) and `pip` treat them:

- A script with a header: what `--with` (or `dependencies=`) adds lies over the header's own
  environment and wins; the header's versions are only preferred in it. Then the script's lock, in
  so far as the header still admits it, then the header. A job gets the script alone, so that
  neither its lock nor a file beside it counts there.
- A notebook: its pip cells, then what a script without a header has.
- A script without a header: what it demands by `require_version`, requirements files,
  pyproject.toml and its lock, nearest folder first, then what is installed for the user's
  interpreter; where that is not known, what its own code installs, then what a README or another
  file beside tells to install.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from types import MappingProxyType
from typing import Any, cast
from weakref import WeakKeyDictionary

from packaging.version import InvalidVersion, Version

from tunesmith.knowledge.releases import releases
from tunesmith.knowledge.resolution import Early
from tunesmith.knowledge.uv_settings import (
    TORCH_FAMILY,
    UvSettings,
    foreign,
    holds_torch_only,
    read_uv_settings,
    unknown_index,
)
from tunesmith.mentioned_pins import installed_by_code
from tunesmith.named_tuple import NamedTuple
from tunesmith.pep508 import InvalidSpecifier, SpecifierSet
from tunesmith.project import Environment, FolderFacts, Project
from tunesmith.sources.document import Kind, kind_of
from tunesmith.sources.launches import Launch
from tunesmith.sources.pip_cells import PipInstall, pip_installs
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_snippet import PythonSnippet
from tunesmith.sources.requirements import Pin, read_requirement
from tunesmith.sources.script_header import ScriptHeader
from tunesmith.text import regex

HEADER = "the header"
_IMAGE_PYTHON = Version("3.12")
_PYTHONS = tuple(Version(f"3.{minor}") for minor in (12, 11, 10, 13, 14, 9, 8))
"""Which Python is assumed where nobody says: the first that is admitted."""


class Python(NamedTuple):
    """The Python that runs a script; its version is None where it cannot be told."""

    version: Version | None
    reason: str


class Installation(NamedTuple):
    """What is installed for one way to run a script.

    Attributes:
        python: what runs it.
        pins: the requirements that are installed together.
        additions: requirements that are installed over them, as by `--with`.
        locked: exact versions by package, preferred where `pins` admit them.
        uv: how versions are chosen.
        requires_python: the Pythons that are admitted, as written.
        environment: what is installed where the script runs, which counts where `pins` admit it.
        is_whole: nothing else is installed: what is neither named nor required is missing.
        may_clash: `pins` that contradict each other are installed one after the other.
        rest_unknown: why nobody can tell what is installed beside `pins`, as the end of a sentence.
        others_unknown: why nobody can tell the release of a package that `pins` neither name nor
            bring along, as the end of a sentence.
        unknown: why nobody can tell what is installed at all.
    """

    python: Python
    pins: Sequence[Pin] = ()
    additions: Sequence[Pin] = ()
    locked: Mapping[str, Pin] = MappingProxyType({})
    uv: UvSettings = UvSettings()
    requires_python: str | None = None
    environment: Environment | None = None
    is_whole: bool = False
    may_clash: bool = False
    rest_unknown: str | None = None
    others_unknown: str | None = None
    unknown: str | None = None

    @property
    def solver_python(self) -> Version:
        """The Python to choose releases for."""
        return self.python.version or default_python(self.requires_python)


_known: WeakKeyDictionary[PythonScript, tuple[Project, Sequence[Installation]]] = (
    WeakKeyDictionary()
)


def installations(script: PythonScript, project: Project) -> Sequence[Installation]:
    """What is installed for a script in each of the ways in which it is run; at least one."""
    known = _known.get(script)
    if known is None or known[0] is not project:
        found = _Reader(script, project).installations()
        found = [_supposing(project.supposed, each) for each in found]
        known = _known[script] = (project, found)
    return known[1]


def _supposing(pins: Sequence[Pin], found: Installation) -> Installation:
    """An installation in which some requirements take the place of those of the same packages."""
    names = {pin.name for pin in pins}
    rest, additions = (
        [pin for pin in stated if pin.name not in names] for stated in (found.pins, found.additions)
    )
    return found._replace(pins=[*rest, *pins], additions=additions)


class _Reader:
    def __init__(self, script: PythonScript, project: Project) -> None:
        self._script = script
        self._project = project
        self._header = script.header
        self._cells = pip_installs(script.document)

    def installations(self) -> Sequence[Installation]:
        if self._header and not self._header.table and self._header.errors:
            unread = "as the header cannot be read"
            return [Installation(Python(None, unread), unknown=unread)]
        if isinstance(self._script, PythonSnippet) and not self._header:
            return [self._of_snippet(self._script)]
        launches = self._project.launches_of(self._script.path)
        if launches:
            distinct = {launch.installs: launch for launch in launches}
            return [self._of_launch(launch) for launch in distinct.values()]
        if self._header:
            is_job = self._header.jobs_table is not None
            return [self._of_header(self._header, is_job=is_job)]
        return [self._of_files(self._python_here(None))]

    def _of_launch(self, launch: Launch) -> Installation:
        if launch.unknown:
            return Installation(Python(None, launch.unknown), unknown=launch.unknown)
        python = self._python_of_job(launch)
        if self._header:
            found = self._of_header(self._header, is_job=True)
            return found._replace(python=python, additions=launch.additions)
        if launch.additions:
            return Installation(python, additions=launch.additions, is_whole=True)
        return self._of_files(python)._replace(environment=None)

    def _of_snippet(self, snippet: PythonSnippet) -> Installation:
        """What those have who follow a document: what it tells to install, and its folder."""
        found = self._of_files(Python(None, _NO_INTERPRETER))
        named = {pin.name for pin in snippet.installs}
        rest = [pin for pin in found.pins if not (pin.name in named or _is_of_other_text(pin))]
        return found._replace(
            pins=[*snippet.installs, *rest],
            environment=None,
            others_unknown="as the document does not tell to install it",
        )

    def _of_header(self, header: ScriptHeader, *, is_job: bool) -> Installation:
        path, today = header.path, self._project.today
        pins = [
            Pin(requirement, HEADER, path, entry.span, entry.text)
            for entry in header.dependencies
            if (requirement := read_requirement(entry.text))
        ]
        own = _table(_table(header.table.get("tool")).get("uv"))
        locked: dict[str, Pin] = {}
        if not is_job:
            locked = self._locked()
            around = self._uv_around()
            own = {**{key: around[key] for key in _SHARED_KEYS if key in around}, **own}
        python = self._python_of_job(None) if is_job else self._python_here(header.requires_python)
        return Installation(
            python,
            pins,
            locked=locked,
            uv=read_uv_settings(own, today, HEADER),
            requires_python=header.requires_python,
            is_whole=True,
            others_unknown=_BY_ITSELF if _installs_by_itself(self._script) else None,
        )

    def _locked(self) -> dict[str, Pin]:
        path = self._script.path
        facts = self._project.folders.get(path.parent)
        pins = facts.locks.get(path.name, ()) if facts else ()
        return {pin.name: pin for pin in pins}

    def _uv_around(self) -> Mapping[str, Any]:
        """`[tool.uv]` of the project that the script lies in."""
        for facts in self._project.facts_above(self._script.path):
            if facts.uv:
                return facts.uv
        return {}

    def _of_files(self, python: Python) -> Installation:
        cells = _CellPins(self._cells, self._project, self._script)
        around = list(self._project.facts_above(self._script.path))
        pins = [*cells.pins, *_demanded(self._script)]
        for facts in around:
            named = {pin.name for pin in pins}
            pins += [pin for pin in facts.pins if pin.name not in named]
        environment = cells.left_of(self._project.environment_for(self._script.path))
        if environment is None:
            told = _told_in(self._script, named={pin.name for pin in cells.pins})
            pins += _mentioned(around, pins, told, cells.upgraded, self._script.document.kind)
        settings = read_uv_settings(self._uv_around(), self._project.today, "pyproject.toml")
        indexes = [address for facts in around for address in facts.indexes]
        settings = _with_indexes(settings, list(foreign([*indexes, *cells.indexes])))
        if cells.pre_releases:
            settings = settings._replace(early=Early.ALLOW)
        return Installation(
            python,
            pins,
            uv=settings,
            requires_python=next((f.requires_python for f in around if f.requires_python), None),
            environment=environment,
            may_clash=True,
            rest_unknown=_OPEN_CELL if cells.is_open else None,
        )

    def _python_here(self, requires: str | None) -> Python:
        environment = self._project.environment_for(self._script.path)
        version = environment.python if environment else None
        if environment and version and admits_python(requires, version):
            return Python(version, f"of {environment.name}")
        if requires:
            chosen = default_python(requires)
            return Python(chosen, f"as requires-python = {requires!r} in the header admits it")
        return Python(None, _NO_INTERPRETER)

    def _python_of_job(self, launch: Launch | None) -> Python:
        requires = self._header.requires_python if self._header else None
        told, image = (launch.python, launch.image) if launch else (None, None)
        if self._header and not (launch and launch.is_call):
            table = _table(self._header.jobs_table)
            told, image = told or table.get("python"), image or table.get("image")
        if isinstance(told, str):
            return _told_python(told)
        if isinstance(image, str):
            return _python_of_image(image)
        if admits_python(requires, _IMAGE_PYTHON):
            return Python(_IMAGE_PYTHON, "of the default image of jobs")
        return Python(default_python(requires), f"as requires-python = {requires!r} admits it")


_BY_ITSELF = "as the script installs packages by itself"
_NO_INTERPRETER = "as nothing says which interpreter runs the script"
_SHARED_KEYS = (
    "exclude-newer", "exclude-newer-package", "extra-index-url", "find-links", "index", "index-url",
    "prerelease", "resolution",
)  # fmt: skip
"""Settings of a project that hold for a script in it, too, when it is run on this machine."""


def _told_python(told: str) -> Python:
    text = told.lower().removeprefix("cpython").lstrip("@-").removeprefix("python")
    try:
        return Python(Version(text), f"as Python {told} is asked for")
    except InvalidVersion:
        return Python(None, f"as {told!r} is asked for")


def _python_of_image(image: str) -> Python:
    _, is_uv, tag = image.rpartition("uv:python")
    try:
        return Python(Version(tag.partition("-")[0] if is_uv else ""), f"of the image {image}")
    except InvalidVersion:
        return Python(None, f"as the image {image} decides")


def admits_python(requires: str | None, version: Version) -> bool:
    """Whether a `requires-python` admits a Python; "3.12" stands for its newest patch."""
    try:
        specifier = SpecifierSet(requires or "")
    except InvalidSpecifier:
        return True
    newest_patch = Version(f"{version}.99") if len(version.release) == 2 else version
    return specifier.contains(newest_patch) or specifier.contains(version)


def default_python(requires: str | None) -> Version:
    """The Python that is assumed: that of jobs, else the nearest that is admitted."""
    return next((each for each in _PYTHONS if admits_python(requires, each)), _IMAGE_PYTHON)


_COMMENT = regex(r"^[ \t]*#.*", re.MULTILINE)
_DEMAND = regex(r"\b(?:require|check)_version\(\s*[\"']([^\"'\n]+)[\"']")


def _demanded(script: PythonScript) -> Iterator[Pin]:
    """What a script itself refuses to run without: `require_version("trl<=0.9.6")`."""
    for match in _DEMAND.finditer(script.text):
        requirement = read_requirement(match[1])
        if requirement:
            yield Pin(requirement, "the script", script.path, text=match[1])


def _installs_by_itself(script: PythonScript) -> bool:
    if "install" not in script.text:
        return False
    from tunesmith.sources.self_installs import installs_by_itself  # only such scripts pay for it

    return installs_by_itself(script)


def _told_in(script: PythonScript, named: Set[str]) -> Iterator[Pin]:
    """Which releases a script's own code installs, or tells to install, beside its pip cells.

    A cell that is commented out installs nothing, and the others say what does, also where a
    notebook has become a script.
    """
    if "get_ipython" in script.text:
        return
    is_notebook = script.document.kind is Kind.NOTEBOOK
    code = _COMMENT.sub("", script.text) if is_notebook else script.text
    for text in dict.fromkeys(installed_by_code(code)):
        requirement = read_requirement(text)
        if requirement and requirement.name not in named:
            pin = Pin(requirement, "the script", script.path, text=text, is_hearsay=True)
            if _is_decisive(pin):
                yield pin


def _mentioned(
    around: Sequence[FolderFacts],
    pins: Sequence[Pin],
    own: Iterable[Pin],
    newest: Set[str],
    kind: Kind,
) -> Iterator[Pin]:
    """What people are told to install, of packages whose release nothing stronger decides.

    What a notebook installs holds for the scripts beside that it starts, for no other notebook.
    """
    is_notebook = kind is Kind.NOTEBOOK
    decided = set(newest) | {pin.name for pin in pins if _is_decisive(pin)}
    beside = (
        [pin for pin in facts.mentioned if not (is_notebook and _is_of_notebook(pin))]
        for facts in around
    )
    for told in (own, *beside):
        found = [pin for pin in told if pin.name not in decided]
        decided |= {pin.name for pin in found}
        yield from found


def _is_of_other_text(pin: Pin) -> bool:
    """Whether another page of a documentation says it; a README speaks for its folder."""
    if pin.path is None or kind_of(pin.path) is not Kind.MARKDOWN:
        return False
    return not pin.path.name.lower().startswith("readme")


def _is_of_notebook(pin: Pin) -> bool:
    return pin.path is not None and kind_of(pin.path) is Kind.NOTEBOOK


def _is_decisive(pin: Pin) -> bool:
    """Whether a requirement says more than from which release on."""
    operators = {each.operator for each in pin.requirement.specifier}
    return pin.requirement.url is not None or not operators <= {">=", ">", "!="}


_OPEN_CELL = "as a pip cell installs what the notebook does not tell"


class _CellPins:
    """What a notebook's pip cells leave installed: the last one wins, where it changes anything."""

    def __init__(self, cells: Sequence[PipInstall], project: Project, script: PythonScript) -> None:
        self.indexes = [address for cell in cells for address in cell.indexes]
        self.pre_releases = any(cell.pre_releases for cell in cells)
        self._pins: dict[str, Sequence[Pin]] = {}
        self._files = list(_files_of(project, script))
        self.upgraded: set[str] = set()
        self.is_open = False
        for cell in cells:
            self._install(cell)

    def left_of(self, environment: Environment | None) -> Environment | None:
        """What was installed before and no cell upgrades."""
        if environment is None or not self.upgraded:
            return environment
        kept = {n: v for n, v in environment.packages.items() if n not in self.upgraded}
        return environment._replace(packages=kept)

    @property
    def pins(self) -> Iterator[Pin]:
        for pins in self._pins.values():
            yield from pins

    def _install(self, cell: PipInstall) -> None:
        if cell.is_open:
            self.is_open = True
        for pin in (*cell.pins, *self._required(cell.files)):
            if cell.upgrades:
                self.upgraded.add(pin.name)
            before = [] if cell.upgrades else list(self._pins.get(pin.name, ()))
            self._pins[pin.name] = [*before, pin] if _agree([*before, pin]) else [pin]

    def _required(self, names: Sequence[str]) -> Iterator[Pin]:
        wanted = {name.rpartition("/")[2] for name in names}
        found = [pin for pin in self._files if pin.origin in wanted]
        if wanted - {pin.origin for pin in found}:
            self.is_open = True
        yield from found


def _files_of(project: Project, script: PythonScript) -> Iterator[Pin]:
    for facts in project.facts_above(script.path):
        yield from facts.pins


def _agree(pins: Sequence[Pin]) -> bool:
    """Whether one release satisfies all of them."""
    if any(pin.requirement.url for pin in pins):
        return all(not pin.requirement.specifier for pin in pins if not pin.requirement.url)
    specifier = SpecifierSet()
    for pin in pins:
        specifier &= pin.requirement.specifier
    known = releases(pins[0].name)
    return len(pins) == 1 or any(True for _ in specifier.filter(known))


def _with_indexes(settings: UvSettings, addresses: Sequence[str]) -> UvSettings:
    if not addresses:
        return settings
    elsewhere = dict(settings.elsewhere)
    if holds_torch_only(addresses):
        elsewhere.update(dict.fromkeys(TORCH_FAMILY, "as it comes from PyTorch's index"))
    return settings._replace(
        elsewhere=elsewhere, foreign_index=settings.foreign_index or unknown_index(addresses)
    )


def _table(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}
