# pyright: basic, reportMissingImports=false, reportArgumentType=false, reportCallIssue=false
# pyright: reportAttributeAccessIssue=false
"""What a smoke run's copy of a script calls instead: a copy of this file lies beside it.

Nothing else of Tunesmith is there, so that it imports nothing of it.
"""

import dataclasses
import inspect
import os
import re
import sys
import tempfile

from tunesmith_smoke_models import (
    SMOKE_FOLDER,
    smoke_model,
    smoke_path,  # noqa: F401 copies import it from here
    smoke_tiny_config,
)

SMOKE_ROWS = 8
SMOKE_ROWS_READ = 100  # a script may filter, split and pack them
SMOKE_TOKENS = 256
SMOKE_SETTINGS = {
    "output_dir": f"{SMOKE_FOLDER}/output",
    "max_steps": 2,
    "per_device_train_batch_size": 2,
    "per_device_eval_batch_size": 2,
    "gradient_accumulation_steps": 1,
    "logging_strategy": "steps",
    "logging_steps": 1,
    "save_strategy": "steps",
    "save_steps": 2,
    "report_to": "none",
    "push_to_hub": False,
    "use_vllm": False,
    "num_generations": 2,
}
SMOKE_LEFT_OUT = (
    "auto_find_batch_size",
    "deepspeed",
    "fsdp",
    "fsdp_config",
    "generation_batch_size",
    "num_generations_eval",
    "resume_from_checkpoint",
    "steps_per_generation",
    "torch_compile",
    "torch_compile_backend",
    "torch_compile_mode",
)
SMOKE_NEEDS_GPU = {"bf16": False, "fp16": False, "tf32": None, "bf16_full_eval": False}
SMOKE_NEEDS_GPU |= {"fp16_full_eval": False, "activation_offloading": False}
SMOKE_NEEDS_GPU |= {"use_liger_kernel": False, "use_liger_loss": False}
SMOKE_OWN_REPOSITORIES = {None}


class SmokeNothing:
    """Stands for whatever a call that is left out would have returned."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args, **kwargs):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return False

    def __iter__(self):
        return iter(())

    def __getitem__(self, key):
        return self

    def __setitem__(self, key, value):
        pass

    def __bool__(self):
        return False

    def __str__(self):
        return "(left out of the smoke run)"


smoke_nothing = SmokeNothing()


def smoke_device():
    """The fastest device of this machine."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def smoke_config(kind):
    """Makes the settings of a trainer, those of a smoke run instead of the script's."""
    names = [field.name for field in dataclasses.fields(kind) if field.init]
    if "max_steps" not in names:
        return kind

    def make(*args, **kwargs):
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        SMOKE_OWN_REPOSITORIES.add(given.get("hub_model_id"))
        for name in SMOKE_LEFT_OUT:
            given.pop(name, None)
        defaults = {field.name: field.default for field in dataclasses.fields(kind)}
        changes = smoke_changes({**defaults, **given}, set(given))
        made = kind(**{**given, **{n: v for n, v in changes.items() if n in names}})
        made.is_of_smoke_run = True
        return made

    return make


def smoke_changes(values, given):
    """What is set besides, for the settings that there are."""
    changes = dict(SMOKE_SETTINGS)
    for name in ("eval_strategy", "evaluation_strategy"):
        if name in given and str(getattr(values[name], "value", values[name])) not in "no None":
            changes |= {name: "steps", "eval_steps": 2}
    limits = {"max_length": SMOKE_TOKENS, "max_seq_length": SMOKE_TOKENS, "max_prompt_length": 128}
    for name, limit in {**limits, "max_completion_length": 16}.items():
        value = values.get(name)
        changes[name] = min(value, limit) if isinstance(value, int) else limit
    device = smoke_device()
    if device != "cuda":
        changes |= SMOKE_NEEDS_GPU
        optimizer = str(getattr(values.get("optim"), "value", values.get("optim")))
        if re.search("8bit|4bit|bnb|paged|fused|apex", optimizer):
            changes["optim"] = "adamw_torch"
        if device == "cpu":
            changes |= {"use_cpu": True}
    elif not smoke_has_bf16():
        changes |= {"bf16": False}
    return changes


def smoke_has_bf16():
    """Whether the GPU computes in bfloat16."""
    import torch

    return torch.cuda.get_device_capability()[0] >= 8


def smoke_trainer(kind):
    """Makes a trainer with tiny models, few rows and the settings of a smoke run."""
    names = next(
        (names for each in kind.__mro__ if "args" in (names := smoke_parameters(each))), []
    )

    def make(*args, **kwargs):
        positional = names[: len(args)]
        given = {**dict(zip(positional, args, strict=False)), **kwargs}
        for name in ("model", "ref_model", "reward_model", "value_model", "teacher_model"):
            if isinstance(given.get(name), (str, os.PathLike)):
                given[name] = smoke_model(given[name])
        if "reward_funcs" in given:
            functions = given["reward_funcs"]
            functions = functions if isinstance(functions, list) else [functions]
            given["reward_funcs"] = [
                smoke_model(each) if isinstance(each, str) else each for each in functions
            ]
        for name in ("train_dataset", "eval_dataset"):
            if given.get(name) is not None:
                given[name] = smoke_rows(given[name], SMOKE_ROWS)
        if smoke_device() != "cuda":
            given.pop("quantization_config", None)
        if "args" in names:
            given["args"] = smoke_settings(kind, given.get("args"))
        return kind(*[given.pop(name) for name in positional], **given)

    return make


