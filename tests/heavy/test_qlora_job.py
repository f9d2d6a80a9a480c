"""The job of `tests/cli/test_qlora_job.py` with the real libraries: each of its three mistakes
does what the finding says, and the repaired script trains.

It runs against a Hub on loopback, on a tiny random Gemma 3 and a few conversations. Replaced are
the ids of model and data set, and the number of steps; `use_cpu=True` is for machines that have no
GPU. The ids of the model's repository and of the Trackio Space stay.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import loopback_hub
from libraries import PAIRS, libraries_of, pinned
from tunesmith.cli import main

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

RecordProperty = Callable[[str, object], None]

SCRIPT = Path(__file__).parents[1] / "data" / "qlora_job" / "scripts" / "train_model.py"
WORDS = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
WORDS += ["user", "model", "hello", "world"]
CHAT = (
    "{{ bos_token }}{% for message in messages %}<start_of_turn>"
    "{{ 'model' if message['role'] == 'assistant' else message['role'] }}\n"
    "{{ message['content'] | trim }}<end_of_turn>\n{% endfor %}"
)
SIZES = {"vocab_size": len(WORDS), "hidden_size": 64, "intermediate_size": 64, "head_dim": 32}
LAYERS = {"num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1}
MODEL, REPOSITORY = "google/gemma-3-12b-it", "models/username/model-name"


class Ran(NamedTuple):
    """What is left of a run.

    Attributes:
        code: the exit code.
        errors: the end of standard error.
        folder: the working folder.
        hub: what was pushed to.
    """

    code: int
    errors: str
    folder: Path
    hub: loopback_hub.Hub

    def logged(self, project: str) -> list[tuple[str, dict[str, Any]]]:
        """The runs of a Trackio project, each with one set of metrics that it logged."""
        path = self.folder / "trackio" / f"{project}.db"
        if not path.exists():
            return []
        with closing(sqlite3.connect(path)) as database:
            rows = database.execute("SELECT run_name, metrics FROM metrics").fetchall()
        return [(name, json.loads(metrics)) for name, metrics in rows]


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model, a tokenizer of a few words, and the data."""
    torch: Any = pytest.importorskip("torch")
    tokenizers: Any = pytest.importorskip("tokenizers")
    transformers: Any = pytest.importorskip("transformers")

    folder = tmp_path_factory.mktemp("assets")
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    special = {f"{name}_token": f"<{name}>" for name in ("pad", "eos", "bos", "unk")}
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=words, **special)
    tokenizer.chat_template = CHAT
    tokenizer.save_pretrained(folder / "model")
    told = folder / "model" / "tokenizer_config.json"
    old_name = {"tokenizer_class": "PreTrainedTokenizerFast"}  # the newest has one of its own
    told.write_text(json.dumps({**json.loads(told.read_text()), **old_name}))
    torch.manual_seed(0)
    config = transformers.Gemma3TextConfig(**SIZES, **LAYERS, sliding_window=16)
    transformers.Gemma3ForCausalLM(config).save_pretrained(folder / "model")
    roles = [("user", "hello world"), ("assistant", "world hello")]
    talk = {"messages": [{"role": role, "content": content} for role, content in roles]}
    (folder / "data").mkdir()
    (folder / "data" / "train.jsonl").write_text(f"{json.dumps(talk)}\n" * 16)
    return folder


