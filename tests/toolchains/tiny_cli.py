"""The command line with one toolchain, `tiny`: python tiny_cli.py LOCK ARGUMENTS..."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import cast

from tunesmith import cli
from tunesmith.toolchains import plan
from tunesmith.toolchains.catalogue import TOOLCHAINS, Toolchain

lock = Path(sys.argv[1])
requirements = json.loads(lock.read_text("utf-8"))["requirements"]
toolchains = cast("dict[str, Toolchain]", TOOLCHAINS)
toolchains.clear()
toolchains["tiny"] = Toolchain("tiny", "tests", requirements, lock)
plan._CHUNK_PACKAGES = 1
sys.exit(cli.main(sys.argv[2:]))
