"""A plan: what would be run, what it takes and costs, and what speaks against it.

Nothing is sent. The script is copied as it is now, so that what runs is what was looked at.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from tunesmith.agent.messages import (
    EngineName,
    Plan,
    PlanParams,
    PlanSecret,
    PlanVersion,
)
from tunesmith.environments import environment_of
from tunesmith.errors import UserError
from tunesmith.estimate.forecast import Forecast
from tunesmith.jobs.copies import copy_as_planned, smoke_copy_of, with_folder_of
from tunesmith.jobs.engines import TOKEN
from tunesmith.jobs.local_command import is_interpreter
from tunesmith.jobs.plan import forecasts, outputs
from tunesmith.jobs.plan.checked import PlannedStart, findings, with_start_alone
from tunesmith.jobs.plan.command import command_of
from tunesmith.jobs.plan.schedule import DEFAULT_TIMEOUT_S, engine_for, schedule_of
from tunesmith.jobs.plan.start import Chosen, Start, choices, start_of, written_starts
from tunesmith.jobs.spec import JobSpec
from tunesmith.knowledge.hardware import Machine, likely
from tunesmith.knowledge.prices import priced_flavor
from tunesmith.knowledge.versions import library
from tunesmith.one_script import OneScript, no_training, read_file, script_in
from tunesmith.pep508 import Requirement
from tunesmith.project import Project
from tunesmith.reason import advice_of
from tunesmith.sources.document import Document, Kind
from tunesmith.sources.requirements import Pin

IMAGE = "ghcr.io/astral-sh/uv:python3.12-bookworm"
"""`DEFAULT_UV_IMAGE` of huggingface_hub 2.4."""
DEFAULT_FLAVOR = "cpu-basic"
"""What Hugging Face runs a job on that asks for no machine: its documentation on Jobs."""
SMOKE = "a smoke run trains two steps of a tiny random model"
_FILES = (".py", ".sh", ".yaml", ".yml", ".toml")
"""Arguments with these endings must be files, or `run_uv_job` of huggingface_hub 2.4 refuses."""


@dataclass(frozen=True)
class _Draft:
    """What a plan is made of."""

    one: OneScript
    params: PlanParams
    engine: EngineName
    start: Start
    planned: PlannedStart
    machine: Machine | None
    forecast: Forecast | None
    folder: Path
    available: Set[str]


class Planned(NamedTuple):
    """A plan, and what is kept of it until it is submitted.

    Attributes:
        plan: what the user is shown.
        spec: the job that it would start.
        script_hash: by which the consent to its secrets is remembered.
        choices: what is remembered for the next plan of the script.
    """

    plan: Plan
    spec: JobSpec
    script_hash: str
    choices: Mapping[str, Chosen]


def make_plan(
    params: PlanParams,
    *,
    has_account: bool,
    has_consent: Callable[[str], bool] = lambda _: False,
    remembered: Mapping[str, Chosen] = MappingProxyType({}),
) -> Planned:
    """Plan the start of a script.

    Args:
        params: what the user says.
        has_account: whether there is one on the Hub to run jobs with.
        has_consent: whether a script, given by the hash of its text, has got its secrets before.
        remembered: what the user chose for this script before.

    Raises:
        UserError: the script cannot be read, or what the user says is wrong.
    """
    one = _read(params.script)
    if params.python and is_interpreter(params.python):  # seen from where the user is
        params = replace(params, python=str(_folder(params) / params.python))
    draft = _draft(params, one, remembered, has_account=has_account)
    key = uuid.uuid4().hex
    planned = Planned(
        _plan(draft, key, has_consent),
        _spec(draft, key),
        digest(one.script.text),
        choices(draft.start, params),
    )
    return _smoke(planned, one.script.document) if params.smoke else planned


def _draft(
    params: PlanParams, one: OneScript, remembered: Mapping[str, Chosen], *, has_account: bool
) -> _Draft:
    engine = engine_for(params, has_account=has_account)
    if engine == "hf":
        remembered = {name: each for name, each in remembered.items() if not _is_here(name, each)}
    start = start_of(one.script, written_starts(one), params, remembered)
    folder = _folder(params)
    available = {*params.available, *([TOKEN] if has_account else [])}
    if engine == "local":
        start = replace(start, timeout=params.timeout or None)  # here nothing is paid by the hour
        _suppose_installed(one, start.python)
        planned = with_start_alone(one.project, one.script.path, None)
        found = forecasts.trainings(one.script, planned.project)
        forecast = forecasts.forecast_on(found, _data(params, one, planned.project), None)
        return _Draft(one, params, engine, start, planned, None, forecast, folder, available)
    _refuse_missing_files(start, folder)
    start, machine, forecast = _on_machine(params, one, start)
    planned = _planned(one, start)
    return _Draft(one, params, engine, start, planned, machine, forecast, folder, available)


def _is_here(name: str, chosen: Chosen) -> bool:
    """Whether a choice was for runs on this machine: an interpreter of it."""
    return name == "python" and is_interpreter(chosen.value)


def _folder(params: PlanParams) -> Path:
    return Path(params.folder) if params.folder else Path(params.script).parent


def _suppose_installed(one: OneScript, python: str | None) -> None:
    """Have the releases of an interpreter's environment judged, as no header is read there."""
    found = environment_of(Path(python)) if python and is_interpreter(python) else None
    if found:
        pins = (Requirement(f"{name}=={version}") for name, version in found.packages.items())
        one.workspace.suppose([Pin(pin, python or found.name) for pin in pins])


