"""An argument that the release in force still takes, but calls deprecated.

## What it does

Finds keywords of calls of TRL, transformers, PEFT, datasets and Trackio that the library itself
announces to take away, and single values of them: `loss_type="chunked_nll"`. What it has taken away
already belongs to `removed-argument`.

## Why it costs you

It works today, with a warning in the log. A job that does not pin its releases gets the next ones,
and there the call raises TypeError.

## Fix

Writes the new name where the value means the same under it (safe, as the release in force takes it),
or converts the value: a `warmup_ratio` below 1 is a `warmup_steps`. Of a value, writes the one that
took its place (unsafe where that does something else).

## Source

The deprecation messages in every release of the libraries that the tables hold. Silent where the
value is None or the default, which the libraries do not warn of; where a class of TRL defines anew
what transformers deprecates; on what unsloth replaces, where it is imported; and where the script
asks for the release or catches the TypeError. Beside unsloth, what nothing pins is the newest release
that unsloth admits.

## Since

The release that the message names.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from tunesmith.knowledge.histories import history
from tunesmith.knowledge.signatures import OwnedParameter
from tunesmith.knowledge.versions import InForce
from tunesmith.lint.arguments import Settled, settled, signature_in_force
from tunesmith.lint.choices import OLD_VALUES, OldValue
from tunesmith.lint.keyword_fixes import renamed
from tunesmith.lint.keywords import (
    is_certain,
    is_model_init,
    library_calls,
    shown,
    taker,
    words_of_library,
)
from tunesmith.lint.rule import INFORMATION, SAFE, UNSAFE, Bad, Finding, Fix, rule
from tunesmith.pep508 import Requirement
from tunesmith.project import Project
from tunesmith.sources.python_script import Argument, PythonScript
from tunesmith.sources.requirements import Pin
from tunesmith.sources.unknown import UNKNOWN
from tunesmith.text import Edit, regex

_PATCHED = ("trl.", "unsloth.")
_OF_TRAINERS = regex(r"Deprecated in (?:(?:, | and )*`\w+Trainer`)+")


@rule(code="TRN012", severity=INFORMATION)
def check(script: PythonScript, project: Project) -> Iterator[Finding]:
    is_patched = script.imports("unsloth")
    for call in library_calls(script):
        is_left = call.own_class is None and not (is_patched and call.name.startswith(_PATCHED))
        found = settled(call, script, project) if is_left else None
        if found and is_patched:
            found = _beside_unsloth(found)
        if found:
            yield from _old_values(script, found)
        for argument in call.arguments if found else ():
            if found and argument.name and not is_model_init(call, argument):
                taken = found.signature.parameters.get(argument.name)
                is_warned = taken is not None and _is_warned_of(taken, call.name, argument)
                if is_warned and is_certain(script, call, argument):
                    yield from _finding(script, found, argument)


def _beside_unsloth(found: Settled) -> Settled | None:
    """A call under the releases that unsloth admits, where only the newest ones were assumed."""
    in_force = {
        package: _newest_beside_unsloth(package) if each.is_assumed else each
        for package, each in found.in_force.items()
    }
    signature = signature_in_force(found.call.name, in_force)
    return found._replace(signature=signature, in_force=in_force) if signature else None


@cache
def _newest_beside_unsloth(package: str) -> InForce:
    # Few scripts need the solver.
    from tunesmith.knowledge.explanation import in_force
    from tunesmith.knowledge.installation import Installation, Python

    imported = Pin(Requirement("unsloth"), "the script's imports")
    found = in_force(package, Installation(Python(None, "as nothing says"), [imported]))
    return found._replace(is_assumed=True)


def _old_values(script: PythonScript, found: Settled) -> Iterator[Finding]:
    """Values that are taken for now."""
    for argument in found.call.arguments:
        name, value = argument.name or "", argument.value
        old = OLD_VALUES.get((found.call.name, name, value)) if isinstance(value, str) else None
        own = found.rests_on[0]
        if old is None or not own.at_least(old.since):
            continue
        if is_certain(script, found.call, argument):
            yield Finding(
                argument.value_span,
                f"{taker(found.call.name, found.rests_on)} calls {name}={value!r} deprecated; 2.0.0 "
                f"takes it away. Use {old.new!r}"
                + (", which does the same." if old.is_same else "."),
                _other_value(script, argument, old),
                rests_on=[own],
            )


def _other_value(script: PythonScript, argument: Argument, old: OldValue) -> Fix | None:
    span = argument.value_span
    written = script.text[span.start : span.end]
    if written[1:-1] != argument.value:
        return None
    edit = Edit(span, f"{written[0]}{old.new}{written[-1]}")
    return Fix(f"Write {old.new}", [edit], SAFE if old.is_same else UNSAFE)


def _is_warned_of(taken: OwnedParameter, name: str, argument: Argument) -> bool:
    default, message = taken.facts.default, taken.facts.deprecated or ""
    trainers = _OF_TRAINERS.match(message)
    if trainers and f"`{shown(name).removesuffix('Config')}Trainer`" not in trainers[0]:
        return False
    if argument.value is UNKNOWN and f"{argument.name}=" in message:
        return False  # the library warns of one value only
    is_default = default is not None and repr(argument.value) == default
    return bool(message) and argument.value is not None and not is_default


def _finding(script: PythonScript, found: Settled, argument: Argument) -> Iterator[Finding]:
    name = argument.name or ""
    nearest = history(found.call.name, name)
    force = found.in_force.get(nearest.package) if nearest else None
    if nearest is None or nearest.deprecated is None or force is None or force.version is None:
        return
    new = found.signature.parameters[name].facts.replaced_by
    is_taken = new in found.signature.parameters
    end = f"{nearest.removed} takes" if nearest.removed else "a later release takes"
    yield Finding(
        argument.name_span or argument.span,
        f"{taker(found.call.name, found.rests_on, nearest)} calls {name} deprecated; {end} it "
        f"away."
        + (f" Use {new}." if new and is_taken else f" {words_of_library(nearest)}".rstrip()),
        renamed(script, found.call, argument, new) if new and is_taken else None,
        rests_on=found.rests_on,
    )


_TRL_0_16 = '# /// script\n# dependencies = ["trl==0.16.0", "transformers==4.50.3"]\n# ///\n'
_TF_5_0 = '# /// script\n# dependencies = ["transformers==5.0.0"]\n# ///\n'
BAD = [
    Bad(
        _TRL_0_16 + "from trl import SFTConfig\n\nSFTConfig(max_seq_length=2048)\n",
        at="max_seq_length",
        fixed=_TRL_0_16 + "from trl import SFTConfig\n\nSFTConfig(max_length=2048)\n",
    ),
    Bad(
        _TF_5_0 + "from transformers import TrainingArguments\n\n"
        "TrainingArguments(warmup_ratio=0.03)\n",
        at="warmup_ratio",
        fixed=_TF_5_0 + "from transformers import TrainingArguments\n\n"
        "TrainingArguments(warmup_steps=0.03)\n",
    ),
    Bad(
        "import torch\nfrom transformers import AutoModelForCausalLM\n\n"
        "AutoModelForCausalLM.from_pretrained('m', torch_dtype=torch.bfloat16)\n",
        at="torch_dtype",
        fixed="import torch\nfrom transformers import AutoModelForCausalLM\n\n"
        "AutoModelForCausalLM.from_pretrained('m', dtype=torch.bfloat16)\n",
    ),
    Bad(
        "from unsloth import FastModel\nfrom transformers import AutoModel\n\n"
        "AutoModel.from_pretrained('m', torch_dtype='auto')\n",
        at="torch_dtype",
        fixed="from unsloth import FastModel\nfrom transformers import AutoModel\n\n"
        "AutoModel.from_pretrained('m', dtype='auto')\n",
    ),
    Bad(
        "from trl import SFTConfig\n\nSFTConfig(loss_type='chunked_nll')\n",
        at="'chunked_nll'",
        fixed="from trl import SFTConfig\n\nSFTConfig(loss_type='nll')\n",
    ),
    Bad(
        "from trl import DPOConfig\n\nDPOConfig(truncation_mode='keep_end')\n",
        at="'keep_end'",
        fixed="from trl import DPOConfig\n\nDPOConfig(truncation_mode='keep_start')\n",
    ),
]
GOOD = [
    '# /// script\n# dependencies = ["trl==1.10.0"]\n# ///\n'
    "from trl import SFTConfig\n\nSFTConfig(loss_type='chunked_nll')\n",
    "from trl import SFTConfig\n\nSFTConfig(use_liger_kernel=options.liger)\n",
    "from trl import RewardConfig\n\nRewardConfig(use_liger_kernel=True)\n",
    "import unsloth\nfrom trl import SFTConfig\n\nSFTConfig(max_seq_length=2048)\n",
    "import unsloth\nfrom transformers import TrainingArguments\n\n"
    "TrainingArguments(gradient_checkpointing=True)\n",
    "from trl import SFTConfig\n\nSFTConfig(gradient_checkpointing=True)\n",
    "from trl import SFTConfig\n\nSFTConfig(pad_token=None)\n",
    _TRL_0_16 + "from trl import SFTConfig\n\nSFTConfig(max_length=2048)\n",
    '# /// script\n# dependencies = ["transformers==4.55.0"]\n# ///\n'
    "from transformers import AutoModelForCausalLM\n\n"
    "AutoModelForCausalLM.from_pretrained('m', torch_dtype='auto')\n",
    "from transformers import AutoModelForCausalLM\n\n"
    "try:\n    m = AutoModelForCausalLM.from_pretrained('m', dtype='auto')\n"
    "except TypeError:\n    m = AutoModelForCausalLM.from_pretrained('m', torch_dtype='auto')\n",
]
