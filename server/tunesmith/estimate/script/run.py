"""One run of a script: its text, read as one launch of it would run it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import PurePosixPath

from tunesmith.estimate.script.evaluator import RunEvaluator
from tunesmith.estimate.script.modules import Modules
from tunesmith.estimate.script.passed import Passed, recipe_of
from tunesmith.knowledge.histories import packages_behind
from tunesmith.knowledge.releases import releases
from tunesmith.knowledge.versions import InForce, library
from tunesmith.lint.arguments import Settled, literal, signature_in_force
from tunesmith.project import Project
from tunesmith.sources.launches import Launch
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_names import Names
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_values import Value


class ScriptRun(PythonScript):
    """A script whose values are those of one launch.

    Args:
        script: as rules see it.
        project: what stands around it.
        launch: None where none is known.
        takes_defaults: whether defaults count that whoever starts the script may override.

    Attributes:
        of: the script; what is known of it need not be found out again.
    """

    def __init__(
        self, script: PythonScript, project: Project, launch: Launch | None, *, takes_defaults: bool
    ) -> None:
        super().__init__(script.document, script.header, script.code)
        self.of = script
        self.launch = launch
        self._project = project
        self._takes_defaults = takes_defaults

    def calls(self, *names: str) -> Iterator[Call]:
        """As of the script: what is called does not depend on values."""
        for each in self.of.calls(*names):
            call = self.evaluator.call_of(self.index.call_site(each.node))
            if call:
                yield call

    @cached_property
    def names(self) -> Names:
        """As of the script."""
        return self.of.names

    @cached_property
    def evaluator(self) -> RunEvaluator:
        return RunEvaluator(
            self.index,
            self.names,
            self.span,
            Passed(self.launch, recipe_of(self.launch, self._project)),
            self.defaults_of,
            Modules(self.path, self._project, self._run_of).constant,
            takes_defaults=self._takes_defaults,
        )

    def _run_of(self, module: PythonScript) -> PythonScript:
        """A module that the script imports, in the same start; what it imports is not read."""
        alone = self._project._replace(stored_text=_no_text)
        return ScriptRun(module, alone, self.launch, takes_defaults=self._takes_defaults)

    def in_force(self, package: str) -> InForce:
        """The release of a library; the newest where an image or the like decides, unread."""
        found = library(package, self.of, self._project)
        known = releases(package)
        return found if found.version or not known else found._replace(version=max(known))

    def settled(self, call: Call) -> Settled | None:
        """A call with its class's signature; None where that is not known."""
        in_force = {each: self.in_force(each) for each in packages_behind(call.name)}
        found = signature_in_force(call.name, in_force)
        return Settled(self, call, found, in_force) if found else None

    def defaults_of(self, name: str) -> Mapping[str, Value] | None:
        """What a library's class takes in the release in force, with its defaults."""
        found = signature_in_force(
            name, {each: self.in_force(each) for each in packages_behind(name)}
        )
        if found is None:
            return None
        return {name: literal(each.facts.default) for name, each in found.parameters.items()}


def _no_text(_: PurePosixPath) -> None:
    return None
