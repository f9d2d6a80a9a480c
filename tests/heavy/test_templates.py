"""Each template with the real libraries, the newest and those of its lower bounds: it trains,
pushes, and goes on from where an earlier run was killed.

It runs against a Hub on loopback, on tiny random models and a few rows. Replaced are the ids of
model and data set, and the number of steps; `use_cpu=True` is for machines that have no GPU. FSDP,
which accelerate leaves to GPUs, runs in two processes on the CPU.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

import loopback_hub
from libraries import PAIRS, libraries_of, pinned

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

RecordProperty = Callable[[str, object], None]

TEMPLATES = sorted(each.parent.name for each in Path("templates").glob("*/script.py"))
WORDS = [
    "<pad>",
    "<eos>",
    "<unk>",
    "<user>",
    "<assistant>",
    "hello",
    "world",
    "boxed",
    "one",
    "two",
]
CHAT = (
    "{% for message in messages %}<{{ message['role'] }}>"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] }}<eos>"
    "{% endgeneration %}{% else %}{{ message['content'] }}<eos>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
SIZES = {"vocab_size": len(WORDS), "hidden_size": 64, "intermediate_size": 64, "head_dim": 32}
LAYERS = {"num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1}
REPOSITORY = f"models/{loopback_hub.OWNER}/tiny"
SPACE = f"spaces/{loopback_hub.OWNER}/trackio"
FSDP_ON_CPUS = """\
import accelerate.state

_init = accelerate.state.PartialState.__init__
_kinds = accelerate.state.DistributedType


def _as_gpus(self, *args, **kwargs):
    _init(self, *args, **kwargs)
    if self.__dict__.get("distributed_type") == _kinds.MULTI_CPU:
        self.__dict__["distributed_type"] = _kinds.MULTI_GPU


accelerate.state.PartialState.__init__ = _as_gpus

