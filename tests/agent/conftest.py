from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agent.made import User
from tunesmith.errors import UserError


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[User]:
    made = User(tmp_path, monkeypatch)
    yield made
    with suppress(UserError):
        made.stop_agent()
