"""What the rules say of keywords, against real classes that are given them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from keyword_calls import compared, generated_calls, real_calls
from libraries import PAIRS, installed, libraries_of, pinned

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

RecordProperty = Callable[[str, object], None]


@pytest.mark.parametrize("pair", [*PAIRS, None], ids=lambda pair: pair.stem if pair else "newest")
def test_rules_on_keywords_say_what_a_call_raises(
    pair: Path | None, record_property: RecordProperty
) -> None:
    versions = pinned(pair) if pair else installed()
    generated, real = generated_calls(versions, 200, seed=7), real_calls(versions)
    result = compared([*generated, *real], versions, libraries_of(pair) if pair else None)
    record_property("generated calls", len(generated))
    record_property("real calls", len(real))
    record_property("bound", result.bound)
    record_property("refused keywords", result.refused)
    record_property("disagreements", len(result.differences))
    assert result.differences == []
    assert len(real) > 40
    assert result.bound > 0.9 * (len(generated) + len(real))
    assert result.refused > 100
