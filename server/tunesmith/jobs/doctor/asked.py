"""What a script asks of an account: models, data sets, places to push to, secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import libcst as cst

from tunesmith.agent.messages import PlanParams
from tunesmith.estimate.script import ScriptTraining, trainings_of
from tunesmith.estimate.script.data_plan import origins
from tunesmith.hub_cache import is_model_id
from tunesmith.jobs.hub_facts import RepositoryKind
from tunesmith.jobs.plan.start import start_of, written_starts
from tunesmith.lint.arguments import Settled
from tunesmith.lint.conversations import model_id
from tunesmith.lint.trackio import inits
from tunesmith.lint.training_runs import pushed_to, training_runs
from tunesmith.one_script import OneScript
from tunesmith.project import Project
from tunesmith.sources.data_set import Origin
from tunesmith.sources.python_calls import Call
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.python_values import Value
from tunesmith.sources.token_needs import need_of_token
from tunesmith.text import regex


class Repository(NamedTuple):
    """A repository on the Hub.

    Attributes:
        name: "owner/name"; without an owner the user's own where it is written to.
    """

    kind: RepositoryKind
    name: str


class AskedData(NamedTuple):
    """A data set that a trainer is given.

    Attributes:
        origin: where its rows are from.
        trainer: what trains on it: "trl.SFTTrainer".
        text_field: the column that holds the text, where the trainer is told.
        is_rewritten: whether the script makes other rows or columns of it.
    """

    origin: Origin
    trainer: str
    text_field: str
    is_rewritten: bool


class Asked(NamedTuple):
    """What a script asks for.

    Attributes:
        trains: whether there is a trainer in it.
        models: what it trains, and adapters that it goes on from.
        folders: models that are no ids on the Hub.
        data: what it trains on.
        untold_data: why a data set is not told; empty where each is.
        outputs: where it pushes to.
        secrets: names that its header or the command that starts it asks for.
        namespace: of the job, as one of these says.
        token_need: what it does that takes a token, as a verb phrase.
    """

    trains: bool = False
    models: Sequence[str] = ()
    folders: Sequence[str] = ()
    data: Sequence[AskedData] = ()
    untold_data: str = ""
    outputs: Sequence[Repository] = ()
    secrets: Sequence[str] = ()
    namespace: str | None = None
    token_need: str | None = None


_OTHER_COLUMNS = regex(
    r"\b(?:rename_columns?|remove_columns|select_columns|add_column|flatten|skip_prepare_dataset)\b"
)
_ADAPTERS: Mapping[str, tuple[str, int]] = {
    "peft.PeftModel.from_pretrained": ("model_id", 1),
    "peft.AutoPeftModelForCausalLM.from_pretrained": ("pretrained_model_name_or_path", 0),
}


def asked(one: OneScript) -> Asked:
    """What a script asks for, as far as it says."""
    script, project = one.script, one.project
    trainings, runs = trainings_of(script, project), list(training_runs(script))
    start = start_of(script, written_starts(one), PlanParams())
    configurations = [
        *(each.sources.arguments for each in trainings),
        *(each.configuration for each in runs),
    ]
    own = set(_texts(each.value("output_dir") for each in configurations if each))
    names = list(dict.fromkeys(_models(script, trainings)))
    names = [each for each in names if each not in own]
    local = [each for each in names if _is_folder(each, script, project)]
    return Asked(
        trains=bool(runs),
        models=[each for each in names if each not in local],
        folders=local,
        data=list(dict.fromkeys(_data(script, trainings))),
        untold_data=next((each.data.problem for each in trainings if each.data.problem), ""),
        outputs=list(dict.fromkeys(_outputs(script, [each for each in configurations if each]))),
        secrets=start.secrets,
        namespace=start.namespace,
        token_need=need_of_token(script),
    )


def _models(script: PythonScript, trainings: Sequence[ScriptTraining]) -> Iterator[str]:
    """Models that are trained; an adapter that is loaded behind the trainer is a result."""
    yield from _texts(each.model_id for each in trainings)
    runs = list(training_runs(script))
    if not trainings:
        yield from _texts(model_id(each, script) for each in runs)
    last = max((each.trainer.span.start for each in runs), default=-1)
    for call in script.calls(*_ADAPTERS):
        if call.span.start < last:
            yield from _texts([call.value(*_ADAPTERS[call.name])])


def _is_folder(name: str, script: PythonScript, project: Project) -> bool:
    return not is_model_id(name) or project.model_in(name, script.path) is not None


def _data(script: PythonScript, trainings: Sequence[ScriptTraining]) -> Iterator[AskedData]:
    renames = _OTHER_COLUMNS.search(script.text) is not None
    for training in trainings:
        data = training.data
        for origin in origins(data.plan) if data.plan else ():
            is_rewritten = data.is_rewritten or renames
            yield AskedData(origin, training.trainer.name, data.text_field, is_rewritten)


def _outputs(script: PythonScript, arguments: Sequence[Settled | Call]) -> Iterator[Repository]:
    """Where a script pushes to, and the Space of its metrics."""
    for each in arguments:
        yield from _named("model", pushed_to(each))
    yield from _pushed(script)
    for each in arguments:
        yield from _named("space", each.value("trackio_space_id"))
    for call in inits(script):
        yield from _named("space", call.value("space_id"))


def _pushed(script: PythonScript) -> Iterator[Repository]:
    """Where models, tokenizers and data sets are pushed to by their own method.

    That of a trainer takes a message first, and pushes to where its configuration says.
    """
    for site in script.index.calls:
        function = site.node.func
        if not isinstance(function, cst.Attribute) or function.attr.value != "push_to_hub":
            continue
        receiver = script.text_of(function.value).rpartition(".")[2].casefold()
        given = [each for each in site.node.args if not each.star]
        named = [each for each in given if each.keyword and each.keyword.value == "repo_id"]
        chosen = named or ([] if "trainer" in receiver else given[:1])
        for each in chosen:
            name = script.evaluator.evaluate(each.value, site.block, site.order)
            if isinstance(name, str) and "/" in name and (named or not each.keyword):
                is_data = "data" in receiver or receiver == "ds"
                yield from _named("dataset" if is_data else "model", name)


def _named(kind: RepositoryKind, name: Value) -> Iterator[Repository]:
    if isinstance(name, str) and is_model_id(name):
        yield Repository(kind, name)


def _texts(values: Any) -> Iterator[str]:
    return (each for each in values if isinstance(each, str) and each)
