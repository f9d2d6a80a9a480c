"""What is read of trainers and their configurations."""

from __future__ import annotations

import pytest

from sources.python_code import read
from tunesmith.lint.training_runs import pushed_to, training_runs
from tunesmith.sources.python_values import Value
from tunesmith.sources.unknown import ABSENT, UNKNOWN

CODE = """\
import sys
from trl import SFTConfig, SFTTrainer

trainer = SFTTrainer("m", args=SFTConfig(%s), train_dataset=data)
"""


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ("output_dir='out'", ABSENT),
        ("output_dir='out', push_to_hub=False", ABSENT),
        ("output_dir='out', push_to_hub=True", "out"),
        ("'runs/first/', push_to_hub=True", "first"),
        ("output_dir='.', push_to_hub=True", UNKNOWN),
        ("output_dir=sys.argv[1], push_to_hub=True", UNKNOWN),
        ("output_dir='out', push_to_hub=True, hub_model_id='me/tuned'", "me/tuned"),
        ("output_dir='out', push_to_hub=True, hub_model_id=None", "out"),
        ("output_dir='out', push_to_hub=True, hub_model_id=sys.argv[1]", UNKNOWN),
    ],
)
def test_where_a_model_is_pushed_to(arguments: str, name: Value) -> None:
    [run] = training_runs(read(CODE % arguments))
    assert run.configuration
    assert pushed_to(run.configuration) is name or pushed_to(run.configuration) == name
