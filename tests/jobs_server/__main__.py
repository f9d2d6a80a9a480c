"""The server as a program: its address is the one line that it prints, as {"url": ...}.

It ends with its standard input, so that no test leaves it behind.
"""

from __future__ import annotations

import argparse
import json
import sys
from threading import Thread

from jobs_server.behaviours import Plays, Runs, by_hand
from jobs_server.server import JobsServer


def main() -> None:
    parser = argparse.ArgumentParser(prog="jobs_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument(
        "--behaviour",
        choices=("run", "play", "hand"),
        default="run",
        help="really run scripts; print two lines; wait for /_control/jobs/ID/… (default: run)",
    )
    parser.add_argument(
        "--python", default=sys.executable, help="what runs scripts; empty: uv (default: this one)"
    )
    parser.add_argument("--scheduling", type=float, default=0, metavar="SECONDS")
    options = parser.parse_args()
    behaviours = {
        "run": Runs(options.python or None, options.scheduling),
        "play": Plays(scheduling_s=options.scheduling, line_s=0.1),
        "hand": by_hand,
    }
    server = JobsServer(options.port, behaviours[options.behaviour])
    Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"url": server.url}), flush=True)
    sys.stdin.read()
    for job in server.jobs.values():
        job.end("CANCELED")
    server.shutdown()


if __name__ == "__main__":
    main()
