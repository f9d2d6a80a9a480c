# pyright: basic, reportMissingImports=false, reportArgumentType=false, reportCallIssue=false
# pyright: reportAttributeAccessIssue=false
"""What a smoke run's copy of a script calls instead: a copy of this file lies beside it.

Nothing else of Tunesmith is there, so that it imports nothing of it.
"""

import atexit
import dataclasses
import inspect
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

SMOKE_ROWS = 8
SMOKE_ROWS_READ = 100  # a script may filter, split and pack them
SMOKE_TOKENS = 256
SMOKE_FOLDER = tempfile.mkdtemp(prefix="smoke-")  # what the script saves, and the tiny models
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
SMOKE_MADE = {}
SMOKE_OWN_REPOSITORIES = {None}

atexit.register(shutil.rmtree, SMOKE_FOLDER, ignore_errors=True)


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


def smoke_path(path):
    """A place in the temporary folder instead of one that the script saves to."""
    if path is None or str(path).startswith(SMOKE_FOLDER):
        return path
    name = re.sub(r"\W+", "-", str(path)).strip("-")
    return f"{SMOKE_FOLDER}/saved/{name or 'it'}"


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


def smoke_model(name, revision=None, remote=False):
    """A folder with a tiny random model of the architecture of another, and its tokenizer."""
    if not isinstance(name, (str, os.PathLike)) or str(name).startswith(SMOKE_FOLDER):
        return name
    saved = smoke_path(name)
    if Path(saved).is_dir():
        return saved
    if name not in SMOKE_MADE:
        from transformers import AutoConfig

        config = AutoConfig.from_pretrained(name, revision=revision, trust_remote_code=remote)
        model = smoke_made(config, remote)
        folder = f"{SMOKE_FOLDER}/model-{len(SMOKE_MADE)}"
        model.save_pretrained(folder)
        smoke_copy_tokenizer(name, folder, revision=revision, trust_remote_code=remote)
        print(f"smoke run: {name} is a random {config.model_type}, {model.num_parameters():,}")
        SMOKE_MADE[name] = folder
    return SMOKE_MADE[name]


def smoke_copy_tokenizer(name, folder, **options):
    """Save what goes with a model: its tokenizer, processor and settings of generation."""
    from transformers import AutoProcessor, AutoTokenizer, GenerationConfig

    for kind in (GenerationConfig, AutoTokenizer, AutoProcessor):
        try:
            kind.from_pretrained(name, **options).save_pretrained(folder)
        except Exception as error:
            if kind is AutoTokenizer:
                print(f"smoke run: {name} has no tokenizer: {error}")


def smoke_made(config, remote):
    """A model as small as can be made of a configuration."""
    import torch
    import transformers

    kind = getattr(transformers, (config.architectures or [""])[0], None)

    def make(tiny):
        if kind is not None:
            return kind(tiny)
        return transformers.AutoModelForCausalLM.from_config(tiny, trust_remote_code=remote)

    reason = ""
    for sizes in (SMOKE_SIZES, SMOKE_SIZES[SMOKE_FEWER:]):
        try:
            with torch.device("meta"):
                count = make(smoke_tiny_config(config, sizes)).num_parameters()
            if count > SMOKE_PARAMETERS:
                raise ValueError(reason or f"it still has {count:,} parameters")
            model = make(smoke_tiny_config(config, sizes))
            words = torch.arange(1, 9)[None]
            with torch.no_grad():
                model(input_ids=words, attention_mask=torch.ones_like(words))
        except Exception as error:
            reason = reason or str(error)
        else:
            return model
    sys.exit(f"smoke run: no tiny {config.model_type} can be made: {reason}")


