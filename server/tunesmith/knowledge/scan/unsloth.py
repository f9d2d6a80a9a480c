"""What `import unsloth` changes in trl, and what unsloth's own loaders take.

The names "unsloth.trl.SFTTrainer" and "unsloth.trl.SFTConfig" stand for trl's classes in a
process that has imported unsloth (in any order: the change is made to trl itself):

- Since 2024.11.7 every trainer that has a configuration in `trl.trainer` (with trl > 0.11.0)
  takes `tokenizer` for `processing_class`, and with trl >= 0.13.0 and a keyword `args=` also the
  keywords of its configuration; without `args=` these raise a TypeError. Until 2025.5.7 they
  reach the configuration, and unknown ones raise. Since 2025.5.8 no keyword raises; until
  2026.8.12 those of the configuration are lost without a word, since 2026.8.13 they reach it.
- Since 2025.2.6 configurations have fields of unsloth's own and other defaults, since 2025.8.8
  also `max_seq_length` where trl has only `max_length`. Since 2026.8.11 they drop unknown
  keywords with a warning instead of raising.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from tunesmith.knowledge.scan.classes import Signatures
from tunesmith.knowledge.scan.modules import Found, Module
from tunesmith.knowledge.scan.types import Parameter, Signature

_LOADERS = ("FastLanguageModel", "FastModel", "FastTextModel", "FastVisionModel")
_METHODS = ("from_pretrained", "get_peft_model")
_OWN_CLASSES = ("UnslothTrainer", "UnslothTrainingArguments")
_PATCHED = (
    *("BCO", "CPO", "DPO", "GKD", "GRPO", "KTO", "NashMD", "ORPO"),
    *("OnlineDPO", "PPO", "PRM", "RLOO", "Reward", "SFT", "XPO"),
)
"""The trainers of trl that are changed, as far as the release of trl has them."""
_WITHOUT_MAX_LENGTH = ("GRPO", "PPO", "RLOO")
_COMMON = (
    *("bf16", "dataloader_pin_memory", "eval_accumulation_steps", "fp16"),
    *("gradient_accumulation_steps", "learning_rate", "logging_steps", "optim", "output_dir"),
    *("per_device_eval_batch_size", "per_device_train_batch_size", "report_to", "seed"),
    "weight_decay",
)
"""Fields that every configuration has in every release of trl and transformers."""


def unsloth(signatures: Signatures) -> Iterator[tuple[str, Signature]]:
    """The objects of a release of unsloth, by canonical name."""
    library = signatures.library
    for name in _LOADERS:
        found = library.find("unsloth.models", name)
        for method in _METHODS if isinstance(found, Found) else ():
            if isinstance(found, Found) and (read := _loader(signatures, found, method)):
                yield f"unsloth.{name}.{method}", read
    trainer = library.module("unsloth.trainer")
    for name in _OWN_CLASSES if trainer else ():
        if isinstance(found := library.find("unsloth.trainer", name), Found):
            yield f"unsloth.{name}", signatures.of(found)
    if trainer:
        yield from _patched(trainer, library.module("unsloth.models.rl"))


def _loader(signatures: Signatures, found: Found, method: str) -> Signature | None:
    """A method of a loader; wrappers `(model, *args, **kwargs)` take what they wrap."""
    for each in signatures.lineage(found):
        read = signatures.of_method(each, method)
        if read and len(read.parameters) > 1:
            return read
    return None


def _patched(trainer: Module, rl: Module | None) -> Iterator[tuple[str, Signature]]:
    wrapper = next(
        (
            node
            for name, node in trainer.definitions.items()
            if name.endswith("backwards_compatible_trainer")
        ),
        None,
    )
    if wrapper is None:
        return
    template = _template(rl) if rl else None
    for name in _PATCHED:
        configuration = f"unsloth.trl.{name}Config" if template else f"trl.{name}Config"
        yield (
            f"unsloth.trl.{name}Trainer",
            Signature(
                trainer.name,
                {"tokenizer": Parameter(default="None")},
                bases=[f"trl.{name}Trainer", configuration],
                takes_any="isinstance(training_args" in ast.unparse(wrapper),
            ),
        )
        if rl and template:
            yield configuration, _configuration(rl, template, name)


def _template(rl: Module) -> str | None:
    """The source text that the classes of configurations are generated from."""
    source = rl.constants.get("RLTrainer_replacement")
    if not isinstance(source, ast.Constant) or not isinstance(source.value, str):
        return None
    _, _, rest = source.value.partition("class Unsloth{RLConfig_name}")
    return rest.partition("class Unsloth{RLTrainer_name}")[0] if rest else None


def _configuration(rl: Module, template: str, name: str) -> Signature:
    parameters = {
        key: Parameter(default=default) for key, default in _defaults(rl).items() if key in _COMMON
    }
    heads = re.findall(r"def __init__\(\{RLConfig_arguments\},(.*?)\*\*kwargs", template, re.DOTALL)
    for source in (*heads, *_additions(rl, name)):
        parameters.update(_parameters(source))
    for key, doc in re.findall(r"(\w+) ?: [^:]*?'help': '([^']*)'", template):
        if key in parameters:
            parameters[key] = parameters[key]._replace(doc=doc.partition(". ")[0])
    return Signature(
        rl.name,
        parameters,
        bases=[f"trl.{name}Config"],
        takes_any="filter_config_init_kwargs" in template,
    )


def _parameters(source: str) -> Mapping[str, Parameter]:
    """The parameters in a piece of a generated signature; placeholders in it count for nothing."""
    try:
        tree = ast.parse(f"def f(*, {re.sub(r'{[^}]*}', '', source)} **kwargs): ...")
    except SyntaxError:
        return {}
    function = tree.body[0]
    if not isinstance(function, ast.FunctionDef):
        return {}
    pairs = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return {each.arg: Parameter(default=ast.unparse(value)) for each, value in pairs if value}


def _additions(rl: Module, name: str) -> Iterator[str]:
    """The parameters that are added for a trainer besides those of all."""
    for test, node in _assignments(rl):
        is_addition = ast.unparse(node).startswith("max_seq_length_call")
        value = node.value
        if is_addition and isinstance(value, ast.Constant) and isinstance(value.value, str):
            only = re.findall(r"'(\w+)_trainer'", test)
            if only == [name.lower()] or (not only and name not in _WITHOUT_MAX_LENGTH):
                yield value.value


def _defaults(rl: Module) -> Mapping[str, str]:
    """The defaults that every generated configuration gets."""
    for _, node in _assignments(rl):
        if isinstance(node.value, ast.Dict) and ast.unparse(node).startswith("replacements = "):
            return {
                str(key.value): ast.unparse(value)
                for key, value in zip(node.value.keys, node.value.values, strict=True)
                if isinstance(key, ast.Constant)
            }
    return {}


def _assignments(rl: Module) -> Iterator[tuple[str, ast.Assign | ast.AugAssign]]:
    """What the generating functions assign, with the test around it."""
    for definition in rl.definitions.values():
        if definition.name.startswith("_patch_trl_rl_trainers"):
            for node in definition.body:
                test = ast.unparse(node.test) if isinstance(node, ast.If) else ""
                for inner in [*node.body, *node.orelse] if isinstance(node, ast.If) else [node]:
                    if isinstance(inner, (ast.Assign, ast.AugAssign)):
                        yield test, inner
