"""A model that is trained "remotely": a script is submitted to the server of the tests, which runs
it with this Python's libraries, and gets the model."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jobs_server import Runs, running
from tunesmith.jobs.account import Account
from tunesmith.jobs.hf_jobs import HfJobs
from tunesmith.jobs.spec import JobSpec, Stage

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

SCRIPT = """
# /// script
# dependencies = ["trl", "transformers", "datasets"]
# ///
import sys

from datasets import load_dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import SFTConfig, SFTTrainer

words = ["<pad>", "<eos>", "<unk>", "hello", "world"]
plain = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="<unk>"))
plain.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=plain, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>"
)
model = LlamaForCausalLM(
    LlamaConfig(
        vocab_size=8, hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=64,
    )
)
trainer = SFTTrainer(
    model,
    args=SFTConfig(
        "tiny", max_steps=2, logging_steps=1, use_cpu=True, bf16=False, push_to_hub=True,
        hub_model_id="username/tiny", save_steps=2, report_to="none", disable_tqdm=True,
    ),
    train_dataset=load_dataset("json", data_files=sys.argv[1], split="train"),
    processing_class=tokenizer,
)
trainer.train()
trainer.push_to_hub()
print("steps", trainer.state.global_step)
"""


def test_a_submitted_script_trains_and_pushes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))
    script, rows = tmp_path / "train.py", tmp_path / "rows.jsonl"
    script.write_text(SCRIPT)
    rows.write_text('{"text": "hello world hello world"}\n' * 8)
    with running(Runs(sys.executable)) as server:
        engine = HfJobs(Account(server.url, "hf_of_tests"))
        spec = JobSpec("key", str(script), (str(rows),), secrets=("HF_TOKEN",))
        job = engine.submit(spec, {"HF_TOKEN": "hf_of_tests"})
        lines = [line.text for line in engine.log(job, follow=True)]
        job = engine.inspect(job)
        assert job.stage is Stage.COMPLETED, "\n".join(lines[-40:])
        assert "steps 2" in lines
        assert any("'loss'" in line for line in lines)
        pushed = server.repositories["models/username/tiny"]
        assert {"model.safetensors", "config.json", "tokenizer.json"} <= set(pushed)
