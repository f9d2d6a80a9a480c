"""The libraries whose releases the tables hold, and since when."""

from __future__ import annotations

BEGINNING = "2023-01-01"
"""Earlier uploads are left out, where no version is said below."""

PACKAGES: dict[str, str] = dict.fromkeys(
    (
        "aiohttp", "apache-tvm-ffi", "certifi", "click", "compressed-tensors", "cut-cross-entropy",
        "deepspeed", "depyf", "einops", "fastapi", "flash-attn", "flashinfer-python", "gguf",
        "googleapis-common-protos", "gradio", "gradio-client", "hf-transfer", "hf-xet", "httpx",
        "inspect-ai", "jinja2", "kernels", "liger-kernel", "lighteval", "llguidance", "lm-eval",
        "lm-format-enforcer", "mergekit", "mistral-common", "numba", "numpy", "nvidia-cutlass-dsl",
        "nvidia-cutlass-dsl-libs-base", "openai", "opencv-python-headless",
        "opentelemetry-exporter-otlp", "opentelemetry-exporter-otlp-proto-common",
        "opentelemetry-exporter-otlp-proto-grpc", "opentelemetry-exporter-otlp-proto-http",
        "opentelemetry-proto", "optimum", "outlines", "pandas", "pillow", "psutil", "pyarrow",
        "pydantic", "pyyaml", "quack-kernels", "ray", "requests", "rich", "scikit-learn", "scipy",
        "sentencepiece", "setfit", "setuptools", "starlette", "tiktoken", "torchao", "torchaudio",
        "torchvision", "tqdm", "triton", "typer", "typer-slim", "tyro", "universal-pathlib",
        "unsloth", "unsloth-zoo", "uvicorn", "vllm", "wandb", "websockets", "xformers", "xgrammar",
    ),
    BEGINNING,
) | {
    "accelerate": "0",
    "bitsandbytes": "0",
    "datasets": "0",
    "diffusers": "0",
    "dill": "0.3.4",
    "evaluate": "0",
    "fsspec": "0",
    "huggingface-hub": "0",
    "multiprocess": "0.70.12",
    "packaging": "20.0",
    "peft": "0",
    "protobuf": "3.19",
    "safetensors": "0",
    "sentence-transformers": "0",
    "tokenizers": "0.9",
    "torch": "0",
    "trackio": "0",
    "transformers": "4.0",
    "trl": "0.7",
    "xxhash": "3.0",
}  # fmt: skip
"""Name of the package -> the first release, or the first day of upload, that a table holds."""

SCANNED: dict[str, str] = {
    "datasets": "2.14",
    "huggingface-hub": "0.34",
    "peft": "0.10",
    "trackio": "0.1",
    "transformers": "4.40",
    "trl": "0.7",
    "unsloth": "2024.11.7",
}
"""Name of the package -> the first release whose signatures a table holds."""
