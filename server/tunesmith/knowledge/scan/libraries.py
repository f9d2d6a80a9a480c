"""Which objects of each library are read, and where they stand in its files."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from tunesmith.knowledge.scan.classes import Signatures
from tunesmith.knowledge.scan.modules import Found, Module
from tunesmith.knowledge.scan.types import Signature
from tunesmith.knowledge.scan.unsloth import unsloth
from tunesmith.sources.python_names import canonical_name
from tunesmith.text import regex

Objects: TypeAlias = Iterator[tuple[str, Signature]]

_TRL_MODULE = regex(
    r"trl/(trainer/\w+_(config|trainer)|experimental/\w+/(__init__|\w+_(config|trainer)))\.py"
)
_TRL_CLASS = regex(r"(?!Base)[A-Z]\w*(Config|Trainer)")
_TRANSFORMERS_CLASSES = {
    "GenerationConfig": "transformers.generation.configuration_utils",
    "HfArgumentParser": "transformers.hf_argparser",
    "Seq2SeqTrainer": "transformers.trainer_seq2seq",
    "Seq2SeqTrainingArguments": "transformers.training_args_seq2seq",
    "Trainer": "transformers.trainer",
    "TrainingArguments": "transformers.training_args",
}
_TRANSFORMERS_MODULES = (
    "transformers.data.data_collator",
    "transformers.utils.quantization_config",
)
_TRANSFORMERS_CLASS = regex(r"[A-Z]\w*Config|D\w*DataCollator|DataCollator\w+")
_LOADERS = {
    "PreTrainedModel": ("transformers.modeling_utils", ""),
    "PreTrainedTokenizerBase": ("transformers.tokenization_utils_base", ""),
    "_BaseAutoModelClass": ("transformers.models.auto.auto_factory", "PreTrainedModel"),
    "AutoTokenizer": ("transformers.models.auto.tokenization_auto", "PreTrainedTokenizerBase"),
}
"""Classes whose `from_pretrained` is read: where they are, and whose gets the rest of it."""
_PEFT_LOADERS = ("AutoPeftModelForCausalLM", "PeftModel")
_LOGINS = ("interpreter_login", "login", "notebook_login")
_DATASET_FUNCTIONS = (
    "concatenate_datasets",
    "interleave_datasets",
    "load_dataset",
    "load_from_disk",
)
_JOB_METHODS = ("create_scheduled_job", "create_scheduled_uv_job", "run_job", "run_uv_job")


def _trl(signatures: Signatures) -> Objects:
    classes: dict[str, Found] = {}
    for path in sorted(signatures.library.files):
        module = _module_of(signatures, path) if _TRL_MODULE.fullmatch(path) else None
        for name, node in module.definitions.items() if module else ():
            if module and isinstance(node, ast.ClassDef) and _TRL_CLASS.fullmatch(name):
                found = Found(module, node)
                classes.setdefault(canonical_name(found.name), found)
    for name, found in classes.items():
        trainer = classes.get(f"{name.removesuffix('Config')}Trainer")
        yield name, _configuration(signatures, found, trainer)
    exported = _exports(signatures, "trl")
    yield from _exported(signatures, "trl", (n for n in exported if f"trl.{n}" not in classes))


def _transformers(signatures: Signatures) -> Objects:
    library = signatures.library
    classes = {
        name: found
        for name, module in _TRANSFORMERS_CLASSES.items()
        if isinstance(found := library.find(module, name), Found)
    }
    for name, found in classes.items():
        trainer = classes.get("Trainer") if name == "TrainingArguments" else None
        yield f"transformers.{name}", _configuration(signatures, found, trainer)
    for module in map(library.module, _TRANSFORMERS_MODULES):
        for name, node in module.definitions.items() if module else ():
            if module and isinstance(node, ast.ClassDef) and _TRANSFORMERS_CLASS.fullmatch(name):
                yield f"transformers.{name}", signatures.of(Found(module, node))
    yield from _loaders(signatures)


def _loaders(signatures: Signatures) -> Objects:
    """`from_pretrained` of models and tokenizers."""
    read: dict[str, Signature] = {}
    for name, (module, heir_of) in _LOADERS.items():
        if signature := _method(signatures, module, name, "from_pretrained"):
            read[name] = _heir(signature, heir_of, read.get(heir_of))
            yield f"transformers.{name}.from_pretrained", read[name]
    if signature := read.get("_BaseAutoModelClass"):
        yield from _auto_models(signatures, signature)


def _heir(signature: Signature, name: str, base: Signature | None) -> Signature:
    """A loader without the parameters that it only passes on to another class's loader."""
    if base is None:
        return signature
    own = {k: v for k, v in signature.parameters.items() if k not in base.parameters}
    return signature._replace(parameters=own, bases=(f"transformers.{name}.from_pretrained",))


