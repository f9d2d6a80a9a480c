"""Writes knowledge/data/hf_cli.json: the options of the `hf jobs` commands that start a job.

Installs one release of huggingface_hub into a temporary environment and asks its own command
line. Run it as `python scripts/generate_hf_cli.py [VERSION]` to learn of a new release.

Writes tests/sources/data/hf_parses.json as well: how that command line reads some commands.
"""

from __future__ import annotations

import json
import random
import shlex
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

DEFAULT_VERSION = "2.4.0"
TARGET = Path(__file__).parents[1] / "server/tunesmith/knowledge/data/hf_cli.json"
PARSES = Path(__file__).parents[1] / "tests/sources/data/hf_parses.json"
WORDS = shlex.split(
    "train.py --flavor a10g --secrets HF_TOKEN -e K=V -eK=V -d --detach --timeout=2h -- --lr 1e-4"
    " -lr -x --secret -dq - --flavor=b -is uv https://example.com/y.py --with -p --suspend"
    " --no-suspend --json -c 'print(1)' -1"
)
COMMANDS = ("run", "uv run", "scheduled run", "scheduled uv run")

INTERVIEW = """
import json, sys
import click
from huggingface_hub.cli.hf import app

def resolve(command, names):
    context = click.Context(app)
    for name in names:
        command = command.get_command(context, name)
    return command, context

def describe(command, context):
    options = {}
    for parameter in command.get_params(context):
        if not isinstance(parameter, click.Option):
            continue
        long = [name for name in parameter.opts if name.startswith("--")]
        short = [name for name in parameter.opts if not name.startswith("--")]
        for name in [*long, *parameter.secondary_opts]:
            options[name] = {
                "short": short[0] if short and name == long[0] else None,
                "value": not parameter.is_flag,
                "repeatable": parameter.multiple,
            }
    arguments = [p.name for p in command.get_params(context) if isinstance(p, click.Argument)]
    return {"arguments": arguments, "options": dict(sorted(options.items()))}

def parse(arguments):
    names = arguments[: arguments.index("run") + 1]
    command, _ = resolve(app, names)
    context = click.Context(command, **command.context_settings)
    try:
        found, _, _ = command.make_parser(context).parse_args(arguments[len(names) :])
    except click.UsageError:
        return None
    options = {}
    for parameter in command.params:
        value = found.get(parameter.name)
        if isinstance(parameter, click.Option) and isinstance(value, (str, list, bool)):
            options[max(parameter.opts, key=len)] = value
    return options

request = json.load(sys.stdin)
commands = {}
for name in request["commands"]:
    commands[f"jobs {name}"] = describe(*resolve(app, ["jobs", *name.split()]))
parses = [{"arguments": words, "options": parse(words)} for words in request["samples"]]
print(json.dumps({"commands": commands, "parses": parses}))
"""


def samples() -> list[list[str]]:
    """Random commands, the same every time."""
    choice = random.Random(2)
    found: list[list[str]] = []
    for number in range(200):
        command = COMMANDS[number % len(COMMANDS)]
        schedule = ["@daily"] if "scheduled" in command else []
        words = choice.choices(WORDS, k=choice.randint(1, 9))
        found.append(["jobs", *command.split(), *schedule, *words])
    return found


def main() -> None:
    version = sys.argv[1] if len(sys.argv) > 1 else DEFAULT_VERSION
    request = json.dumps({"commands": COMMANDS, "samples": samples()})
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(
            Path(folder) / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        )
        install = [python, "-m", "pip", "install", "--quiet", f"huggingface_hub=={version}"]
        subprocess.run(install, check=True)
        answer = subprocess.run(
            [python, "-c", INTERVIEW], input=request, check=True, capture_output=True, text=True
        )
    learned = json.loads(answer.stdout)
    table = {"huggingface_hub": version, "commands": learned["commands"]}
    TARGET.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    PARSES.parent.mkdir(exist_ok=True)
    lines = ",\n".join(
        json.dumps(parse) for parse in learned["parses"] if parse["options"] is not None
    )
    PARSES.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
