"""Smoke runs with the real libraries: scripts as users write them, of which a tiny model trains.

The models are folders with a configuration of a usual size and a tokenizer of a few words. There
are no weights at all, and no Hub can be reached.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tunesmith.jobs.smoke import modules_beside, smoke_copy

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

WORDS = ["<pad>", "<eos>", "<bos>", "<unk>", "<user>", "<assistant>", "hello", "world"]
CHAT = "{% for message in messages %}<{{ message.role }}> {{ message.content }} <eos>{% endfor %}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with models and data."""
    tokenizers: Any = pytest.importorskip("tokenizers")
    transformers: Any = pytest.importorskip("transformers")

    folder = tmp_path_factory.mktemp("assets")
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    special = {f"{name}_token": f"<{name}>" for name in ("pad", "eos", "bos", "unk")}
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=words, **special)
    tokenizer.chat_template = CHAT
    for name in ("qwen3", "qwen3_moe"):
        config = transformers.CONFIG_MAPPING[name]()
        config.vocab_size = 2_000
        kind = {"qwen3": "Qwen3ForCausalLM", "qwen3_moe": "Qwen3MoeForCausalLM"}[name]
        config.architectures = [kind]
        config.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    question, answer = ({"role": r, "content": "hello world"} for r in ("user", "assistant"))
    rows = {
        "talks": {"messages": [question, answer]},
        "pairs": {"prompt": [question], "chosen": [answer], "rejected": [answer]},
        "prompts": {"prompt": [question], "solution": "world"},
        "votes": {"prompt": [question], "completion": [answer], "label": True},
    }
    for name, row in rows.items():
        lines = [
            {**row, "label": bool(number % 2)} if "label" in row else row for number in range(300)
        ]
        (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return folder


SFT = """
import os
import trackio
from datasets import load_dataset
from huggingface_hub import HfApi, snapshot_download
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

data = load_dataset("json", data_files="talks.jsonl", split="train[:90%]")
data = data.select(range(200)).train_test_split(test_size=50)
trackio.init(project="p")
config = SFTConfig(
    output_dir="out", num_train_epochs=3, bf16=True, per_device_train_batch_size=16,
    gradient_accumulation_steps=16, push_to_hub=True, hub_model_id="me/model", report_to="trackio",
    eval_strategy="steps", eval_steps=500, save_strategy="steps", save_steps=500,
    load_best_model_at_end=True, packing=True, max_length=8192, deepspeed="zero3.json",
    optim="paged_adamw_8bit", gradient_checkpointing=True,
    model_init_kwargs={"dtype": "bfloat16", "attn_implementation": "sdpa"},
)
trainer = SFTTrainer(
    model="qwen3", args=config, train_dataset=data["train"], eval_dataset=data["test"],
    peft_config=LoraConfig(r=64, target_modules=["q_proj", "up_proj"], modules_to_save=["lm_head"]),
)
done = snapshot_download(trainer.hub_model_id, allow_patterns="last-checkpoint/*")
trainer.train(resume_from_checkpoint=os.path.exists("out"))
print("steps", trainer.state.global_step)
print("losses", len([each for each in trainer.state.log_history if "loss" in each]))
print("evaluations", len([each for each in trainer.state.log_history if "eval_loss" in each]))
trainer.save_model("final")
trainer.push_to_hub()
HfApi().delete_folder("last-checkpoint", "me/model")
trackio.finish()
"""

DPO = """
import torch
from datasets import load_dataset
from peft import LoraConfig, prepare_model_for_kbit_training
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from trl import DPOConfig, DPOTrainer

quantization = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=torch.bfloat16)
model = AutoModelForCausalLM.from_pretrained(
    "qwen3_moe", quantization_config=quantization, device_map={"": 0}, dtype=torch.bfloat16,
    attn_implementation="flash_attention_2",
)
model = prepare_model_for_kbit_training(model)
tokenizer = AutoTokenizer.from_pretrained("qwen3_moe")
rows = load_dataset("json", data_files={"train": "pairs.jsonl", "test": "pairs.jsonl"})
settings = {"output_dir": "out", "bf16": True, "max_length": 2048, "tf32": True}
trainer = DPOTrainer(
    model, args=DPOConfig(**settings), train_dataset=rows["train"], eval_dataset=rows["test"],
    processing_class=tokenizer, peft_config=LoraConfig(r=16, target_modules="all-linear"),
)
trainer.train()
print("steps", trainer.state.global_step)
merged = trainer.model.merge_and_unload()
merged.save_pretrained("final")
tokenizer.save_pretrained("final")
again = AutoModelForCausalLM.from_pretrained("final", device_map="auto")
print("hidden", again.config.hidden_size)
"""

GRPO = """
from datasets import load_dataset
from trl import GRPOConfig, GRPOTrainer

def reward(completions, **kwargs):
    return [float(len(each)) for each in completions]

class Mine(GRPOTrainer):
    def __init__(self, *args, more=None, **kwargs):
        super().__init__(*args, **kwargs)

config = GRPOConfig(
    "out", num_generations=8, per_device_train_batch_size=8, use_vllm=True, vllm_mode="colocate",
    max_completion_length=4096, bf16=True, beta=0.04, generation_batch_size=64,
)
trainer = Mine(
    "qwen3", reward_funcs=[reward, "qwen3"], args=config, more=1,
    train_dataset=load_dataset("json", data_files="prompts.jsonl", split="train").filter(bool),
)
trainer.train()
print("steps", trainer.state.global_step)
"""

KTO = """
from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, HfArgumentParser
from trl.experimental.kto import KTOConfig, KTOTrainer

(config,) = HfArgumentParser(KTOConfig).parse_args_into_dataclasses(
    ["--output_dir", "out", "--use_cpu", "true", "--report_to", "trackio", "--max_steps", "900"]
)
trainer = KTOTrainer(
    model=AutoModelForCausalLM.from_pretrained("qwen3"),
    args=config,
    processing_class=AutoTokenizer.from_pretrained("qwen3"),
    train_dataset=load_dataset("json", data_files="votes.jsonl", split="train"),
)
trainer.train()
print("steps", trainer.state.global_step)
"""

REWARD = """
from datasets import Dataset
import json
from trl import RewardTrainer

rows = [json.loads(line) for line in open("pairs.jsonl")]
trainer = RewardTrainer(model="qwen3", train_dataset=Dataset.from_list(rows))
trainer.train()
print("steps", trainer.state.global_step)
"""


def run(script: str, folder: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    copy = tmp_path / "smoke_train.py"
    copy.write_text(smoke_copy(script).text, "utf-8")
    for name, data in modules_beside().items():
        copy.with_name(name).write_bytes(data)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    own = {
        "HF_HOME": str(tmp_path / "hub"),
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "TRACKIO_DIR": str(tmp_path / "trackio"),
        "TMPDIR": str(scratch),
        "CUDA_VISIBLE_DEVICES": "",
    }
    before = sorted(folder.rglob("*"))
    ran = subprocess.run(
        [sys.executable, str(copy)],
        cwd=folder,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
    assert sorted(folder.rglob("*")) == before
    assert list(scratch.glob("smoke-*")) == []
    assert not (tmp_path / "trackio").exists()
    return ran


@pytest.mark.parametrize(
    "script", [SFT, DPO, GRPO, KTO, REWARD], ids=["sft", "dpo", "grpo", "kto", "reward"]
)
def test_a_script_trains_two_steps(script: str, folder: Path, tmp_path: Path) -> None:
    lines = run(script, folder, tmp_path).stdout.splitlines()
    assert "steps 2" in lines
    if script == SFT:
        assert "losses 2" in lines
        assert "evaluations 1" in lines
    if script == DPO:
        assert "hidden 64" in lines


def test_a_mistake_is_found(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"SFTConfig.__init__.. got an unexpected keyword"):
        run(SFT.replace("packing=True", "pakcing=True"), folder, tmp_path)


def test_submit_tries_a_script_on_this_machine(folder: Path, tmp_path: Path) -> None:
    """From the command to the agent, the local engine and back, with a module beside the script."""
    (folder / "words.py").write_text("DATA = 'talks.jsonl'\n")
    script = folder / "train.py"
    script.write_text("import words\n" + SFT.replace('"talks.jsonl"', "words.DATA"))
    state = {"TUNESMITH_STATE": str(tmp_path / "state"), "CUDA_VISIBLE_DEVICES": ""}
    environment = {**os.environ, **state}

    def tunesmith(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tunesmith", *arguments]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)

    try:
        options = ("--smoke", "--python", sys.executable, "--yes", "--follow")
        ran = tunesmith("submit", "train.py", *options)
        assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
        assert "+from tunesmith_smoke import" in ran.stdout
        assert "\nsteps 2\n" in ran.stdout
    finally:
        tunesmith("agent", "stop")
