"""A new training script: a template with the user's values, and the machine that fits them.

It writes nothing, asks nobody and starts nothing, so that the editor's server may use it too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tunesmith.errors import UserError
from tunesmith.estimate.choice import Option, choose
from tunesmith.estimate.data import Data, data_of
from tunesmith.estimate.fit import GB, Fit
from tunesmith.estimate.script import ScriptTraining, trainings_of
from tunesmith.estimate.timeouts import timeout_for
from tunesmith.knowledge import hardware
from tunesmith.knowledge.hardware import Machine
from tunesmith.knowledge.prices import priced_flavor, priced_flavors
from tunesmith.lint.engine import Diagnostic, check
from tunesmith.platform import project_path
from tunesmith.project import Project
from tunesmith.reason import Reason, advice_of
from tunesmith.sources.document import Document, Kind
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.timeouts import has_unit
from tunesmith.sources.understand import Understanding, understand
from tunesmith.templates import Template, has_training_template, header_value, with_header_values
from tunesmith.workspace import Workspace


@dataclass(frozen=True)
class Start:
    """How the script is started, as users say; what is None, the estimate decides or does without.

    Attributes:
        flavor, timeout: of the job.
        examples: rows of the data set.
        tokens: of an example, in the mean.
    """

    flavor: str | None = None
    timeout: str | None = None
    examples: int | None = None
    tokens: int | None = None


@dataclass(frozen=True)
class NewScript:
    """A script, not yet written.

    Attributes:
        understanding: the text and what it means.
        flavor, timeout: as in its header.
        fit: whether it fits that flavor; None where the estimate cannot tell.
        notes: how sure these are, and what else there is to know, a sentence each.
        findings: what the checker says of it.
    """

    understanding: Understanding
    flavor: str
    timeout: str
    fit: Fit | None
    notes: Sequence[str]
    findings: Sequence[Diagnostic]

    @property
    def text(self) -> str:
        return self.understanding.document.text


def new_script(
    template: Template,
    values: Mapping[str, str],
    start: Start,
    path: Path,
    workspace: Workspace,
) -> NewScript:
    """A template's script with a user's values.

    Args:
        template: which.
        values: by the names of its parameters.
        start: what the user says of its job.
        path: where it will lie, absolute.
        workspace: of that folder, scanned.

    Raises:
        UserError: a value is not what is expected.
    """
    _check_timeout(start.timeout)
    machine = _machine(start.flavor, workspace.project) if start.flavor else None
    script = draft(template, values, path, workspace)
    training = trainings_of(script, workspace.project)[0]
    data = data_of(training, project_path(path), workspace.project)
    data = data.given(start.examples, start.tokens)
    found = _found(training, template, machine, workspace.project, data)
    header, notes = _header(script.text, start, found)
    text = with_header_values(script.text, header)
    understanding = _understood(text, path, workspace)
    model = values.get("model", "")
    if model and "ANSWERS_ONLY = False" in text and not has_training_template(model):
        notes.append(
            f"TRL is not known to tell the answers in the chat template of {model} apart, so "
            "ANSWERS_ONLY is False: it learns to write the questions, too."
        )
    return NewScript(
        understanding,
        header_value(text, "flavor") or "",
        header_value(text, "timeout") or "",
        None if isinstance(found, str) else found.forecast.fit,
        notes,
        check(understanding, workspace.project),
    )


def draft(
    template: Template, values: Mapping[str, str], path: Path, workspace: Workspace
) -> PythonScript:
    """A template's script with a user's values, before its start is chosen.

    Raises:
        UserError: a value is not what is expected.
    """
    script = _understood(template.filled(values), path, workspace).script
    assert script, "a filled template is a valid script"
    return script


def _understood(text: str, path: Path, workspace: Workspace) -> Understanding:
    document = Document(project_path(path), Kind.PYTHON, text)
    workspace.update(path, document)
    return understand(document, relevant=True)


def _found(
    training: ScriptTraining,
    template: Template,
    machine: Machine | None,
    project: Project,
    data: Data,
) -> Option | str:
    """What becomes of the training on the machine, or on the best one; or why nobody knows."""
    if training.shape is None:
        return training.shape_source
    if machine:
        machines = [machine]
    else:
        several = template.gpus == "several"
        machines = [each for each in priced_flavors(project) if (each.accelerators > 1) == several]
    choice = choose(training, machines, data)
    if machine:
        return choice.options[0]
    return choice.pick or choice.why


def _header(
    text: str, start: Start, found: Option | str
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """What to write into the header, each with a comment, and what to say about it."""
    flavor = start.flavor or header_value(text, "flavor") or ""
    timeout = start.timeout or header_value(text, "timeout") or ""
    if isinstance(found, str):
        note = Reason(f"{flavor} and {timeout} are guesses: {found}", advice_of(found))
        return {"flavor": (flavor, ""), "timeout": (timeout, "")}, [note]
    flavor, lasts = found.machine.name, found.forecast.duration
    need = found.forecast.need
    fits = f"{found.verdict}: {need.total / GB:.0f} of {found.usable_gb:.0f} GB" if need else ""
    notes = [f"{flavor} {each}" for each in found.notes]
    if lasts is None:
        why = found.forecast.no_duration
        notes.append(Reason(f"A timeout of {timeout} is a guess: {why}", advice_of(why)))
        return {"flavor": (flavor, fits), "timeout": (timeout, "a guess")}, notes
    hours, dollars = lasts.hours, found.dollars
    cost = f", {dollars.low:.2f} to {dollars.high:.2f} dollars" if dollars else ""
    notes.append(f"It takes {hours.low:.1f} to {hours.high:.1f} hours{cost}, by estimate.")
    words = f"{hours.low:.1f} to {hours.high:.1f} hours by estimate"
    return {
        "flavor": (flavor, fits),
        "timeout": (start.timeout or timeout_for(hours), words),
    }, notes


def _machine(name: str, project: Project) -> Machine:
    machine = priced_flavor(name, project)
    if machine is None:
        close = hardware.likely(name)
        advice = f"did you mean {close}?" if close else "`hf jobs hardware` lists them"
        raise UserError(f"--flavor: there is no flavor {name!r}", advice)
    if not machine.accelerators:
        raise UserError(f"--flavor: {name} has no GPU", "`tunesmith gpus SCRIPT` compares those")
    return machine


def _check_timeout(text: str | None) -> None:
    if text is not None and not has_unit(text):
        raise UserError(f"--timeout: {text!r} is no time", "give it as 90m, 6h or 1d")