def _auto_models(signatures: Signatures, base: Signature) -> Objects:
    module = signatures.library.module("transformers.models.auto.modeling_auto")
    for name, node in module.definitions.items() if module else ():
        if module and isinstance(node, ast.ClassDef) and name.startswith("AutoModel"):
            alias = _alias("transformers._BaseAutoModelClass.from_pretrained", base, module.name)
            yield f"transformers.{name}.from_pretrained", alias


def _peft(signatures: Signatures) -> Objects:
    exports = _exports(signatures, "peft")
    names = (name for name in exports if name.endswith("Config") or name.islower())
    yield from _exported(signatures, "peft", names)
    for name in _PEFT_LOADERS:
        if signature := _method(signatures, "peft", name, "from_pretrained"):
            yield f"peft.{name}.from_pretrained", signature


def _trackio(signatures: Signatures) -> Objects:
    exports = _exports(signatures, "trackio")
    yield from _exported(signatures, "trackio", filter(str.islower, exports))


def _datasets(signatures: Signatures) -> Objects:
    yield from _exported(signatures, "datasets", _DATASET_FUNCTIONS)


def _huggingface_hub(signatures: Signatures) -> Objects:
    for name in _JOB_METHODS:
        module = "huggingface_hub.hf_api"
        if signature := _method(signatures, module, "HfApi", name):
            target = f"huggingface_hub.HfApi.{name}"
            yield target, signature
            yield f"huggingface_hub.{name}", _alias(target, signature, module)
    yield from _exported(signatures, "huggingface_hub", _LOGINS, "huggingface_hub._login")


LIBRARIES: Mapping[str, Callable[[Signatures], Objects]] = {
    "datasets": _datasets,
    "huggingface-hub": _huggingface_hub,
    "peft": _peft,
    "trackio": _trackio,
    "transformers": _transformers,
    "trl": _trl,
    "unsloth": unsloth,
}
"""What reads a library, by the name of its package."""


def _configuration(signatures: Signatures, found: Found, trainer: Found | None) -> Signature:
    """The signature of a class, with what its trainer says of it."""
    signature = signatures.of(found)
    for each in reversed(signatures.lineage(trainer) if trainer else ()):
        signature = signatures.marks.on(signature, each, prefix="args.")
    return signature


def _exported(
    signatures: Signatures, package: str, names: Iterable[str], module: str | None = None
) -> Objects:
    """What a module, by default the package's root, exports of what makes up the library."""
    for name in names:
        found = signatures.library.find(module or package, name)
        if isinstance(found, Found) and not found.module.name.endswith(".import_utils"):
            yield f"{package}.{name}", signatures.of(found)


def _exports(signatures: Signatures, package: str) -> Sequence[str]:
    """The public names of a package's root: its `__all__`, or all without an underscore."""
    root = signatures.library.module(package)
    if root is None:
        return []
    chosen = root.constants.get("__all__")
    if isinstance(chosen, (ast.List, ast.Tuple)):
        return sorted(str(item.value) for item in chosen.elts if isinstance(item, ast.Constant))
    return sorted(name for name in {*root.imports, *root.definitions} if name[0] != "_")


def _method(signatures: Signatures, module: str, owner: str, name: str) -> Signature | None:
    found = signatures.library.find(module, owner)
    return signatures.of_method(found, name) if isinstance(found, Found) else None


def _alias(target: str, signature: Signature, module: str) -> Signature:
    """Another name for an object that the table has."""
    return Signature(
        module, bases=(target,), positional=signature.positional, takes_any=signature.takes_any
    )


def _module_of(signatures: Signatures, path: str) -> Module | None:
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return signatures.library.module(name)