def _read(name: str) -> OneScript:
    path = Path(name)
    if not name or not path.is_absolute():
        raise UserError(f"the script {name!r} is no absolute path", "give one")
    file = read_file(name)
    if file.understanding.document.kind is not Kind.PYTHON:
        kind = file.understanding.document.kind
        made = f"; `jupyter nbconvert --to script {path.name}` makes one of it"
        raise UserError(
            f"{path.name} is no Python script ({kind.value}), and a job runs nothing else",
            f"give a Python script{made if kind is Kind.NOTEBOOK else ''}",
        )
    return script_in(file)


def _refuse_missing_files(start: Start, folder: Path) -> None:
    for argument in start.arguments:
        is_local = argument.endswith(_FILES) and not argument.startswith(("http://", "https://"))
        if is_local and not (folder / argument).is_file():
            raise UserError(
                f"the script's argument {argument} is no file in {folder}",
                "give the path of a file, which is sent along with the script",
            )


def _planned(one: OneScript, start: Start) -> PlannedStart:
    command = command_of(start, one.script.path.name)
    return with_start_alone(one.project, one.script.path, command)


def _data(params: PlanParams, one: OneScript, project: Project) -> forecasts.DataOf:
    return forecasts.data_as_said(one.script, project, params.examples, params.tokens)


def _on_machine(
    params: PlanParams, one: OneScript, start: Start
) -> tuple[Start, Machine | None, Forecast | None]:
    """The start with a flavor and a timeout, as far as the estimate can tell what is not said."""
    script, project = one.script, _planned(one, start).project
    found, data = forecasts.trainings(script, project), _data(params, one, project)
    if start.flavor is None and (flavor := forecasts.suggested_flavor(found, data, project)):
        start = _with(start, "flavor", flavor)
    machine = _machine(start.flavor, project)
    forecast = forecasts.forecast_on(found, data, machine)
    if start.timeout is None and (timeout := forecasts.suggested_timeout(forecast)):
        start = _with(start, "timeout", timeout)
    return start, machine, forecast


def _with(start: Start, name: str, suggestion: forecasts.Suggestion) -> Start:
    reasons = {**start.reasons, name: suggestion.reason}
    return replace(start, reasons=reasons, **{name: suggestion.value})


def _machine(flavor: str | None, project: Project) -> Machine | None:
    """The machine of a flavor; None for one that the tables do not know: there may be new ones."""
    return priced_flavor(flavor, project) if flavor else None


def _plan(draft: _Draft, key: str, has_consent: Callable[[str], bool]) -> Plan:
    start, forecast, script = draft.start, draft.forecast, draft.one.script
    hours = forecast.duration.hours if forecast and forecast.duration else None
    dollars = forecast.dollars if forecast else None
    is_remote, doubts = draft.engine == "hf", _doubts(draft)
    found = findings(
        draft.one.workspace.understanding(Path(draft.params.script)), draft.planned, draft.engine
    )
    return Plan(
        key=key,
        script=draft.params.script,
        engine=draft.engine,
        flavor=start.flavor if is_remote else None,
        machine=_machine_words(draft),
        memory=forecasts.memory_words(forecast),
        fits=forecast.fit.verdict if forecast else "unknown",
        hours=(hours.low, hours.high) if hours else None,
        dollars=(dollars.low, dollars.high) if dollars and is_remote else None,
        estimate=doubts,
        estimate_advice=advice_of(doubts),
        timeout_s=start.timeout_s,
        timeout_reason=start.reasons.get("timeout", ""),
        image=(start.image or IMAGE) if is_remote else "",
        python=start.python or "",
        versions=_versions(draft),
        secrets=[
            PlanSecret(name, name in draft.available, name in start.asked_by_header)
            for name in start.secrets
        ],
        environment=start.environment,
        arguments=start.arguments,
        namespace=start.namespace,
        name=start.name or script.path.stem,
        results=outputs.results(script, draft.planned.project, is_remote=is_remote),
        metrics=outputs.metrics(script, draft.planned.project),
        findings=found,
        needs_consent=bool(start.asked_by_header) and not has_consent(digest(script.text)),
        command=command_of(start, _shown(draft)) if is_remote else "",
        warnings=_warnings(draft, {each.rule for each in found}),
        schedule=schedule_of(start, _machine(start.flavor or DEFAULT_FLAVOR, draft.one.project)),
    )


