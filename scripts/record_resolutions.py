"""Writes tests/knowledge/data/resolutions.json: what the real uv chooses for many headers.

Usage: python scripts/record_resolutions.py [--again] [--draw COUNT SEED]

Asks about the headers below that the record lacks, and about so many drawn by chance. It needs the
package index that uv is configured for; `npm test` compares with what it wrote.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tunesmith.knowledge.releases import releases

RECORD = Path(__file__).parents[1] / "tests/knowledge/data/resolutions.json"
NOW = "2026-11-20T00:00:00Z"
"""The newest day that headers are asked about: the tables must know of everything before it."""
LIMIT = 300
"""Seconds that uv may take for a header: some releases must be built to tell what they need."""

Case = Mapping[str, Any]


def case(requirements: str, **options: Any) -> Case:
    """A header; `requirements` are separated by semicolons with a space before them."""
    named = [part.strip() for part in requirements.split(" ;; ")]
    return {"requirements": named, "python": "3.12", "exclude_newer": NOW, **options}


ANSWERS = ("versions", "impossible", "failed")

JANUARY_24, JUNE_24 = "2024-01-15T00:00:00Z", "2024-06-15T00:00:00Z"
FEBRUARY_25, JUNE_25, NOVEMBER_25 = "2025-02-01", "2025-06-15", "2025-11-20T12:00:00Z"
MAY_26 = "2026-05-15T00:00:00Z"

CHOSEN = (
    # what most headers say
    case("trl"),
    case("trl ;; peft ;; transformers ;; datasets ;; trackio ;; bitsandbytes"),
    case("transformers ;; datasets ;; accelerate ;; peft ;; trl ;; torch"),
    case("trl>=0.12.0 ;; peft>=0.7.0 ;; transformers>=4.36.0 ;; accelerate>=0.24.0 ;; trackio"),
    case("trl ;; peft ;; trackio", exclude_newer=NOVEMBER_25),
    case("trl ;; peft ;; transformers ;; datasets", exclude_newer=JANUARY_24),
    case("trl ;; peft ;; transformers ;; datasets", exclude_newer=JUNE_24, python="3.10"),
    case("trl ;; peft ;; transformers ;; datasets", exclude_newer=FEBRUARY_25),
    case("trl ;; peft ;; transformers ;; datasets", exclude_newer=JUNE_25),
    case("trl ;; peft ;; transformers ;; datasets", exclude_newer=MAY_26),
    # pins of every kind
    case("trl==0.9.6 ;; transformers ;; peft"),
    case("trl==0.12.2 ;; transformers"),
    case("trl==0.7.11 ;; transformers ;; datasets ;; peft", python="3.11"),
    case("trl~=0.19.0 ;; transformers"),
    case("trl>=0.15,<0.18 ;; transformers<4.50 ;; peft"),
    case("trl!=1.16.0,!=1.15.* ;; peft!=0.18.0"),
    case("transformers==4.40.0 ;; trl"),
    case("transformers==4.46.3 ;; trl ;; peft ;; accelerate"),
    case("transformers<5 ;; trl ;; huggingface_hub"),
    case("transformers~=4.51 ;; trl ;; peft ;; datasets<4"),
    case("huggingface_hub<1 ;; transformers"),
    case("transformers ;; huggingface_hub<1"),
    case("transformers ;; huggingface_hub>=1 ;; trl==0.24.0"),
    case("huggingface-hub==0.34.4 ;; trl ;; trackio"),
    case("numpy<2 ;; transformers ;; trl ;; datasets"),
    case("numpy<2 ;; torch==2.2.2 ;; transformers", python="3.11"),
    case("peft==0.4.0 ;; transformers ;; trl"),
    case("peft<0.10 ;; trl<0.9 ;; transformers"),
    case("accelerate==0.27.2 ;; trl ;; transformers"),
    case("datasets==2.18.0 ;; fsspec ;; trl"),
    case("datasets ;; fsspec==2024.6.1 ;; trl"),
    case("fsspec==2026.1.0 ;; datasets ;; trackio"),
    case("datasets<3 ;; pyarrow ;; numpy"),
    case("tokenizers<0.20 ;; transformers ;; trl"),
    case("tokenizers==0.21.0 ;; transformers"),
    case("torch==2.4.0 ;; torchvision ;; transformers ;; trl"),
    case("torch<2.6 ;; bitsandbytes ;; accelerate ;; trl"),
    case("torch ;; torchvision ;; triton"),
    case("safetensors<0.5 ;; transformers ;; peft"),
    # extras
    case("trl[vllm]", python="3.12"),
    case("trl[peft,quantization]"),
    case("trl[peft,quantization]==0.20.0 ;; transformers"),
    case("trl[liger,peft]>=0.15 ;; trackio"),
    case("transformers[torch] ;; datasets[vision]"),
    case("transformers[torch,sentencepiece]==4.44.2"),
    case("datasets[audio] ;; transformers"),
    case("huggingface_hub[cli]<1 ;; hf-xet"),
    case("sentence-transformers[train] ;; trackio"),
    case("gradio[oauth] ;; trackio"),
    # neighbours that hold them back
    case("unsloth"),
    case("unsloth ;; trl ;; transformers", exclude_newer=JUNE_25),
    case("unsloth==2025.3.19 ;; trl ;; peft"),
    case("unsloth ;; unsloth_zoo ;; vllm", python="3.11"),
    case("vllm ;; trl"),
    case("trl ;; vllm"),
    case("vllm==0.8.5 ;; trl ;; transformers"),
    case("vllm==0.10.2 ;; trl[vllm]"),
    case("sentence-transformers ;; datasets ;; accelerate"),
    case("sentence-transformers<3 ;; transformers ;; huggingface_hub"),
    case("setfit ;; transformers"),
    case("lm-eval ;; transformers ;; peft"),
    case("lighteval ;; trl"),
    case("diffusers ;; transformers ;; accelerate ;; peft"),
    case("liger-kernel ;; trl ;; kernels"),
    case("evaluate ;; wandb ;; transformers ;; scikit-learn"),
    case("trackio ;; gradio<6 ;; pandas<3"),
    case("optimum ;; transformers ;; trl"),
    case("torchao ;; torch==2.8.0 ;; transformers ;; trl"),
    case("xformers ;; torch ;; transformers"),
    # pre-releases
    case("transformers==5.0.0rc1 ;; trl", exclude_newer="2026-01-10T00:00:00Z"),
    case("transformers>=5.0.0rc0 ;; trl", exclude_newer="2025-12-20T00:00:00Z"),
    case("transformers ;; trl", exclude_newer="2025-12-20T00:00:00Z", prerelease="allow"),
    case("huggingface_hub>=1.0.0rc0 ;; transformers", exclude_newer="2025-10-10T00:00:00Z"),
    case("huggingface_hub>=1 ;; datasets", exclude_newer="2025-10-10T00:00:00Z"),
    case("transformers>=5.0.0rc0", exclude_newer="2025-12-20T00:00:00Z", prerelease="disallow"),
    case(
        "transformers>=5.0.0rc0 ;; trl", exclude_newer="2025-12-20T00:00:00Z", prerelease="explicit"
    ),
    # markers
    case("trl ;; bitsandbytes ; sys_platform == 'linux' ;; peft ; sys_platform == 'darwin'"),
    case("transformers<4.50 ; python_version < '3.11' ;; transformers ; python_version >= '3.11'"),
    case("numpy<2 ; python_version < '3.12' ;; pandas ;; trl", python="3.11"),
    case("trl ; platform_machine == 'arm64' ;; transformers"),
    # Python versions
    case("trl ;; transformers ;; datasets", python="3.9"),
    case("trl ;; peft ;; trackio", python="3.9", exclude_newer=NOVEMBER_25),
    case("trl ;; transformers ;; datasets", python="3.10"),
    case("trl ;; transformers ;; datasets ;; numpy ;; pandas", python="3.13"),
    case("trl ;; torch ;; bitsandbytes ;; pandas", python="3.14"),
    case("torch<2.5 ;; transformers", python="3.13"),
    case("torch>=2.1,<2.6 ;; trl", python="3.13"),
    case("unsloth ;; xformers", python="3.14"),
    # constraints, overrides, one package's own date, the lowest
    case("trl ;; transformers", constraints=["transformers<4.55", "numpy<2"]),
    case("trl==0.9.6 ;; transformers", overrides=["transformers==5.0.0"]),
    case("trl ;; vllm==0.8.5", overrides=["transformers>=4.56"]),
    case("trl ;; peft", exclude_newer=JUNE_25, exclude_newer_package={"trl": NOW}),
    case("trl ;; peft", exclude_newer=NOVEMBER_25, exclude_newer_package={"peft": JUNE_24}),
    case("trl>=0.15 ;; transformers>=4.46 ;; peft>=0.10", resolution="lowest-direct"),
    # what cannot be
    case("trl==0.9.6 ;; transformers==4.20.0"),
    case("trl==0.24.0 ;; transformers<4.50"),
    case("trl==0.29.0 ;; transformers>=5.1 ;; huggingface_hub<1"),
    case("transformers==4.57.1 ;; huggingface_hub>=1"),
    case("transformers==4.40.0 ;; tokenizers>=0.20"),
    case("datasets==2.14.0 ;; fsspec>=2024"),
    case("trl==0.22.0 ;; accelerate<1"),
    case("peft==0.18.0 ;; transformers ;; huggingface_hub<0.20"),
    case("trl==1.16.0 ;; transformers", python="3.9"),
    case("unsloth==2025.3.19 ;; trl>=0.20"),
    case("vllm==0.8.5 ;; torch==2.7.0"),
    case("numpy<2 ;; numpy>=2.1 ;; trl"),
    case("trl[vllm]==0.19.1 ;; vllm==0.11.0"),
    case("torch==2.3.0 ;; trl", python="3.13"),
)

DRAWN_FROM = (
    ("trl", 3), ("transformers", 3), ("peft", 2), ("datasets", 2), ("accelerate", 2),
    ("huggingface-hub", 2), ("tokenizers", 1), ("trackio", 1), ("torch", 1), ("bitsandbytes", 1),
    ("numpy", 1), ("fsspec", 1), ("pyarrow", 1), ("sentence-transformers", 1), ("unsloth", 1),
    ("vllm", 1), ("diffusers", 1), ("safetensors", 1), ("pandas", 1), ("evaluate", 1),
)  # fmt: skip
DATES = (JANUARY_24, JUNE_24, FEBRUARY_25, JUNE_25, NOVEMBER_25, MAY_26, NOW)


def drawn(count: int, seed: int) -> Iterator[Case]:
    """Headers drawn by chance: some packages in some order, half of them with a specifier."""
    draw = random.Random(seed)
    for _ in range(count):
        names = draw.choices(*zip(*DRAWN_FROM, strict=True), k=draw.randint(2, 6))
        parts = [_requirement(draw, name) for name in dict.fromkeys(names)]
        python = draw.choice(("3.10", "3.11", "3.12", "3.12", "3.13"))
        date = draw.choice((NOW, draw.choice(DATES)))
        yield case(" ;; ".join(parts), python=python, exclude_newer=date)


def _requirement(draw: random.Random, name: str) -> str:
    if draw.random() < 0.5:
        return name
    version = draw.choice(releases(name)[-40:])
    operator = draw.choice(("==", ">=", "<=", "<", "~=", "!="))
    return f"{name}{operator}{version}"


def ask(header: Case) -> Case:
    """The header with what uv makes of it: `versions`, or why there are none."""
    with tempfile.TemporaryDirectory(prefix="tunesmith-record-") as folder:
        ended = subprocess.run(
            [*_command(header, Path(folder))],
            input="\n".join(header["requirements"]),
            capture_output=True,
            text=True,
            env={**os.environ, "TZ": "UTC"},  # a date without a time is one of the local zone
            timeout=LIMIT,
            check=False,
        )
    message = " ".join(ended.stderr.split()).partition(" hint: ")[0][-300:]
    if ended.returncode == 0:
        pins = (line.split()[0].split("==") for line in ended.stdout.splitlines())
        return {**header, "versions": dict(sorted(pins))}
    return {**header, "impossible" if "No solution found" in ended.stderr else "failed": message}


def _command(header: Case, folder: Path) -> Iterator[str]:
    yield from (str(Path(sys.executable).with_name("uv")), "pip", "compile", "-", "--no-config")
    yield from ("--no-header", "--no-annotate", "--color=never", "--quiet")
    yield f"--python-version={header['python']}"
    yield "--python-platform=x86_64-unknown-linux-gnu"
    yield f"--exclude-newer={header['exclude_newer']}"
    for name, date in header.get("exclude_newer_package", {}).items():
        yield f"--exclude-newer-package={name}={date}"
    for option in ("prerelease", "resolution"):
        if option in header:
            yield f"--{option}={header[option]}"
    for kind in ("constraints", "overrides"):
        if kind in header:
            (folder / kind).write_text("\n".join(header[kind]), encoding="utf-8")
            yield f"--{kind}={folder / kind}"


def known(record: Path) -> dict[str, Case]:
    """The recorded answers by header."""
    if not record.exists():
        return {}
    cases = json.loads(record.read_text("utf-8"))["cases"]
    return {_key(_asked(row)): row for row in cases}


def _asked(answer: Case) -> Case:
    return {name: value for name, value in answer.items() if name not in ANSWERS}


def _key(header: Case) -> str:
    return json.dumps(header, sort_keys=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--again", action="store_true", help="ask about every header anew")
    parser.add_argument("--draw", nargs=2, type=int, default=(0, 0), metavar=("COUNT", "SEED"))
    options = parser.parse_args()
    answers = known(RECORD)
    headers = {_key(header): header for header in (*CHOSEN, *drawn(*options.draw))}
    headers |= {key: _asked(answer) for key, answer in answers.items() if key not in headers}
    missing = [key for key in headers if options.again or key not in answers]
    with ThreadPoolExecutor(2) as pool:
        answers.update(zip(missing, pool.map(ask, map(headers.__getitem__, missing)), strict=True))
    write(answers[key] for key in headers)


def write(answers: Iterable[Case]) -> None:
    rows = ",\n".join(json.dumps(answer) for answer in answers)
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(f'{{"cases": [\n{rows}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
