# pyright: basic, reportMissingImports=false, reportArgumentType=false, reportCallIssue=false
# pyright: reportAttributeAccessIssue=false
"""The tiny random models of a smoke run, and where it saves: a copy of this file lies beside it.

Nothing else of Tunesmith is there, so that it imports nothing of it.
"""

import atexit
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

SMOKE_FOLDER = tempfile.mkdtemp(prefix="smoke-")  # what the script saves, and the tiny models
SMOKE_MADE = {}
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

atexit.register(shutil.rmtree, SMOKE_FOLDER, ignore_errors=True)


def smoke_path(path):
    """A place in the temporary folder instead of one that the script saves to."""
    if path is None or str(path).startswith(SMOKE_FOLDER):
        return path
    name = re.sub(r"\W+", "-", str(path)).strip("-")
    return f"{SMOKE_FOLDER}/saved/{name or 'it'}"


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
