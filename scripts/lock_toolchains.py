"""Lock the toolchains: which release of each library, and which wheel on each platform.

Usage: python scripts/lock_toolchains.py [--upgrade | --check]

Writes server/tunesmith/toolchains/locks/NAME.json with uv's universal resolution. Releases that are
locked stay, unless --upgrade. --check compares with the catalogue, without a network.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli
from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import parse_wheel_filename

from tunesmith.toolchains.catalogue import TOOLCHAINS, Toolchain
from wheelhouse import MINORS, PLATFORMS, Platform

UV = Path(sys.executable).with_name("uv")
PYTHON = f">=3.{MINORS[0]},<3.{MINORS[-1] + 1}"
INSTALLERS = ("pip>=26", "uv>=0.9")
EXPORT = ("--frozen", "--no-emit-project", "--no-hashes", "--no-header", "--no-annotate")
# torch has no wheels for musl, and none for Macs with Intel processors.
SUPPORTED = ("linux-x64", "linux-arm64", "darwin-arm64", "win32-x64")
# torch needs macOS 14; on Linux, a few wheels are for older systems than the extension's.
TAGS = {
    "linux-x64": ("manylinux2010_x86_64", "manylinux1_x86_64"),
    "darwin-arm64": tuple(mac_platforms((14, 0), "arm64")),
}


@dataclass(frozen=True)
class Target:
    """A Python on a platform."""

    minor: int
    platform: Platform
    tags: Mapping[Tag, int]

    @property
    def markers(self) -> dict[str, str]:
        return {
            "implementation_name": "cpython",
            "os_name": self.platform.os_name,
            "platform_machine": self.platform.machine,
            "platform_python_implementation": "CPython",
            "platform_system": self.platform.system,
            "python_full_version": f"3.{self.minor}.0",
            "python_version": f"3.{self.minor}",
            "sys_platform": self.platform.sys_platform,
        }


def targets() -> Iterator[Target]:
    for name in SUPPORTED:
        platform = PLATFORMS[name]
        platforms = [*platform.tags, *TAGS.get(name, ())]
        for minor in MINORS:
            ranked = [
                *cpython_tags((3, minor), [f"cp3{minor}"], platforms),
                *compatible_tags((3, minor), f"cp3{minor}", platforms),
            ]
            ranks = {tag: rank for rank, tag in reversed(list(enumerate(ranked)))}
            yield Target(minor, platform, ranks)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--check", action="store_true")
    which.add_argument("--upgrade", action="store_true")
    options = parser.parse_args(arguments)
    if options.check:
        problems = [problem for each in TOOLCHAINS.values() for problem in check(each)]
        print(*problems, sep="\n", end="\n" if problems else "", file=sys.stderr)
        return 1 if problems else 0
    for toolchain in TOOLCHAINS.values():
        lock = locked(toolchain, upgrade=options.upgrade)
        toolchain.lock.write_text(to_text(lock), "utf-8")
        print(f"{toolchain.lock.name}: {len(lock['packages'])} packages", file=sys.stderr)
    return 0


def locked(toolchain: Toolchain, *, upgrade: bool) -> dict[str, Any]:
    """What uv finds."""
    with tempfile.TemporaryDirectory() as scratch:
        kept = [] if upgrade or not toolchain.lock.exists() else _pins(_read(toolchain))
        project = {
            "requires-python": PYTHON,
            "dependencies": [*toolchain.requirements, *INSTALLERS],
        }
        lines = ["[project]", f'name = "toolchain-{toolchain.name}"', 'version = "0"']
        lines += [f"{key} = {json.dumps(value)}" for key, value in project.items()]
        lines += ["[tool.uv]", f"constraint-dependencies = {json.dumps(kept)}"]
        Path(scratch, "pyproject.toml").write_text("\n".join(lines), "utf-8")
        _uv(scratch, "lock")
        pins = _uv(scratch, "export", *EXPORT)
        found = tomli.loads(Path(scratch, "uv.lock").read_text("utf-8"))["package"]
    by_release = {(each["name"], each.get("version")): each for each in found}
    without_torch = reachable(found, f"toolchain-{toolchain.name}")
    packages: list[dict[str, Any]] = []
    for line in pins.splitlines():
        pin = Requirement(line)
        version = next(iter(pin.specifier)).version
        wheels = best_wheels(by_release[pin.name, version]["wheels"], pin)
        if wheels:
            packages.append(
                {
                    "name": pin.name,
                    "version": version,
                    "marker": str(pin.marker or ""),
                    "group": _group(pin.name, pin.name in without_torch),
                    "wheels": wheels,
                }
            )
    return {"requirements": list(toolchain.requirements), "python": PYTHON, "packages": packages}


def _uv(folder: str, *arguments: str) -> str:
    ran = subprocess.run(
        [str(UV), *arguments], check=False, cwd=folder, capture_output=True, text=True
    )
    if ran.returncode:
        sys.exit(f"uv cannot lock: {ran.stderr}")
    return ran.stdout


def _pins(lock: Mapping[str, Any]) -> list[str]:
    return [
        f"{each['name']}=={each['version']}" + (f" ; {each['marker']}" if each["marker"] else "")
        for each in lock["packages"]
    ]


def _group(name: str, is_library: bool) -> str:
    if name in [Requirement(each).name for each in INSTALLERS]:
        return name
    return "libraries" if is_library else "torch"


def reachable(packages: Sequence[Mapping[str, Any]], root: str) -> set[str]:
    """What the root needs, but for torch and what is there for torch alone."""
    edges: dict[str, list[tuple[str, str]]] = {}
    for package in packages:
        by_extra = {"": package.get("dependencies", []), **package.get("optional-dependencies", {})}
        for extra, dependencies in by_extra.items():
            for each in dependencies:
                targets = [(each["name"], needed) for needed in ["", *each.get("extra", [])]]
                edges.setdefault(f"{package['name']}[{extra}]", []).extend(targets)
    seen: set[tuple[str, str]] = set()
    waiting = [(root, "")]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) not in seen and name != "torch":
            seen.add((name, extra))
            waiting += edges.get(f"{name}[{extra}]", [])
    return {name for name, _ in seen}


def best_wheels(wheels: Sequence[Mapping[str, Any]], pin: Requirement) -> list[list[Any]]:
    """The wheel that each target takes: file name, SHA-256, bytes.

    Raises:
        SystemExit: a target has none.
    """
    chosen: dict[str, list[Any]] = {}
    for target in targets():
        if pin.marker and not pin.marker.evaluate(target.markers):
            continue
        ranked = [
            (rank, each) for each in wheels if (rank := _rank(_file(each), target)) is not None
        ]
        if not ranked:
            sys.exit(f"{pin} has no wheel for Python 3.{target.minor}, {target.platform.tags[0]}")
        _, wheel = min(ranked, key=lambda pair: pair[0])
        digest = wheel["hash"].removeprefix("sha256:")
        chosen[_file(wheel)] = [_file(wheel), digest, wheel["size"]]
    return [chosen[name] for name in sorted(chosen)]


def _file(wheel: Mapping[str, Any]) -> str:
    return wheel["url"].rpartition("/")[2]


def _rank(file: str, target: Target) -> int | None:
    *_, tags = parse_wheel_filename(file)
    return min((target.tags[tag] for tag in tags if tag in target.tags), default=None)


def to_text(lock: Mapping[str, Any]) -> str:
    """One line a wheel, so that a difference reads well."""
    packages: list[str] = []
    for package in lock["packages"]:
        head = {key: value for key, value in package.items() if key != "wheels"}
        wheels = ",\n".join(f"   {json.dumps(wheel)}" for wheel in package["wheels"])
        packages.append(f'  {json.dumps(head)[:-1]}, "wheels": [\n{wheels}]}}')
    head = {key: value for key, value in lock.items() if key != "packages"}
    return f'{json.dumps(head)[:-1]}, "packages": [\n' + ",\n".join(packages) + "\n]}\n"


def _read(toolchain: Toolchain) -> dict[str, Any]:
    return json.loads(toolchain.lock.read_text("utf-8"))


def check(toolchain: Toolchain) -> Iterator[str]:
    """What is wrong with a lock."""
    if not toolchain.lock.exists():
        yield f"{toolchain.lock} is missing: npm run lock"
        return
    lock = _read(toolchain)
    if lock["requirements"] != list(toolchain.requirements) or lock["python"] != PYTHON:
        yield f"{toolchain.lock.name} was locked for other requirements: npm run lock"
    if to_text(lock) != toolchain.lock.read_text("utf-8"):
        yield f"{toolchain.lock.name} was edited by hand: npm run lock"
    for target in targets():
        yield from _gaps(toolchain, lock, target)


def _gaps(toolchain: Toolchain, lock: Mapping[str, Any], target: Target) -> Iterator[str]:
    place = f"on Python 3.{target.minor}, {target.platform.tags[0]}"
    found: dict[str, str] = {}
    for package, pin in zip(lock["packages"], map(Requirement, _pins(lock)), strict=True):
        if pin.marker and not pin.marker.evaluate(target.markers):
            continue
        if pin.name in found:
            yield f"{pin.name} is locked twice {place}"
        found[pin.name] = package["version"]
        if all(_rank(file, target) is None for file, *_ in package["wheels"]):
            yield f"{pin.name} {package['version']} has no wheel {place}"
    for requirement in map(Requirement, [*toolchain.requirements, *INSTALLERS]):
        if not requirement.specifier.contains(found.get(requirement.name, "0")):
            yield f"{requirement} is not met {place}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