def smoke_parameters(kind):
    """The names of the parameters of a class, in their order."""
    try:
        found = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError):
        return []
    return [each.name for each in found if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]


def smoke_settings(kind, settings):
    """The settings that a trainer gets: new ones where there are none, or those there changed."""
    if settings is None:
        for each in kind.__mro__:
            name = each.__name__.replace("Trainer", "Config")
            config = getattr(sys.modules.get(each.__module__), name, None)
            if dataclasses.is_dataclass(config):
                return smoke_config(config)()
        from transformers import TrainingArguments

        return smoke_config(TrainingArguments)(SMOKE_SETTINGS["output_dir"])
    if getattr(settings, "is_of_smoke_run", False) or not dataclasses.is_dataclass(settings):
        return settings
    fields = {field.name: field for field in dataclasses.fields(settings)}
    values = {name: getattr(settings, name, None) for name in fields}
    SMOKE_OWN_REPOSITORIES.add(values.get("hub_model_id"))
    changes = smoke_changes(values, set(values))
    changes |= {"report_to": [], "generation_batch_size": 2, "steps_per_generation": 1}
    changes |= {"resume_from_checkpoint": None, "auto_find_batch_size": False}
    for name, value in changes.items():
        if name in fields:
            setattr(settings, name, type(values[name])(value) if "strategy" in name else value)
    if not changes.get("bf16", True):
        os.environ["ACCELERATE_MIXED_PRECISION"] = settings.mixed_precision = "no"
    return settings


def smoke_rows(data, count=SMOKE_ROWS_READ):
    """The first rows of a data set, or of each of several."""
    if isinstance(data, dict):
        return type(data)({name: smoke_rows(each, count) for name, each in data.items()})
    if hasattr(data, "take") and not hasattr(data, "__len__"):
        return data.take(count)
    if hasattr(data, "select"):
        if not len(data):
            sys.exit(f"smoke run: none of the {SMOKE_ROWS_READ} rows that were read are left")
        return data.select(range(min(count, len(data))))
    return data


def smoke_load_dataset(*args, **kwargs):
    """The first rows of what the script loads, without downloading the rest."""
    import datasets

    smoke_fit_choices(datasets.Dataset)
    if kwargs.get("streaming"):
        return smoke_rows(datasets.load_dataset(*args, **kwargs))
    fewer = {name: value for name, value in kwargs.items() if name not in ("num_proc", "streaming")}
    split = fewer.get("split")
    if isinstance(split, str):
        fewer["split"] = re.sub(r"\[.*?\]", "", split).split("+")[0]
    try:
        stream = datasets.load_dataset(*args, **fewer, streaming=True)
        if isinstance(stream, dict):
            made = {name: smoke_from_stream(each) for name, each in stream.items()}
            return datasets.DatasetDict(made)
        return smoke_from_stream(stream)
    except Exception as error:
        print(f"smoke run: {args} cannot be streamed ({error}): it is downloaded whole")
        return smoke_rows(datasets.load_dataset(*args, **kwargs))


def smoke_from_stream(stream):
    """The first rows of a stream, as a data set."""
    import datasets

    rows = list(stream.take(SMOKE_ROWS_READ))
    return datasets.Dataset.from_list(rows, features=stream.features)


def smoke_fit_choices(kind):
    """Let the script choose rows and sizes that are not there: it gets what is."""
    if hasattr(kind, "smoke_select"):
        return
    kind.smoke_select, kind.smoke_split = kind.select, kind.train_test_split

    def select(self, indices, *args, **kwargs):
        return self.smoke_select([i for i in indices if i < len(self)], *args, **kwargs)

    def train_test_split(self, *args, **kwargs):
        given = {**dict(zip(("test_size", "train_size"), args, strict=False)), **kwargs}
        if any(isinstance(given.get(n), int) for n in ("test_size", "train_size")):
            given |= {"test_size": 0.5, "train_size": None}
        return self.smoke_split(**given)

    kind.select, kind.train_test_split = select, train_test_split


def smoke_download(*args, **kwargs):
    """`snapshot_download`, but for the script's own repository, which nothing is pushed to."""
    from huggingface_hub import snapshot_download

    repository = args[0] if args else kwargs.get("repo_id")
    if repository in SMOKE_OWN_REPOSITORIES or "checkpoint" in str(kwargs.get("allow_patterns")):
        return tempfile.mkdtemp(dir=SMOKE_FOLDER)
    return snapshot_download(*args, **kwargs)


def smoke_from_pretrained(load):
    """Loads a tiny random model instead, with the arguments that this machine can do with."""

    def loaded(*args, **kwargs):
        name = args[0] if args else kwargs.pop("pretrained_model_name_or_path", None)
        name = kwargs.pop("model_name", None) if name is None else name
        revision, remote = kwargs.pop("revision", None), kwargs.get("trust_remote_code", False)
        for key in ("config", "state_dict", "variant", "subfolder", "use_safetensors"):
            kwargs.pop(key, None)
        if smoke_device() != "cuda":
            for key in ("quantization_config", "load_in_4bit", "load_in_8bit", "device_map"):
                kwargs.pop(key, None)
            if "flash" in str(kwargs.get("attn_implementation")):
                del kwargs["attn_implementation"]
        return load(smoke_model(name, revision, remote), *args[1:], **kwargs)

    return loaded


def smoke_from_config(make):
    """Makes a tiny model of a configuration."""

    def made(config, *args, **kwargs):
        return make(smoke_tiny_config(config), *args, **kwargs)

    return made
