"""Whether a script or a command trains, by its text, its name or its words."""

from __future__ import annotations

import pytest

from tunesmith.sources.training import is_test_run, name_trains, text_trains, words_train


@pytest.mark.parametrize(
    ("text", "trains"),
    [
        ("trainer = SFTTrainer(model)\ntrainer.train()\n", True),
        ("loss.backward()\n", True),
        ("SFTTrainer(model, args=SFTConfig(max_steps=10)).train()\n", False),
        ("SFTTrainer(model, args=SFTConfig(max_steps=-1)).train()\n", True),
        ("SFTTrainer(model, args=SFTConfig(max_steps=500)).train()\n", True),
        ("model.train()\nmodel.eval()\n", False),
        ("from trl import SFTTrainer\n", False),
    ],
)
def test_a_text_that_trains(text: str, trains: bool):
    assert text_trains(text) is trains


@pytest.mark.parametrize(
    "script",
    [
        "train.py",
        "jobs/train_grpo.py",
        "https://example.com/raw/main/trl/scripts/sft.py",
        "train-sakthai-1.5b-v2.py",
        "finetune.py",
        "qlora_gemma.py",
        "bootstrap_and_train_rl.sh",
    ],
)
def test_a_name_that_says_training(script: str):
    assert name_trains(script)


@pytest.mark.parametrize(
    "script",
    [
        "evaluate_sft.py",
        "prepare_training_data.py",
        "test_train.py",
        "constraint.py",
        "shift.py",
        "lighteval",
        "generate.py",
        "launch_train.py",
        "trainable.py",
    ],
)
def test_a_name_of_other_work(script: str):
    assert not name_trains(script)


@pytest.mark.parametrize(
    ("words", "trains"),
    [
        (["python", "train.py"], True),
        (["bash", "-c", "cd app && accelerate launch --config c.yaml train_dpo.py"], True),
        (["trl", "sft", "--model", "m"], True),
        (["bash", "-c", "LR=1 python -m training.train_grpo --max-steps 500"], True),
        (["python", "-m", "training.evaluate"], False),
        (["axolotl", "train", "config.yml"], True),
        (["echo", "train.py"], False),
        (["python", "-c", "print('train')"], False),
        (["python", "eval.py", "--after", "train"], False),
    ],
)
def test_words_of_a_container(words: list[str], trains: bool):
    assert words_train(words) is trains


@pytest.mark.parametrize(
    ("arguments", "is_test"),
    [
        (["--max_steps", "10"], True),
        (["--max-steps=5"], True),
        (["--smoke-test"], True),
        (["--dry-run"], True),
        (["--max_steps", "1000"], False),
        (["--test-size", "0.1"], False),
        (["--eval_steps", "10"], False),
        (["--num_train_epochs", "1"], False),
    ],
)
def test_a_test_run(arguments: list[str], is_test: bool):
    assert is_test_run(arguments) is is_test
