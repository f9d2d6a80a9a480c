"""Python imports this at its start when PYTHONPATH names this folder."""

import network_guard  # noqa: F401
