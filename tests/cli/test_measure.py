"""`tunesmith measure`, with a worker that stands for the real libraries."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tunesmith.cli import main
from tunesmith.platform import is_running
from workers.made import serve_worker, use_this_interpreter

SCRIPT = """\
# /// script
# dependencies = ["trl==1.16.0", "transformers==5.23.0", "peft==0.21.2"]
# [tool.hf-jobs]
# flavor = "a10g-large"
# ///
from trl import SFTConfig, SFTTrainer

config = SFTConfig(
    per_device_train_batch_size=1, max_length=2048, model_init_kwargs={"dtype": "bfloat16"}
)
trainer = SFTTrainer(model="Qwen/Qwen3-8B", args=config)
"""
ANSWER = """
report(Progress("measure", 0, 1, "the step"))
breakdown = {"weights": 13 * 10**9, "adapter": 0, "gradients": 2 * 10**9, "optimizer": 0,
             "activations": 10**9, "logits": 0}
return {
    "peak": 16 * 10**9, "breakdown": breakdown, "moment": "step", "resident": 0,
    "versions": {"torch": "2.13.0", "transformers": "5.23.0", "trl": request["training"]["loss"]},
}
"""
HOST = """
import sys
from tunesmith.cli import main
from tunesmith.workers import client
client.bootstrap.__file__ = sys.argv[1]
sys.exit(main(["measure", "train.py", "--json"]))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with a script; nothing is installed."""
    for name in ("HOME", "LOCALAPPDATA", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "train.py").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def answering(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Makes the toolchain this interpreter, and its worker do what a test says."""
    use_this_interpreter()

    def answer(body: str) -> Path:
        return serve_worker(folder, body, "memory", monkeypatch)

    return answer


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    status = main(["measure", "--json", "train.py", *arguments])
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert status == (0 if "result" in found else 2)
    return found


@pytest.mark.parametrize(
    ("start", "measured", "left_out"),
    [
        ("accelerate launch", [4, "ddp"], False),
        ("accelerate launch --use_fsdp --fsdp_version 2", [4, "fsdp"], False),
        ("accelerate launch --use_deepspeed --zero_stage 3", [1, None], True),
    ],
)
def test_one_of_several_gpus_is_measured(
    start: str,
    measured: list[Any],
    left_out: bool,
    folder: Path,
    answering: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
):
    seen = 'json.dumps([request["training"]["gpus"], request["training"]["sharding"]])'
    answering("import json\n" + ANSWER.replace('request["training"]["loss"]', seen))
    (folder / "run.sh").write_text(f"{start} train.py\n")
    alone = SCRIPT.replace('# [tool.hf-jobs]\n# flavor = "a10g-large"\n', "")
    (folder / "train.py").write_text(alone)
    found = as_json(capsys, "--flavor", "a100x4")["result"]
    assert json.loads(found["measured_versions"]["trl"]) == measured
    shared = "how 4 GPUs share the work: it is one GPU's step alone"
    assert (shared in found["left_out"]) is left_out


def test_what_was_measured_beside_the_estimate(
    answering: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
):
    answering(ANSWER)
    found = as_json(capsys)["result"]
    assert found["measured"]["peak_gb"] == 16.0
    assert found["measured"]["breakdown"]["gradients"] == 2.0
    estimate = found["estimate"]
    assert sum(estimate["breakdown"].values()) == pytest.approx(estimate["peak_gb"], abs=0.04)
    assert found["difference"] == pytest.approx(estimate["peak_gb"] / 16 - 1, abs=0.001)
    # CUDA's context and fragments come on top
    assert 16 < found["low_gb"] < found["peak_gb"] < found["high_gb"]
    assert (found["verdict"], found["flavor"]) == ("fits", "a10g-large")
    assert as_json(capsys, "--flavor", "t4-small")["result"]["verdict"] == "no"


def test_the_training_that_the_script_says_is_measured(
    answering: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
):
    answering(ANSWER)
    assert as_json(capsys)["result"]["measured_versions"]["trl"] == "fused"
    older = as_json(capsys, "--trl", "1.0.0")["result"]
    assert (older["measured_versions"]["trl"], older["versions"]["trl"]) == ("full", "1.0.0")


