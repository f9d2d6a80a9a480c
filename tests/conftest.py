"""Every test process, and every process that a test starts, stays on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_GUARD = str(Path(__file__).parent / "guard")

if _GUARD not in sys.path:
    sys.path.insert(0, _GUARD)
import network_guard  # noqa: E402, F401

os.environ["PYTHONPATH"] = os.pathsep.join(
    dict.fromkeys([_GUARD, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))])
)
for _name in [name for name in os.environ if name.startswith(("HF_", "HUGGING_FACE_"))]:
    del os.environ[_name]
