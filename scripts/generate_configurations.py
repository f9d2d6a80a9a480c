"""Writes knowledge/data/configurations.json: the `config.json` fields that decide a model's size.

    python scripts/generate_configurations.py

Most are those of LitGPT (`litgpt/config.py`, Apache-2.0), a package that has the hyperparameters of
checkpoints on the Hub; the others stand in `tables/configurations.json`, each with its source, with
those that estimate/approximation.py translates.
Which embeddings are tied LitGPT does not say: `TIED` has it from the checkpoints' `config.json`.

What a `config.json` leaves out has the default of transformers' class: `types` has these, out of
the newest wheel, for the architectures that estimate/shape.py describes (`DESCRIBED`).
"""

from __future__ import annotations

import ast
import datetime
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tables import rows
from tables.index import Index, Wheel

MORE = Path(__file__).parent / "tables/configurations.json"
TYPES = {
    r"Qwen/Qwen3-.*-A\d+B.*": "qwen3_moe",
    r"Qwen/Qwen3-.*": "qwen3",
    r"Qwen/(?:Qwen2\.5|QwQ)-.*": "qwen2",
    r"google/gemma-3-.*": "gemma3_text",
    r"google/gemma-2-.*": "gemma2",
    r"google/(?:code)?gemma-.*": "gemma",
    r"mistralai/Mixtral-.*": "mixtral",
    r"mistralai/.*": "mistral",
    r"microsoft/[Pp]hi-(?:3|4).*|microsoft/Phi-3\.5-mini.*": "phi3",
    r"allenai/OLMo-2-.*": "olmo2",
    r"allenai/OLMo-.*": "olmo",
    r"(?:meta-llama|codellama|TinyLlama|HuggingFaceTB|nvidia|BSC-LT)/.*": "llama",
    r"deepseek-ai/DeepSeek-R1-Distill-Llama-.*|tiiuae/Falcon3-.*": "llama",
}
"""transformers' `model_type` of the models that are taken over; the first that matches counts."""
TIED = re.compile(
    r"google/.*|HuggingFaceTB/.*|meta-llama/Llama-3\.2-.*|allenai/OLMo-1B-hf|.*/Phi-4-mini-.*"
    r"|Qwen/Qwen2\.5-(?:Coder-|Math-)?(?:0\.5|1\.5|3)B.*|Qwen/Qwen3-(?:0\.6|1\.7|4)B.*"
)
SIGLIP = {
    "hidden_size": 1152,
    "num_hidden_layers": 27,
    "intermediate_size": 4304,
    "patch_size": 14,
    "image_size": 896,
}
"""The vision tower of Gemma 3 from 4B on (gemma 3.3.0, gemma/multimodal/vision_utils.py), which is
loaded for training on text too."""
DESCRIBED = (
    "cohere", "cohere2", "ernie4_5", "exaone4", "gemma", "gemma2", "gemma3_text", "glm", "glm4",
    "gpt_oss", "granite", "helium", "hunyuan_v1_dense", "llama", "ministral", "ministral3",
    "mistral", "mixtral", "olmo", "olmo2", "olmo3", "phi3", "qwen2", "qwen3", "qwen3_moe",
    "seed_oss", "smollm3",
)  # fmt: skip
FIELDS = (
    "attention_bias", "final_logit_softcapping", "head_dim", "hidden_size", "intermediate_size",
    "moe_intermediate_size", "num_attention_heads", "num_experts", "num_experts_per_tok",
    "num_hidden_layers", "num_key_value_heads", "num_local_experts", "sliding_window",
    "tie_word_embeddings", "use_sliding_window", "vocab_size",
)  # fmt: skip
READ = """
import json, runpy, sys, types
sys.modules["yaml"] = types.ModuleType("yaml")
read = runpy.run_path(sys.argv[1])
print(json.dumps([vars(read["Config"](**each)) for each in read["configs"]], default=str))
"""


def update() -> None:
    """Write the table."""
    rows.write("configurations", table())


def table() -> Mapping[str, Any]:
    """Every model's configuration with its source, by its id."""
    index = Index()
    wheel, version = newest(index, "litgpt")
    text = wheel.read("litgpt/config.py")
    assert text, f"litgpt {version} has no litgpt/config.py"
    found = {each: {"source": f"litgpt {version}", "config": c} for each, c in taken(text)}
    models = dict(sorted({**found, **json.loads(MORE.read_text("utf-8"))}.items()))
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    wheel, version = newest(index, "transformers")
    types = {each: defaults(wheel, each) for each in DESCRIBED}
    return {"date": today, "transformers": version, "types": types, "models": models}


def newest(index: Index, package: str) -> tuple[Wheel, str]:
    """The newest final wheel of a package, and its version."""
    wheels = (file for file in index.files(package) if file.is_wheel)
    file = max((it for it in wheels if not it.version.is_prerelease), key=lambda it: it.version)
    return index.wheel(file), str(file.version)


def defaults(transformers: Wheel, kind: str) -> Mapping[str, Any]:
    """What transformers' class for a `model_type` takes for the fields that decide its size."""
    folder = kind.removesuffix("_text")
    text = transformers.read(f"transformers/models/{folder}/configuration_{folder}.py")
    assert text, f"transformers has no {kind}"
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.ClassDef):
            found = dict(constants(statement))
            if found.get("model_type") == kind:
                return {name: found[name] for name in FIELDS if name in found}
    raise AssertionError(f"no class of transformers has the model_type {kind}")


def constants(of: ast.ClassDef) -> Iterator[tuple[str, Any]]:
    """The attributes of a class that are written out."""
    for statement in of.body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value:
            target = (
                statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
            )
            if isinstance(target, ast.Name):
                try:
                    yield target.id, ast.literal_eval(statement.value)
                except ValueError:
                    continue


def taken(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The models of LitGPT's list that transformers has a class for."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "config.py")
        path.write_text(text, "utf-8")
        command = [sys.executable, "-I", "-c", READ, str(path)]
        listed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    for each in listed:
        model_id = "{org}/{name}".format_map(each["hf_config"])
        kind = next((TYPES[form] for form in TYPES if re.fullmatch(form, model_id)), None)
        if kind is None:
            continue
        for name in {model_id, model_id.replace("/Meta-Llama-3.1", "/Llama-3.1")}:
            yield name, configuration(name, kind, each)


def configuration(model_id: str, kind: str, of: Mapping[str, Any]) -> Mapping[str, Any]:
    """LitGPT's fields in the words of `config.json`."""
    fields = {
        "model_type": kind,
        "hidden_size": of["n_embd"],
        "num_hidden_layers": of["n_layer"],
        "num_attention_heads": of["n_head"],
        "num_key_value_heads": of["n_query_groups"],
        "head_dim": of["head_size"],
        "intermediate_size": of["intermediate_size"],
        "vocab_size": of["padded_vocab_size"],
        "tie_word_embeddings": TIED.fullmatch(model_id) is not None,
    }
    if kind == "gemma3_text" and of["n_layer"] > 26:
        fields["vocab_size"] = 262_208  # with the tokens for images, as transformers has it
        fields["vision_config"] = SIGLIP
    if of["n_expert"]:
        fields["num_experts"] = of["n_expert"]
        fields["num_experts_per_tok"] = of["n_expert_per_token"]
        fields["moe_intermediate_size"] = of["moe_intermediate_size"] or of["intermediate_size"]
    if of["sliding_window_size"] and of["sliding_window_size"] < of["block_size"]:
        fields["sliding_window"] = of["sliding_window_size"]
    return fields


if __name__ == "__main__":
    update()