@pytest.fixture
def run(assets: Path, tmp_path: Path) -> Iterator[Callable[..., Ran]]:
    """Runs a version of the script, with this Python's libraries or those in a folder."""
    replaced = {
        f'"{MODEL}"': repr(str(assets / "model")),
        '"username/dataset-name"': repr(str(assets / "data")),
        "    num_train_epochs=3,": "    num_train_epochs=3, max_steps=2, use_cpu=True,",
    }
    with loopback_hub.running() as hub:
        own = {"HF_ENDPOINT": hub.url, "HF_TOKEN": "loopback", "HF_HUB_DISABLE_XET": "1"}
        kept = {"HF_HOME": str(tmp_path / "hub"), "TRACKIO_DIR": str(tmp_path / "trackio")}

        def run(text: str, libraries: Path | None = None) -> Ran:
            for old, new in replaced.items():
                assert text.count(old) == 1
                text = text.replace(old, new)
            (tmp_path / "train.py").write_text(text, "utf-8")
            found = [str(libraries), os.environ.get("PYTHONPATH", "")] if libraries else []
            search = {"PYTHONPATH": os.pathsep.join(filter(None, found))} if found else {}
            ended = subprocess.run(
                [sys.executable, "train.py"],
                cwd=tmp_path,
                env={**os.environ, **own, **kept, **search},
                capture_output=True,
                text=True,
            )
            return Ran(ended.returncode, ended.stderr[-3000:], tmp_path, hub)

        yield run


def fixed(folder: Path, *options: str) -> str:
    """The script after the command line has fixed a copy of it."""
    copy = folder / "fixed.py"
    shutil.copy(SCRIPT, copy)
    main(["check", "--fix", *options, str(copy)])
    return copy.read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [("", "", "warmup_ratio"), ("warmup_ratio", "warmup_steps", "load_in_4bit")],
)
def test_what_is_called_removed_raises(
    old: str, new: str, refused: str, run: Callable[..., Ran]
) -> None:
    ran = run(SCRIPT.read_text("utf-8").replace(old, new))
    assert ran.code == 1
    assert re.search(f"TypeError: .*unexpected keyword argument '{refused}'", ran.errors)


def test_older_releases_take_both(run: Callable[..., Ran], record_property: RecordProperty) -> None:
    """Trackio stays out of it: the one that goes with them needs a web framework."""
    pair = next(pair for pair in PAIRS if pair.stem == "trl-0.24")
    before, _, rest = SCRIPT.read_text("utf-8").partition("# Initialize Trackio")
    text = before.replace("import trackio\n", "") + rest[rest.index("# Load dataset") :]
    text = text.replace('report_to="trackio"', 'report_to="none"').replace("trackio.finish()", "")
    # Without a GPU, these take a model in 4 bits for one that is spread over several machines,
    # and leave it in a type that bfloat16 does not go with.
    text = text.replace("bf16=True", "bf16=False")
    ran = run(text, libraries_of(pair))
    assert ran.code == 0, ran.errors
    record_property("versions", " ".join(f"{name} {each}" for name, each in pinned(pair).items()))
    assert "adapter_model.safetensors" in ran.hub.repositories[REPOSITORY]


def test_a_run_that_the_script_starts_itself_stays_empty(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    # At every push its Trainer shows the metrics in a bucket, and those here take no files.
    quiet = '    report_to="trackio", trackio_static_space_id=False,'
    ran = run(fixed(tmp_path).replace('    report_to="trackio",', quiet))
    assert ran.logged("my-project") == []
    ((name, metrics),) = ran.logged("huggingface")
    assert name != "gemma3-12b-sft"
    assert metrics["train/global_step"] == 2
    assert ran.code == 1
    assert "RuntimeError: Call trackio.init() before trackio.finish()" in ran.errors


def test_the_repaired_script_trains(
    run: Callable[..., Ran], tmp_path: Path, record_property: RecordProperty
) -> None:
    ran = run(fixed(tmp_path, "--unsafe-fixes"))
    assert ran.code == 0, ran.errors
    ((name, metrics),) = ran.logged("my-project")
    assert (name, metrics["train/global_step"]) == ("gemma3-12b-sft", 2)
    assert ran.logged("huggingface") == []
    assert "spaces/username/trackio" in ran.hub.repositories
    pushed = ran.hub.repositories[REPOSITORY]
    adapter = json.loads(pushed["adapter_config.json"])
    assert (adapter["r"], adapter["lora_alpha"]) == (64, 128)
    assert len(pushed["adapter_model.safetensors"]) > 10_000
    state = json.loads((tmp_path / "model-name/checkpoint-2/trainer_state.json").read_text())
    record_property("steps", state["global_step"])
    record_property("pushed files", len(pushed))
    assert state["global_step"] == 2
