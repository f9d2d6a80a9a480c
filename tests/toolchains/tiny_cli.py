"""The command line with one toolchain, `tiny`: python tiny_cli.py LOCK ARGUMENTS..."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import cast

from tunesmith import cli
from tunesmith.toolchains import plan
from tunesmith.toolchains.catalogue import TOOLCHAINS, Toolchain

# A shell's background jobs ignore it, and so would the program.
signal.signal(signal.SIGINT, signal.default_int_handler)
if "TINY_LARGEST_FILE" in os.environ:
    largest = int(os.environ["TINY_LARGEST_FILE"])
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
lock = Path(sys.argv[1])
requirements = json.loads(lock.read_text("utf-8"))["requirements"]
toolchains = cast("dict[str, Toolchain]", TOOLCHAINS)
toolchains.clear()
toolchains["tiny"] = Toolchain("tiny", "tests", requirements, lock)
plan._CHUNK_PACKAGES = 1
sys.exit(cli.main(sys.argv[2:]))
