"""protocol.ts is what its generator gives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

GENERATOR = Path(__file__).parents[2] / "scripts" / "generate_protocol.py"


def test_the_extensions_protocol_is_that_of_the_server():
    result = subprocess.run(
        [sys.executable, str(GENERATOR), "--check"], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr
