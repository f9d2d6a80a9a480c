"""Measures steps of `mlx_lm.lora` on small made-up models into tests/estimate/mlx.json.

Run where MLX-LM is: `pip install "mlx-lm[cpu,train]"` in an environment of its own (Linux, a Mac),
then `ENV/bin/python scripts/record_mlx.py`. Each step is measured in a process of its own, since
`--grad-checkpoint` changes the class of the layers for good.

On a CPU, kernels that Metal has are stood in for by functions that keep as much for the way back.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

RECORD = Path(__file__).parents[1] / "tests/estimate/mlx.json"
LIBRARIES = ("mlx", "mlx-lm")
SMALL: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 256,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "intermediate_size": 768,
    "vocab_size": 2048,
    "rms_norm_eps": 1e-5,
    "tie_word_embeddings": True,
}
WIDE = {**SMALL, "vocab_size": 24576}
QWEN = {
    **SMALL,
    "model_type": "qwen3",
    "max_position_embeddings": 4096,
    "rope_theta": 1e6,
}
GEMMA = {**QWEN, "model_type": "gemma3_text", "vocab_size": 8192, "sliding_window_pattern": 2}
BASE: dict[str, Any] = {"batch": 1, "length": 256, "layers": -1}
STEPS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (SMALL, {}),
    (SMALL, {"length": 512}),
    (SMALL, {"layers": 2}),
    (SMALL, {"targets": ["q_proj", "v_proj"]}),
    (SMALL, {"batch": 3}),
    (SMALL, {"rank": 32}),
    (SMALL, {"is_checkpointed": True}),
    (SMALL, {"length": 512, "is_checkpointed": True}),
    (SMALL, {"kind": "full"}),
    (SMALL, {"kind": "full", "layers": 2, "optimizer": "adafactor"}),
    (SMALL, {"accumulation": 2}),
    (SMALL, {"bits": 4}),
    (WIDE, {}),
    (WIDE, {"layers": 1, "length": 512}),
    (WIDE, {"is_checkpointed": True}),
    (QWEN, {}),
    (GEMMA, {}),
]


def main() -> None:
    if len(sys.argv) > 1:
        print("peak", measured(json.loads(sys.argv[1])))
        return
    done: list[Any] = []
    for config, changes in STEPS:
        step = {"config": config, "training": {**BASE, **changes}}
        run = subprocess.run(
            [sys.executable, __file__, json.dumps(step)],
            check=False,
            capture_output=True,
            text=True,
        )
        found = [line for line in run.stdout.splitlines() if line.startswith("peak ")]
        if not found:
            print(run.stderr[-800:], file=sys.stderr)
            continue
        done.append({**step, "peak": int(found[-1].split()[1])})
        print(f"{done[-1]['peak'] / 1e6:8.1f} MB  {config['model_type']} {changes}", flush=True)
        write(done)


def write(steps: list[Any]) -> None:
    known: dict[str, Any] = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    known["versions"] = {name: version(name) for name in LIBRARIES}
    known["steps"] = steps
    parts = [f" {json.dumps(key)}: {_spread(value)}" for key, value in known.items()]
    RECORD.write_text("{\n" + ",\n".join(parts) + "\n}\n", "utf-8")


def _spread(value: Any) -> str:
    if not isinstance(value, list):
        return json.dumps(value)
    rows = ",\n".join(f"  {json.dumps(each)}" for each in value)
    return f"[\n{rows}\n ]"


def measured(step: dict[str, Any]) -> int:
    """The peak of three steps, in bytes."""
    import mlx.core as mx
    import numpy as np
    from mlx import nn
    from mlx.utils import tree_flatten
    from mlx_lm.tuner.trainer import TrainingArgs, train
    from mlx_lm.tuner.utils import linear_to_lora_layers

    given: dict[str, Any] = step["training"]
    if not mx.metal.is_available():
        stand_in()
    mx.set_memory_limit(1)  # works ahead by as little as it can
    module = import_module(f"mlx_lm.models.{step['config']['model_type']}")
    model = module.Model(module.ModelArgs.from_dict(step["config"]))
    model.set_dtype(mx.bfloat16)
    if "bits" in given:
        nn.quantize(model, bits=given["bits"])
    mx.eval(model.parameters())
    model.freeze()
    layers = given["layers"] if given["layers"] > 0 else len(model.layers)
    if given.get("kind") == "full":
        for layer in model.layers[-layers:]:
            layer.unfreeze()
    else:
        parameters: dict[str, Any] = {"rank": given.get("rank", 8), "scale": 20.0, "dropout": 0.0}
        if "targets" in given:
            parameters["keys"] = [f"self_attn.{name}" for name in given["targets"]]
        linear_to_lora_layers(model, layers, parameters)
    mx.eval(model.parameters())
    assert tree_flatten(model.trainable_parameters())
    batch, length = given["batch"], given["length"]
    tokens = np.random.default_rng(0).integers(0, step["config"]["vocab_size"], (batch, length + 1))

    def batches(**_: object):
        while True:
            yield mx.array(tokens.astype(np.int32)), mx.array([[0, length + 1]] * batch)

    names = {"adafactor": "Adafactor", "adam": "Adam"}
    optimizer = getattr(import_module("mlx.optimizers"), names[given.get("optimizer", "adam")])
    mx.clear_cache()
    mx.reset_peak_memory()
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArgs(
            batch_size=batch,
            iters=4 if given.get("accumulation") else 3,
            steps_per_report=1,
            steps_per_save=1000,
            max_seq_length=length + 1,
            grad_checkpoint=given.get("is_checkpointed", False),
            grad_accumulation_steps=given.get("accumulation", 1),
            adapter_file=f"{folder}/adapters.safetensors",
        )
        train(
            model,
            optimizer(learning_rate=1e-5),
            [0] * batch,
            None,
            arguments,
            iterate_batches=batches,
        )
    return mx.get_peak_memory()


def stand_in() -> None:
    """Let norms and the loss keep what Metal's kernels keep: their inputs."""
    import mlx.core as mx
    from mlx import nn

    @mx.custom_function
    def loss(logits: Any, targets: Any) -> Any:
        score = mx.take_along_axis(logits, targets[..., None], -1).squeeze(-1)
        return mx.logsumexp(logits, -1) - score

    @loss.vjp
    def _(primals: Any, cotangent: Any, output: Any) -> Any:
        logits, targets = primals
        score = mx.take_along_axis(logits, targets[..., None], -1).squeeze(-1)
        right = mx.arange(logits.shape[-1]) == targets[..., None]
        shares = mx.exp(logits - (output + score)[..., None]) - right.astype(logits.dtype)
        return shares * cotangent[..., None], mx.zeros_like(targets)

    def rms_norm(x: Any, weight: Any, eps: float, **_: object) -> Any:
        @mx.custom_function
        def norm(x: Any, weight: Any) -> Any:
            wide = x.astype(mx.float32)
            root = mx.rsqrt(mx.mean(wide * wide, -1, keepdims=True) + eps)
            return (wide * root).astype(x.dtype) * weight

        @norm.vjp
        def _(primals: Any, cotangent: Any, output: Any) -> Any:
            x, weight = primals
            wide, back = x.astype(mx.float32), cotangent.astype(mx.float32)
            root = mx.rsqrt(mx.mean(wide * wide, -1, keepdims=True) + eps)
            scaled = back * weight
            dx = root * scaled - wide * root**3 * mx.mean(wide * scaled, -1, keepdims=True)
            dw = mx.sum((back * wide * root).reshape(-1, x.shape[-1]), 0)
            return dx.astype(x.dtype), dw.astype(weight.dtype)

        return norm(x, mx.ones((x.shape[-1],), x.dtype) if weight is None else weight)

    mx.fast.rms_norm = rms_norm
    nn.losses.cross_entropy = lambda logits, targets, **_: loss(logits, targets)


if __name__ == "__main__":
    main()
