"""A keyword left out, whose default is no longer that of the release the script was written for.

## What it does

Looks at the configurations of TRL's trainers in scripts that name the release they were written
for by a lower bound, as `trl>=0.17` in the header, and get a newer one. Lists the keywords that are
left out and have another default now, where that changes results, memory or cost: `beta`,
`loss_type`, `temperature`, `max_completion_length`, `vllm_mode`, `bf16`,
`gradient_checkpointing`, `learning_rate` and a few more.

It also finds a script that starts a run of Weights & Biases and relies on a trainer to report to it
without `report_to`, which transformers 5 no longer does.

## Why it costs you

Nothing raises, and nothing warns: the same script trains something else, or longer, than when it was
tried. GRPO without `beta` has trained without a KL penalty since TRL 0.19.

## Fix

Writes the former defaults as keywords. Unsafe: the new ones may be wanted.

## Source

The defaults in every release that the tables hold; `TrainingArguments.report_to` of transformers
4.57 and 5.0. Where the call uses a keyword that is newer than the lower bound, the release that
brought it counts as the one the script was written for. Silent where the script names the keyword
anywhere else, where only a README gives the bound, and where unsloth is imported.

## Since

The release that the message names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from packaging.version import Version

from tunesmith.knowledge.histories import histories
from tunesmith.knowledge.signature_table import signature_table
from tunesmith.knowledge.versions import InForce
from tunesmith.lint.arguments import Settled, settled
from tunesmith.lint.changed_defaults import CHANGED_DEFAULTS, ChangedDefault
from tunesmith.lint.conflicts import CONFIGURATIONS
from tunesmith.lint.keywords import adapts_to_release, shown
from tunesmith.lint.rule import INFORMATION, UNSAFE, Bad, Finding, Fix, rule
from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript
from tunesmith.sources.requirements import Pin
from tunesmith.sources.unknown import ABSENT
from tunesmith.text import regex, regex_with_words

_STARTS_WANDB = regex_with_words(
    r"\bwandb\.init\(|[\"']WANDB_PROJECT[\"']\]\s*=", ("wandb.init(", "WANDB_PROJECT")
)
_REPORTS_ITSELF = regex(r"report_to|WandbCallback|wandb\.(?:run\.)?log\b|\.log\(")
_OBJECTS = tuple(dict.fromkeys(name for row in CHANGED_DEFAULTS for name in row.objects))
_NONE = Version("0")
_BOUNDS = (">=", "~=", "==", "===")


@rule(code="TRN044", severity=INFORMATION, words=("Config", "TrainingArguments"))
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    if script.imports("unsloth"):
        return
    yield from _unreported(script, project)
    for call in script.calls(*_OBJECTS):
        configuration = settled(call, script, project) if not call.own_class else None
        if configuration is None:
            continue
        trl = configuration.in_force["trl"]
        pin = _lower_bound(trl)
        later = _changed_after(_bound_of(pin), call.name) if pin else ()
        written = _written_for(configuration, trl, pin) if pin and later else None
        if pin and written:
            rows = [row for row in later if _changed(row, configuration, written)]
            if rows and not adapts_to_release(script, call, call.node):
                yield _finding(configuration, trl, written, pin, rows)


def _unreported(script: PythonScript, project: Project) -> Iterator[Finding]:
    """Trainers that report to nobody, in a script that starts a run for them."""
    if not _STARTS_WANDB.search(script.text) or _REPORTS_ITSELF.search(script.text):
        return
    for call in script.calls(*CONFIGURATIONS):
        configuration = settled(call, script, project) if not call.own_class else None
        transformers = configuration.in_force["transformers"] if configuration else None
        if configuration is None or transformers is None or not transformers.at_least("5.0.0"):
            continue
        if configuration.value("report_to") == "none" and not configuration.argument("report_to"):
            yield Finding(
                call.callee_span,
                f"{shown(call.name)} with transformers {transformers.version} reports to nobody "
                "unless report_to says so; before 5.0.0 it reported to all that was installed. The "
                "run of Weights & Biases stays empty.",
                Fix(
                    'Set report_to="wandb"',
                    [script.keyword_insertion(call, 'report_to="wandb"')],
                    UNSAFE,
                ),
                rests_on=[transformers],
            )


def _lower_bound(in_force: InForce) -> Pin | None:
    """The requirement that names the oldest release that a script was written for."""
    bounds = [pin for pin in in_force.stated if not pin.is_hearsay and _bound_of(pin) > _NONE]
    return max(bounds, key=_bound_of, default=None)


def _bound_of(pin: Pin) -> Version:
    """The oldest release that a requirement names; 0 where it names none."""
    named = (one.version for one in pin.requirement.specifier if one.operator in _BOUNDS)
    return max((Version(one) for one in named if "*" not in one), default=_NONE)


def _changed_after(release: Version, name: str) -> Sequence[ChangedDefault]:
    """The defaults of a configuration that later releases changed."""
    return [row for row in CHANGED_DEFAULTS if name in row.objects and Version(row.since) > release]


def _written_for(configuration: Settled, trl: InForce, pin: Pin) -> Version | None:
    """The oldest release, from a bound on, that takes all keywords of a call."""
    call = configuration.call
    written = _bound_of(pin)
    for argument in call.arguments:
        found = histories(call.name, argument.name) if argument.name else ()
        added = [each.added for each in found if each.package == "trl"]
        if added and len(found) == 1:
            written = max(written, *added)
    is_older = trl.version is not None and written < trl.version
    return written if is_older and _is_there(call.name, written) else None


def _is_there(name: str, release: Version) -> bool:
    """Whether a release of TRL has an object; a release that the tables lack is as the next."""
    table = signature_table("trl")
    releases = table.releases if table else ()
    position = next((at for at, each in enumerate(releases) if each >= release), None)
    return table is not None and position is not None and table.has(name, position)


def _changed(row: ChangedDefault, configuration: Settled, written: Version) -> bool:
    """Whether a configuration gets another default than it was written for, and it matters."""
    script, call = configuration.script, configuration.call
    trl = configuration.in_force["trl"]
    is_between = Version(row.held_from) <= written < Version(row.since)
    if call.name not in row.objects or not is_between or not trl.at_least(row.since):
        return False
    if row.parameter not in configuration.signature.parameters or not row.is_concerned(
        configuration
    ):
        return False
    is_decided = row.decided_by is not None and row.decided_by.search(script.text) is not None
    is_named = re.search(rf"\b{row.parameter}", script.text) is not None
    return not is_decided and not is_named and call.value(row.parameter) is ABSENT


def _finding(
    configuration: Settled,
    trl: InForce,
    written: Version,
    pin: Pin,
    rows: Sequence[ChangedDefault],
) -> Finding:
    script, call = configuration.script, configuration.call
    bound = f"`{pin.text or pin.requirement}` in {pin.origin}"
    told = bound if written == _bound_of(pin) else f"the oldest that fits its keywords and {bound}"
    former = [f"{row.parameter}={row.old}".replace("'", '"') for row in rows]
    return Finding(
        call.callee_span,
        f"{shown(call.name)} has other defaults in TRL {trl.version} than in {written} ({told}): "
        + "; ".join(map(_told, rows))
        + ". Write down what the training relies on.",
        Fix(
            f"Write {', '.join(former)}",
            [script.keyword_insertion(call, ", ".join(former))],
            UNSAFE,
        ),
        rests_on=[trl],
    )


def _told(row: ChangedDefault) -> str:
    effect = f": {row.effect}" if row.effect else ""
    return f"{row.parameter} is {row.new}, was {row.old} before {row.since}{effect}"


def _header(*requirements: str) -> str:
    named = ", ".join(f'"{one}"' for one in requirements)
    return f"# /// script\n# dependencies = [{named}]\n# ///\n"


_GRPO = "import trl\n\ntrl.GRPOConfig(%s)\n"
_SFT = "import trl\n\ntrl.SFTConfig(%s)\n"
_REST = "'out', loss_type='dapo', bf16=True, gradient_checkpointing=True, max_completion_length=99"
_WANDB = (
    "import transformers\nimport wandb\n\n"
    "wandb.init(project='p')\ntransformers.TrainingArguments('out'%s)\n"
)
BAD = [
    Bad(
        _header("trl>=0.18") + _GRPO % _REST,
        at="trl.GRPOConfig",
        fixed=_header("trl>=0.18") + _GRPO % (_REST + ", beta=0.04"),
    ),
    Bad(
        _header("trl>=0.12") + _SFT % "'out', max_length=512, learning_rate=1e-4",
        at="trl.SFTConfig",
        fixed=_header("trl>=0.12")
        + _SFT
        % "'out', max_length=512, learning_rate=1e-4, bf16=False, "
        "gradient_checkpointing=False",
    ),
    Bad(
        _header("trl~=0.19") + _SFT % "'out', fp16=True",
        at="trl.SFTConfig",
        fixed=_header("trl~=0.19") + _SFT % "'out', fp16=True, gradient_checkpointing=False",
    ),
    Bad(
        _header("transformers", "wandb") + _WANDB % "",
        at="transformers.TrainingArguments",
        fixed=_header("transformers", "wandb") + _WANDB % ', report_to="wandb"',
    ),
]
GOOD = [
    _header("trl") + _GRPO % "'out'",
    _header("trl") + _SFT % "'out', max_length=512",
    _header("trl>=1.12") + _GRPO % "'out'",
    _header("trl>=0.18,<0.19") + _GRPO % "'out'",
    _header("trl>=0.13") + _GRPO % "'out'",  # no release before 0.14 has it
    _header("trl>=0.18") + _GRPO % (_REST + ", beta=options.beta"),
    _header("trl>=0.18") + _GRPO % (_REST + ", **more"),
    _header("trl>=0.12") + _SFT % "'out', loss_type='nll'",  # newer than those changes
    _header("trl>=0.18") + _SFT % "'out'" + "# bf16 and gradient_checkpointing do\n",
    _header("transformers<5", "wandb") + _WANDB % "",
    _header("transformers", "wandb") + _WANDB % ", report_to='none'",
    _header("transformers", "wandb") + _WANDB % "" + "wandb.log({'score': score})\n",
]
