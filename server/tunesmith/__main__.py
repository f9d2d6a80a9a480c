"""`python -m tunesmith`."""

from __future__ import annotations

from tunesmith.cli import run

if __name__ == "__main__":
    run()
