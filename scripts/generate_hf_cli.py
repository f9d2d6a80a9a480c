"""Writes knowledge/data/hf_cli.json: the options of the `hf jobs` commands that start a job.

Installs one release of huggingface_hub into a temporary environment and asks its own command
line. Run it as `python scripts/generate_hf_cli.py [VERSION]` to learn of a new release.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

DEFAULT_VERSION = "2.4.0"
TARGET = Path(__file__).parents[1] / "server/tunesmith/knowledge/data/hf_cli.json"
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

commands = {
    f"jobs {name}": describe(*resolve(app, ["jobs", *name.split()])) for name in sys.argv[1:]
}
print(json.dumps(commands))
"""


def main() -> None:
    version = sys.argv[1] if len(sys.argv) > 1 else DEFAULT_VERSION
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(
            Path(folder) / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        )
        install = [python, "-m", "pip", "install", "--quiet", f"huggingface_hub=={version}"]
        subprocess.run(install, check=True)
        interview = [python, "-c", INTERVIEW, *COMMANDS]
        output = subprocess.run(interview, check=True, capture_output=True, text=True).stdout
    table = {"huggingface_hub": version, "commands": json.loads(output)}
    TARGET.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
