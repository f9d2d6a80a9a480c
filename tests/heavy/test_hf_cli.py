"""The table of hf's command line against the huggingface_hub that is installed."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from tunesmith.knowledge import hf_cli
from tunesmith.sources.hf_reading import read
from tunesmith.sources.launch_command import Word
from tunesmith.text import Span

pytestmark = pytest.mark.heavy

INTERVIEW = Path(__file__).parents[2] / "scripts/lib/hf_interview.py"
WORDS = ["train.py", "--flavor=l4x1", "-e", "A=1", "-d", "--", "--secret", "-x", "-de", "--name"]


@pytest.fixture(scope="module")
def answer() -> dict[str, Any]:
    pytest.importorskip("huggingface_hub")
    choice = random.Random()
    samples = [["jobs", "uv", "run", *choice.choices(WORDS, k=5)] for _ in range(200)]
    asked = json.dumps({"samples": samples})
    command = [sys.executable, str(INTERVIEW)]
    process = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    return json.loads(process.stdout)


def test_every_command_takes_what_the_table_says(answer: dict[str, Any]) -> None:
    hub = Version(answer["release"])
    assert hf_cli.is_known(hub), "run npm run update-tables"
    description = answer["description"]
    assert set(hf_cli.flavors(hub)) == set(description["flavors"])
    names = {n for n in description["known"] if not n.startswith("huggingface-cli ")}
    assert hf_cli.known_commands("hf", hub) == names
    assert len(description["commands"]) > 20
    for name, command in description["commands"].items():
        grammar = hf_cli.grammar("hf", name.split(), hub)
        assert grammar
        written = {n for n in grammar.options if n.startswith("--")}
        negatives = {o["negative"] for o in command["options"].values() if "negative" in o}
        assert written == command["options"].keys() | negatives


def test_reads_random_commands_as_the_installed_hf_does(answer: dict[str, Any]) -> None:
    grammar = hf_cli.grammar("hf", ("jobs", "uv", "run"), Version(answer["release"]))
    assert grammar
    for parse in answer["parses"]:
        reading = read([Word(word, Span(0, 0)) for word in parse["words"][3:]], grammar)
        assert (reading.stop.kind if reading.stop else None) == parse.get("error"), parse
        if "arguments" in parse:
            given = parse["arguments"]
            texts = [word.text for word in reading.arguments]
            assert texts == [given["script"], *given["script_args"]], parse
