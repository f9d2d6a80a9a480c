"""Writes knowledge/data/hf_cli.json: the command line `hf` of every huggingface_hub since 0.34.

Installs each release that the table lacks and asks its own parser (`lib/hf_interview.py`).
`npm run update-tables` does so as well.

    python scripts/generate_hf_cli.py            adds the releases that the table of releases has
    python scripts/generate_hf_cli.py --check    compares the table with itself, without network
    python scripts/generate_hf_cli.py --all      asks every release anew
    python scripts/generate_hf_cli.py --record   writes tests/sources/data/hf_parses.json: how
                                                 the parsers of some releases read some commands

In the table, a value is a list of the releases that changed it (`tunesmith.knowledge.changes`).
"""

from __future__ import annotations

import datetime
import json
import os
import random
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from pathlib import Path
from typing import Any

from packaging.version import Version

from tunesmith.knowledge import changes

ROOT = Path(__file__).parents[1]
DATA = ROOT / "server/tunesmith/knowledge/data"
TARGET = DATA / "hf_cli.json"
PARSES = ROOT / "tests/sources/data/hf_parses.json"
INTERVIEW = ROOT / "scripts/lib/hf_interview.py"
OLDEST = Version("0.34.0")
RECORDED = ("0.34.6", "0.36.2", "1.2.4", "1.3.7", "2.4.0")
PROGRAMS = ("hf", "huggingface-cli", "tiny-agents")
# 1.0 to 1.16.1 need the package click without saying so; typer brought it until 0.25.
CONSTRAINTS = "typer<0.26\n"
WORDS = shlex.split(
    "train.py --flavor a10g-small cpu-basic --flavor=l4x1 --secrets HF_TOKEN -e K=V -eK=V -d"
    " --detach --timeout=2h -- --lr 1e-4 -lr -x --secret -dq - --flavor=b -is uv"
    " https://example.com/y.py --with -p --suspend --no-suspend --json -c 'print(1)' -1 --flav"
    " --env-f --det=1 --detach=1 -de --flavor --help -h -- --format"
)
WORDS_OF_ALL = shlex.split(
    "train.py --flavor=l4x1 --secrets HF_TOKEN -e K=V -eK=V -d --detach --timeout=2h -- 1e-4 - uv"
    " https://example.com/y.py -de -s"
)  # known to every release
COMMANDS = ("run", "uv run", "scheduled run", "scheduled uv run")

Description = Mapping[str, Any]
"""What one release takes, as nested mappings."""
Path_ = tuple[str, ...]


def samples() -> list[list[str]]:
    """Random commands, the same every time."""
    choice = random.Random(2)
    found: list[list[str]] = []
    for number in range(320):
        command = COMMANDS[number % len(COMMANDS)]
        schedule = ["@daily"] if "scheduled" in command and choice.random() < 0.9 else []
        words = choice.choices(WORDS_OF_ALL if number % 3 else WORDS, k=choice.randint(1, 7))
        found.append(["jobs", *command.split(), *schedule, *words])
    return found