def test_text(answering: Callable[[str], Path], capsys: pytest.CaptureFixture[str]):
    answering(ANSWER)
    assert main(["measure", "train.py"]) == 0
    said = capsys.readouterr()
    assert said.err == "measure the step (0 of 1)\n"
    lines = said.out.splitlines()
    assert lines[0] == "train.py:11: Qwen/Qwen3-8B, one training step"
    assert lines[2].split()[:2] == ["weights", "13.00"]
    assert "with       torch 2.13.0, transformers 5.23.0" in said.out
    assert "the script gets trl 1.16.0, which may keep more or less" in said.out


def test_weights_that_are_not_measured_count(
    folder: Path, answering: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
):
    answering(ANSWER)
    without = as_json(capsys)["result"]
    (folder / "train.py").write_text(SCRIPT.replace("Qwen/Qwen3-8B", "google/gemma-3-4b-it"))
    found = as_json(capsys)["result"]
    assert found["low_gb"] - without["low_gb"] == pytest.approx(0.84, abs=0.02)
    assert found["left_out"][0].startswith("the part that sees images")


def test_without_a_toolchain(folder: Path, capsys: pytest.CaptureFixture[str]):
    error = as_json(capsys)["error"]
    assert error["message"] == "the toolchain train is not installed"
    assert error["next_step"] == "install it with `tunesmith toolchain install train`"


def test_a_model_that_is_not_known(
    folder: Path, answering: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
):
    (folder / "train.py").write_text(SCRIPT.replace("Qwen/Qwen3-8B", "me/my-own"))
    assert main(["measure", "train.py"]) == 2
    assert "train.py: error: the shape of me/my-own is not known; " in capsys.readouterr().err


OWN = {
    "model_type": "qwen3",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "vocab_size": 1000,
    "tie_word_embeddings": True,
}
ASKED = """
report(Progress("measure", 0, 1, json.dumps(request["config"], sort_keys=True)))
"""


@pytest.mark.parametrize("kind", ["its own", "a part of one that sees"])
def test_a_model_in_a_folder_is_made_of_its_own_file(
    folder: Path,
    answering: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
    kind: str,
):
    config = OWN if kind == "its own" else {"model_type": "qwen3_vl", "text_config": OWN}
    (folder / "mine").mkdir()
    (folder / "mine" / "config.json").write_text(json.dumps(config))
    (folder / "train.py").write_text(SCRIPT.replace("Qwen/Qwen3-8B", "./mine"))
    answering("import json" + ASKED + ANSWER)
    assert main(["measure", "train.py"]) == 0
    said = capsys.readouterr()
    asked = json.loads(said.err[said.err.index("{") : said.err.rindex("}") + 1])
    assert {name: asked[name] for name in OWN} == OWN
    assert "train.py:11: ./mine, one training step" in said.out
    assert "what sets the model apart" not in said.out


def test_a_model_that_is_known_by_its_name_alone(
    folder: Path, answering: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
):
    answering(ANSWER)
    (folder / "train.py").write_text(SCRIPT.replace("Qwen/Qwen3-8B", "me/my-qwen3-8b-sft"))
    left_out = as_json(capsys)["result"]["left_out"]
    assert left_out[0] == (
        "what sets the model apart from the one measured: "
        "taken to be like Qwen/Qwen3-8B, by its name"
    )


def test_an_environment_without_the_libraries(
    answering: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
):
    """The real worker, which this interpreter cannot serve."""
    error = as_json(capsys)["error"]
    assert error["message"].startswith("torch cannot be imported: ModuleNotFoundError")
    assert "tunesmith toolchain doctor train" in error["next_step"]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(answering: Callable[[str], Path], number: signal.Signals):
    program = answering("report(Progress(str(os.getpid()))); time.sleep(600)")
    command = [sys.executable, "-c", HOST, str(program)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        assert running.stderr
        worker = int(json.loads(running.stdout.readline())["stage"])
        running.send_signal(number)
        assert running.wait(60) == 2
        assert running.stderr.read() == "tunesmith: interrupted\n"
    assert not is_running(worker)
