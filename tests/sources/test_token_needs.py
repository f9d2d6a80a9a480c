"""Whether a script cannot do its work without a token of the Hub."""

from __future__ import annotations

import pytest

from sources.python_code import read
from tunesmith.sources.token_needs import need_of_token

_IMPORTS = (
    "from transformers import AutoTokenizer, TrainingArguments\nfrom trl import SFTTrainer\n\n"
)


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("TrainingArguments('out', push_to_hub=True)", "pushes to the Hub"),
        ("if __name__ == '__main__':\n    data.push_to_hub('me/data')", "pushes to the Hub"),
        ("def main():\n    trainer.push_to_hub()", "pushes to the Hub"),
        (
            "AutoTokenizer.from_pretrained('meta-llama/Llama-3.1-8B')",
            "loads meta-llama/Llama-3.1-8B, which is gated",
        ),
        (
            "MODEL = 'google/gemma-3-4b-it'\nSFTTrainer(model=MODEL)",
            "loads google/gemma-3-4b-it, which is gated",
        ),
    ],
)
def test_a_script_that_needs_a_token(text: str, need: str):
    assert need_of_token(read(_IMPORTS + text + "\n")) == need


@pytest.mark.parametrize(
    "text",
    [
        "TrainingArguments('out', push_to_hub=args.push)",
        "TrainingArguments('out', push_to_hub=True, hub_token=key)",
        "if args.push:\n    TrainingArguments('out', push_to_hub=True)",
        "def upload():\n    trainer.push_to_hub()",
        "try:\n    trainer.push_to_hub()\nexcept OSError:\n    pass",
        "data.push_to_hub('me/data', token=key)",
        "AutoTokenizer.from_pretrained('Qwen/Qwen3-0.6B')",
        "AutoTokenizer.from_pretrained('meta-llama/Llama-3.1-8B', local_files_only=True)",
        "MODEL = 'google/gemma-3-4b-it'\nother.from_pretrained(MODEL)",
        "from dotenv import load_dotenv\nTrainingArguments('out', push_to_hub=True)",
    ],
)
def test_a_script_that_may_do_without(text: str):
    assert need_of_token(read(_IMPORTS + text + "\n")) is None
