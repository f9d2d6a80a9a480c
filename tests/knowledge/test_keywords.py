"""What the rules say of keywords, against a real transformers and TRL without torch."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from packaging.version import Version

from keyword_calls import KeywordCall, compared, generated_calls, real_calls
from libraries import installed_in

LIBRARIES = Path(os.environ.get("TUNESMITH_LIBRARIES", ""))
PACKAGES = ("huggingface-hub", "transformers", "trl")

pytestmark = pytest.mark.skipif(
    "TUNESMITH_LIBRARIES" not in os.environ, reason="`npm test` installs and names the libraries"
)


def test_rules_on_keywords_say_what_a_call_raises():
    versions = installed_in(LIBRARIES, PACKAGES)
    calls = [*generated_calls(versions, 60, seed=11), *real_calls(versions)]
    result = compared(calls, versions, LIBRARIES)
    assert result.differences == []
    assert result.bound > 50  # trainers need torch
    assert result.refused > 20


def test_a_false_claim_is_found_out():
    older = {**installed_in(LIBRARIES, PACKAGES), "transformers": Version("4.57.1")}
    calls = [KeywordCall("transformers.TrainingArguments", 0, ("no_cuda", "output_dir"))]
    result = compared(calls, older, LIBRARIES)
    (difference,) = result.differences
    assert difference.endswith("the rules say - too much, and miss {'no_cuda'}")