def digest(text: str) -> str:
    """The hash by which a script is remembered."""
    return hashlib.sha256(text.encode()).hexdigest()


def _shown(draft: _Draft) -> str:
    """The script as seen from the working folder."""
    path = Path(draft.params.script)
    return str(path.relative_to(draft.folder)) if path.is_relative_to(draft.folder) else str(path)


def _machine_words(draft: _Draft) -> str:
    if draft.engine == "local":
        return "this machine"
    if draft.machine is None:
        return draft.start.flavor or DEFAULT_FLAVOR
    machine = draft.machine
    return f"{machine.pretty_name}, ${machine.usd_per_hour:.2f} an hour"


def _doubts(draft: _Draft) -> str:
    forecast = draft.forecast
    if forecast is None:
        return no_training(draft.one.script).message
    if draft.engine == "local" and forecast.need:
        return "how long this machine takes is not estimated"
    if forecast.no_duration:
        return forecast.no_duration
    assumed = "; ".join(map(str, forecast.training.assumed))
    return f"assuming {assumed}" if assumed else ""


def _versions(draft: _Draft) -> Sequence[PlanVersion]:
    header = draft.one.script.header
    names = [each.name for each in header.dependencies if each.name] if header else []
    found = [library(name, draft.one.script, draft.planned.project) for name in names]
    return [
        PlanVersion(each.package, str(each.version) if each.version else "", each.reason)
        for each in found
    ]


def _warnings(draft: _Draft, rules: Set[str]) -> Sequence[str]:
    """What is to be known beside the findings, by the names of their rules."""
    start, notes = draft.start, list(draft.start.notes)
    if draft.engine != "hf":
        return notes
    if start.flavor is None and "cpu-flavor-for-training" not in rules:
        why = "no machine is named and none can be told to fit"
        notes.append(f"{why}: it runs on {DEFAULT_FLAVOR}")
    elif start.flavor and draft.machine is None and "unknown-flavor" not in rules:
        close = likely(start.flavor)
        advice = f"; did you mean {close}?" if close else ""
        notes.append(f"the flavor {start.flavor} is not known here{advice}")
    if start.timeout is None and "default-timeout" not in rules:
        notes.append(f"Hugging Face ends the job after {DEFAULT_TIMEOUT_S // 60} minutes")
    return notes


def _spec(draft: _Draft, key: str) -> JobSpec:
    start, script = draft.start, Path(draft.params.script)
    spec = JobSpec(
        key=key,
        script=draft.params.script,
        arguments=start.arguments,
        folder=str(draft.folder),
        timeout_s=start.timeout_s,
        python=start.python,
        dependencies=start.dependencies,
        environment=start.environment,
        secrets=start.secrets,
        labels=start.labels,
        name=start.name or draft.one.script.path.stem,
    )
    if draft.engine == "local":
        path = {"PATH": draft.params.path} if draft.params.path else {}
        return replace(spec, environment={**path, **spec.environment})
    return replace(
        spec,
        script=str(copy_as_planned(script, draft.one.script.document, key)),
        arguments=[_absolute(each, draft.folder) for each in start.arguments],
        flavor=start.flavor,
        image=start.image,
        volumes=start.volumes,
        namespace=start.namespace,
    )


def _smoke(planned: Planned, document: Document) -> Planned:
    """The same for a copy that shows whether the script runs at all; costs nothing."""
    plan, script = planned.plan, Path(planned.plan.script)
    made = smoke_copy_of(script, document, plan.key)
    name = f"{plan.name}-smoke"
    findings = [replace(each, blocks=False) for each in plan.findings]
    secrets = [each for each in plan.secrets if each.is_set]
    missing = ", ".join(each.name for each in plan.secrets if not each.is_set)
    without = [f"it runs without {missing}: no value here"] if missing else []
    return planned._replace(
        plan=replace(
            plan,
            name=name,
            diff=made.diff,
            warnings=[*plan.warnings, *without, *made.notes],
            findings=findings,
            secrets=secrets,
            needs_consent=plan.needs_consent and any(each.asked_by_header for each in secrets),
            memory="",
            fits="unknown",
            estimate=SMOKE,
            estimate_advice="",
            results="",
            metrics="",
        ),
        spec=replace(
            planned.spec,
            script=str(made.path),
            environment=with_folder_of(script, planned.spec.environment),
            secrets=[each.name for each in secrets],
            name=name,
        ),
    )


def _absolute(argument: str, folder: Path) -> str:
    path = folder / argument
    return str(path) if argument and path.is_file() else argument