def interview(release: str, asked: Sequence[Sequence[str]] = ()) -> dict[str, Any]:
    """What the command line of a release says of itself, and how it reads some commands."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        install(release, site)
        answer = subprocess.run(
            [sys.executable, "-S", str(INTERVIEW)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(site), "HOME": folder, "HF_HUB_OFFLINE": "1"},
            input=json.dumps({"samples": asked}),
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode:
            raise SystemExit(f"huggingface_hub {release} does not answer:\n{answer.stderr}")
        learned = json.loads(answer.stdout)
        learned["description"]["executables"] = executables(site)
    if learned["release"] != release:
        raise SystemExit(f"asked huggingface_hub {release}, but {learned['release']} answered")
    return learned


def install(release: str, site: Path) -> None:
    constraints = site.with_name("constraints.txt")
    constraints.write_text(CONSTRAINTS, encoding="utf-8")
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(site)]
    command += ["--python", sys.executable, "--constraint", str(constraints)]
    subprocess.run([*command, f"huggingface_hub=={release}"], check=True)


def executables(site: Path) -> Mapping[str, bool]:
    """The programs that the release itself installs."""
    (metadata,) = site.glob("huggingface_hub-*.dist-info/entry_points.txt")
    parser = ConfigParser(delimiters="=", comment_prefixes=())
    parser.read_string(metadata.read_text(encoding="utf-8"))
    return {name: True for name in PROGRAMS if parser.has_option("console_scripts", name)}


def published() -> list[str]:
    """The final releases in the table of releases that were not withdrawn, ascending."""
    table = json.loads((DATA / "releases/huggingface-hub.json").read_text("utf-8"))
    return in_order(set(table["releases"]) - set(table["yanked"]))


def in_order(releases: Iterable[str]) -> list[str]:
    final = (version for version in map(Version, releases) if not version.is_prerelease)
    return [str(version) for version in sorted(final) if version >= OLDEST]


def compress(descriptions: Mapping[str, Description]) -> dict[str, Any]:
    """One tree for all releases; each leaf is the list of its changes."""
    releases = in_order(descriptions)
    values: dict[Path_, dict[str, Any]] = {}
    for release in releases:
        for path, value in leaves(descriptions[release]):
            values.setdefault(path, {})[release] = value
    tree: dict[str, Any] = {"releases": releases}
    for path in sorted(values):
        put(tree, path, [list(change) for change in changes.encode(values[path], releases)])
    return tree


def expand(table: Mapping[str, Any]) -> dict[str, Description]:
    """The description of each release; `compress` turned round."""
    descriptions: dict[str, dict[str, Any]] = {release: {} for release in table["releases"]}
    tree = {name: part for name, part in table.items() if name not in ("date", "releases")}
    for path, changed in leaves(tree):
        for release, value in changes.decode(changed, table["releases"]):
            put(descriptions[release], path, value)
    return descriptions


def leaves(tree: Mapping[str, Any], path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name), value


def put(tree: dict[str, Any], path: Path_, value: Any) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = value


def written(table: Any, indent: str = "") -> str:
    """JSON, one line a leaf."""
    if not isinstance(table, Mapping):
        return json.dumps(table)
    deeper = indent + " "
    lines = [f"{deeper}{json.dumps(k)}: {written(v, deeper)}" for k, v in table.items()]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def write(descriptions: Mapping[str, Description]) -> None:
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    table = {"date": today, **compress(descriptions)}
    TARGET.write_text(written(table) + "\n", encoding="utf-8")


def update(*, anew: bool = False) -> None:
    """Ask the releases that the table lacks, and write the table with today's date."""
    has_table = TARGET.exists() and not anew
    descriptions = expand(json.loads(TARGET.read_text("utf-8"))) if has_table else {}
    missing = [release for release in published() if release not in descriptions]
    try:
        with ThreadPoolExecutor(2) as pool:
            for release, learned in zip(missing, pool.map(interview, missing), strict=True):
                print(f"hf of huggingface_hub {release}")
                descriptions[release] = learned["description"]
    finally:
        write(descriptions)


def check() -> None:
    text = TARGET.read_text("utf-8")
    table = json.loads(text)
    if text != written({"date": table["date"], **compress(expand(table))}) + "\n":
        raise SystemExit(f"{TARGET} was edited by hand: run python {sys.argv[0]} --all")
    if missing := set(published()) - set(table["releases"]):
        raise SystemExit(f"{TARGET} lacks huggingface_hub {', '.join(in_order(missing))}")


def record() -> None:
    recorded = {release: interview(release, samples())["parses"] for release in RECORDED}
    parts = [
        f"{json.dumps(release)}: [\n" + ",\n".join(map(json.dumps, parses)) + "\n]"
        for release, parses in recorded.items()
    ]
    PARSES.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    actions = {"--check": check, "--all": lambda: update(anew=True), "--record": record}
    actions.get(sys.argv[1] if len(sys.argv) > 1 else "", update)()
