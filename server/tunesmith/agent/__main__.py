"""`python -m tunesmith.agent` is the agent; `client.py` starts it."""

import os

from tunesmith.agent.server import main

if __name__ == "__main__":
    os._exit(main())  # threads that wait for engines would keep the process