"""
CHECKPOINT = "last-checkpoint/trainer_state.json"

ASKED, ANSWERED = [("user", "hello world")], [("assistant", "world one two hello")]
OTHERWISE = [("assistant", "one two")]


def _messages(*turns: tuple[str, str]) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in turns]


ROWS: dict[str, dict[str, Any]] = {
    "sft": {"messages": _messages(*ASKED, *ANSWERED)},
    "dpo": {
        "chosen": _messages(*ASKED, *ANSWERED),
        "rejected": _messages(*ASKED, *OTHERWISE),
    },
    "grpo": {"prompt": _messages(*ASKED), "solution": "$1$"},
    "continued-pretraining": {"text": "hello world one two " * 10},
}
"""A row of the data that a template is for; those of `sft-…` are alike."""


def row_of(template: str) -> dict[str, Any]:
    return ROWS["sft" if template.startswith("sft-") else template]


class Ran(NamedTuple):
    """What is left of a run.

    Attributes:
        code: the exit code.
        said: the end of what it said.
        steps: those that it knows a loss of at its end, earlier runs' included.
        shown: those that Trackio knows a loss of.
    """

    code: int
    said: str
    steps: list[int]
    shown: list[int]


class Machine:
    """Runs versions of one template, each in a folder of its own, as jobs do."""

    def __init__(self, template: str, assets: Path, folder: Path, hub: loopback_hub.Hub) -> None:
        self.template, self.assets, self.folder, self.hub = template, assets, folder, hub
        self.text = (Path("templates") / template / "script.py").read_text("utf-8")

    def started(
        self, libraries: Path | None, *, steps: int, every: int
    ) -> tuple[Path, subprocess.Popen[str]]:
        folder = self.folder / f"job-{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        (folder / "train.py").write_text(self._tiny(steps, every), "utf-8")
        environment = {
            **os.environ,
            "HF_ENDPOINT": self.hub.url,
            "HF_TOKEN": "loopback",
            "HF_HUB_DISABLE_XET": "1",
            "HF_HOME": str(folder / "hub"),
            "TRACKIO_DIR": str(folder / "trackio"),
            "OMP_NUM_THREADS": "1",
        }
        if libraries:
            search = [str(libraries), environment.get("PYTHONPATH", "")]
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, search))
        said = (folder / "said").open("w")
        process = subprocess.Popen(
            [sys.executable, "train.py"],
            cwd=folder,
            env=environment,
            stdout=said,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said.close()
        return folder, process

    def run(self, libraries: Path | None = None, *, steps: int, every: int = 1) -> Ran:
        folder, process = self.started(libraries, steps=steps, every=every)
        try:
            code = process.wait(timeout=500)
        finally:
            kill(process)
        said = (folder / "said").read_text()[-3000:]
        return Ran(code, said, _known(folder, steps), _shown(folder / "trackio"))

    def _tiny(self, steps: int, every: int) -> str:
        text = _with_value(self.text, "MODEL_ID", str(self.assets / "model"))
        text = _with_value(text, "DATASET_ID", str(self.assets / self.template))
        text = _with_value(text, "OUTPUT_REPO", "tiny")
        text = _with_value(text, "MAX_LENGTH", 16)
        text = re.sub(r"    (?:max_steps|num_train_epochs)=\d+,\n", "", text)
        text = re.sub(r"(save_steps|eval_steps|logging_steps)=[\d.]+", rf"\1={every}", text)
        text = text.replace("--nproc-per-node=gpu", "--nproc-per-node=2")
        if "fsdp=True" in text:
            text = text.replace("dataset = load_dataset(", f"{FSDP_ON_CPUS}dataset = load_dataset(")
        assert text.count("    seed=SEED,\n") == 1
        return text.replace(
            "    seed=SEED,\n", f"    seed=SEED,\n    use_cpu=True,\n    max_steps={steps},\n"
        )


def _with_value(text: str, name: str, value: object) -> str:
    line = rf"(?m)^{name} = [^#\n]*"
    changed, count = re.subn(line, f"{name} = {value!r}  ", text)
    assert count == 1, name
    return changed


def _known(folder: Path, steps: int) -> list[int]:
    state = folder / "outputs" / f"checkpoint-{steps}" / "trainer_state.json"
    if not state.exists():
        return []
    return [each["step"] for each in json.loads(state.read_text())["log_history"] if "loss" in each]


def _shown(folder: Path) -> list[int]:
    found: list[int] = []
    for path in folder.glob("*.db"):
        with closing(sqlite3.connect(path)) as database:
            rows = database.execute("SELECT metrics FROM metrics ORDER BY id").fetchall()
        logged = [json.loads(metrics) for (metrics,) in rows]
        found += [each["train/global_step"] for each in logged if "train/loss" in each]
    return found


def kill(process: subprocess.Popen[str]) -> None:
    """End a run with all that it has started, as the end of a job's machine does."""
    if process.poll() is None:
        run = psutil.Process(process.pid)
        for each in (*run.children(recursive=True), run):  # in sessions of their own
            with suppress(psutil.NoSuchProcess):
                each.kill()
    process.wait()


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, its tokenizer of a few words, and a data set for each template."""
    torch: Any = pytest.importorskip("torch")
    tokenizers: Any = pytest.importorskip("tokenizers")
    transformers: Any = pytest.importorskip("transformers")

    folder = tmp_path_factory.mktemp("assets")
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    special = {f"{name}_token": f"<{name}>" for name in ("pad", "eos", "unk")}
    more = {"additional_special_tokens": ["<user>", "<assistant>"]}
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=words, **special, **more)
    tokenizer.chat_template = CHAT
    tokenizer.save_pretrained(folder / "model")
    told = folder / "model" / "tokenizer_config.json"
    old_name = {"tokenizer_class": "PreTrainedTokenizerFast"}  # the newest has one of its own
    told.write_text(json.dumps({**json.loads(told.read_text()), **old_name}))
    torch.manual_seed(0)
    config = transformers.Qwen3Config(**SIZES, **LAYERS, eos_token_id=1, pad_token_id=0)
    transformers.Qwen3ForCausalLM(config).save_pretrained(folder / "model")
    for template in TEMPLATES:
        (folder / template).mkdir()
        (folder / template / "train.jsonl").write_text(f"{json.dumps(row_of(template))}\n" * 40)
    return folder


@pytest.fixture
def machine(assets: Path, tmp_path: Path) -> Iterator[Callable[[str], Machine]]:
    with loopback_hub.running() as hub:
        yield lambda template: Machine(template, assets, tmp_path, hub)


@pytest.mark.parametrize("template", TEMPLATES)
def test_it_trains_and_pushes(
    template: str, machine: Callable[[str], Machine], record_property: RecordProperty
) -> None:
    made = machine(template)
    ran = made.run(steps=2)
    assert ran.code == 0, ran.said
    assert ran.steps == [1, 2]
    assert 2 in ran.shown
    pushed = made.hub.repositories[REPOSITORY]
    record_property("pushed files", len(pushed))
    weights = [path for path in pushed if path.endswith("model.safetensors")]
    assert len(weights) == 1, sorted(pushed)
    assert "README.md" in pushed
    assert not [path for path in pushed if path.startswith("last-checkpoint")]
    assert SPACE in made.hub.repositories


@pytest.mark.parametrize("template", TEMPLATES)
def test_it_trains_under_its_lower_bounds(
    template: str, machine: Callable[[str], Machine], record_property: RecordProperty
) -> None:
    pair = next(pair for pair in PAIRS if pair.stem == "trl-1.8")
    record_property("versions", " ".join(f"{name} {each}" for name, each in pinned(pair).items()))
    ran = machine(template).run(libraries_of(pair), steps=2)
    assert ran.code == 0, ran.said
    assert ran.steps == [1, 2]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_killed_run_goes_on_from_the_pushed_checkpoint(
    template: str, machine: Callable[[str], Machine], record_property: RecordProperty
) -> None:
    made = machine(template)
    folder, process = made.started(None, steps=100_000, every=2)
    try:
        while CHECKPOINT not in made.hub.repositories.get(REPOSITORY, {}):
            assert process.poll() is None, (folder / "said").read_text()[-3000:]
            time.sleep(0.1)
    finally:
        kill(process)
    files = made.hub.repositories[REPOSITORY]
    is_sharded = template == "sft-multi-gpu"
    assert ("last-checkpoint/pytorch_model_fsdp.bin" in files) is is_sharded
    pushed = json.loads(made.hub.repositories[REPOSITORY][CHECKPOINT])["global_step"]
    record_property("killed behind step", pushed)
    assert pushed >= 2
    ran = made.run(steps=pushed + 2)
    assert ran.code == 0, ran.said
    # What goes on keeps the intervals of its checkpoint; what begins anew logs every step.
    assert ran.steps == list(range(2, pushed + 3, 2))
    assert CHECKPOINT not in made.hub.repositories[REPOSITORY]