SMOKE_SIZES = (
    (r"hidden_size|d_model|n_embd|dim|embed_dim|out_hidden_size|word_embed_proj_dim", 64),
    (r"(\w*_)?intermediate_size\w*|ffn_dim|n_inner|d_ff|\w+_ffn_dim", 128),
    (r"(\w*_)?(num_)?attention_heads|n_heads?|num_heads", 4),
    (r"(num_)?(\w*_)?(key_value|kv)_heads", 2),
    (r"(\w*_)?head_dim|kv_channels", 16),
    (r"[qkvo]\w*_lora_rank", 32),
    # Where the others do not go together, only what follows is made smaller, and the layers.
    (r"n_routed_experts|num_(local_)?experts|moe_num_experts", 4),
    (r"(num_)?experts_per_tok|num_experts_per_token|moe_top_?k|top_k_experts", 2),
    (r"n_group|topk_group|n_shared_experts|first_k_dense_replace", 1),
    (r"linear_num_(key|value)_heads", 2),
    (r"mamba_(n|num)_heads", 8),
    (r"mamba_(d_head|head_dim)", 16),
    (r"mamba_d_ssm", 128),
    (r"num_kv_shared_layers", 0),
)
SMOKE_FEWER = 6
SMOKE_PARAMETERS = 400_000_000
SMOKE_LAYERS = r"num_hidden_layers|n_layers?|num_layers|depth|(en|de)coder_layers|num_\w+_layers"


def smoke_tiny_config(config, sizes=SMOKE_SIZES):
    """A smaller configuration of the same kind."""
    values = config.to_dict()
    for key in ("quantization_config", "_name_or_path", "transformers_version"):
        values.pop(key, None)
    return type(config).from_dict(smoke_shrunk(values, sizes))


def smoke_shrunk(values, sizes):
    """The values of a configuration, and of those in it, made smaller."""
    layers = next(
        (v for k, v in values.items() if re.fullmatch("num_hidden_layers|n_layers?", k)), None
    )
    kept = smoke_kept_layers(values, layers)
    head = smoke_head_dim(values)
    made = {}
    for key, value in values.items():
        if isinstance(value, dict) and key.endswith("_config"):
            made[key] = smoke_shrunk(value, sizes)
        elif isinstance(value, (list, str)) and layers and len(value) == layers > 2:
            part = [smoke_size(key, value[i], sizes) for i in kept]
            made[key] = "".join(part) if isinstance(value, str) else part
        elif isinstance(value, int) and re.fullmatch(SMOKE_LAYERS, key) and value > len(kept):
            made[key] = len(kept)
        else:
            made[key] = smoke_size(key, value, sizes)
    for heads, others in (
        ("num_attention_heads", "num_key_value_heads"),
        ("n_heads", "n_kv_heads"),
    ):
        if others in made and values.get(others) == values.get(heads):
            made[others] = made[heads]
    if made.get("mamba_d_ssm") and isinstance(made.get("mamba_d_head"), int):
        made["mamba_d_ssm"] = made["mamba_n_heads"] * made["mamba_d_head"]
    now = smoke_head_dim(made)
    for key in ("rope_parameters", "rope_scaling"):
        if head and now and isinstance(made.get(key), dict):
            made[key] = smoke_rope(made[key], now / head)
    return made


def smoke_size(key, value, sizes):
    """A smaller value for a size; others as they are."""
    if isinstance(value, int) and not isinstance(value, bool):
        for pattern, size in sizes:
            if re.fullmatch(pattern, key):
                return min(value, size)
    return value


def smoke_kept_layers(values, layers):
    """The layers that are kept: two, or one of each kind."""
    for value in values.values():
        is_each = isinstance(value, (list, str)) and layers and len(value) == layers > 2
        if is_each and all(isinstance(each, str) for each in value):
            kinds = {each: i for i, each in reversed(list(enumerate(value)))}
            first = sorted(kinds.values())
            return first if len(first) > 1 else [0, 1]
    return [0, 1]


def smoke_head_dim(values):
    """How long the vector of a head is."""
    head = values.get("qk_rope_head_dim") or values.get("head_dim")
    hidden, heads = values.get("hidden_size"), values.get("num_attention_heads")
    return head or (hidden // heads if hidden and heads else None)


def smoke_rope(rope, share):
    """Settings of rotary positions, whose lists are as long as a part of a head."""
    made = {}
    for key, value in rope.items():
        if isinstance(value, dict):
            made[key] = smoke_rope(value, share)
        elif isinstance(value, list) and key == "mrope_section":
            total = int(sum(value) * share)
            made[key] = [total - 2 * (total // 3), total // 3, total // 3][: len(value)]
        elif isinstance(value, list):
            made[key] = value[: max(1, int(len(value) * share))]
        else:
            made[key] = value
    return made
