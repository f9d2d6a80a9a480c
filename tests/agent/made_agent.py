"""The agent with a made engine and a made plan; MADE_AGENT says how, as JSON.

server   the folder of the engine's server; without, the engines are the real ones
settings fields of Settings
kept     fields of Bounds
version, protocol   what it says of itself
kill_at  it kills itself at that many of the places where something is written, sent or asked,
         counted from when there is a file `armed` in the server's folder
places   a file that gets the names of these places
room     bytes that each of its files may have
clock    seconds that its clock is off
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))

import tunesmith
from agent.file_engine import FileEngine, kill_self
from tunesmith.jobs import engines

MADE: dict[str, Any] = json.loads(os.environ["MADE_AGENT"])
_true_time = time.time
time.time = lambda: _true_time() + MADE.get("clock", 0)
if "server" in MADE:
    engines.engine = lambda name, account: FileEngine(Path(MADE["server"]) / name, account.token)
tunesmith.__version__ = MADE.get("version", tunesmith.__version__)

from tunesmith.agent import channel, log_file, messages, pruning, server, store  # noqa: E402
from tunesmith.agent.settings import Settings  # noqa: E402
from tunesmith.jobs.spec import JobSpec  # noqa: E402


class Chosen(NamedTuple):
    value: str
    declared: str | None


class Planned(NamedTuple):
    plan: messages.Plan
    spec: JobSpec
    script_hash: str
    choices: dict[str, Chosen]


def make_plan(
    params: messages.PlanParams, *, has_account: bool, has_consent: Any, remembered: Any
) -> Planned:
    """A plan of what the parameters say; a script named "bad.py" has a finding that blocks."""
    script, engine = params.script, params.engine or ("hf" if has_account else "local")
    found = messages.PlanFinding("made-up", "error", "it fails", script, 3, 1, blocks=True)
    key = params.name or os.urandom(8).hex()
    flavor = params.flavor or (remembered["flavor"].value if "flavor" in remembered else None)
    plan = messages.Plan(
        key, script, engine, flavor, "", "", "unknown", None, None, "", None, "", "", "", (),
        [messages.PlanSecret(name, name in params.available, True) for name in params.secrets],
        dict(each.split("=", 1) for each in params.environment), params.arguments,
        params.namespace, "made", "", "", [found] if Path(script).name == "bad.py" else [],
        bool(params.secrets) and not has_consent(script), "",
        schedule=messages.PlanSchedule(params.schedule, params.suspend, 1, None, None)
        if params.schedule else None,
    )  # fmt: skip
    spec = JobSpec(
        key,
        script,
        params.arguments,
        environment=plan.environment,
        secrets=params.secrets,
        flavor=flavor,
        name="made",
    )
    choices = {"flavor": Chosen(params.flavor, None)} if params.flavor else {}
    return Planned(plan, spec, script, choices)


class _Places:
    """Counts the places where something is written, sent or asked; dies at one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def pass_by(self, name: str) -> None:
        with self._lock:
            if not self._count and not (Path(MADE["server"]) / "armed").exists():
                return
            self._count += 1
            with Path(MADE["places"]).open("a") as stream:
                stream.write(f"{name}\n")
            if self._count == MADE.get("kill_at"):
                kill_self()

    def watch(self, owner: Any, name: str) -> None:
        """Pass by before and after each call of a method."""
        original: Callable[..., Any] = getattr(owner, name)

        def watched(*arguments: Any, **named: Any) -> Any:
            shown = f"{owner.__name__}.{name}"
            if name == "_run":
                shown = f"{shown} {' '.join(arguments[1].split()[:3])}"
            self.pass_by(f"before {shown}")
            result = original(*arguments, **named)
            self.pass_by(f"after {shown}")
            return result

        setattr(owner, name, watched)


def main() -> int:
    planning = types.ModuleType("tunesmith.jobs.plan")
    planning.__dict__.update(make_plan=make_plan, Chosen=Chosen)
    sys.modules["tunesmith.jobs.plan"] = planning
    for module in (server, sys.modules["tunesmith.agent.agent"]):
        module.__dict__["__version__"] = tunesmith.__version__
        module.__dict__["AGENT_PROTOCOL"] = MADE.get("protocol", messages.AGENT_PROTOCOL)
    if "places" in MADE:
        places = _Places()
        places.watch(store.Store, "_run")
        places.watch(channel.Channel, "send_text")
        places.watch(log_file.LogFile, "_append")
        places.watch(pruning, "_remove")
        for method in ("submit", "find", "inspect", "log", "remove"):
            places.watch(FileEngine, method)
    if "room" in MADE:
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (MADE["room"], resource.RLIM_INFINITY))
    quick = {"settle": {"hf": 0.3, "local": 0.0}, "poll": {"hf": 0.05, "local": 0.05}}
    settings = {**quick, "idle": 60, "ask_again": 0.2, "farewell": 5, **MADE.get("settings", {})}
    settings["kept"] = pruning.Bounds(**MADE.get("kept", {}))
    return server.main(Settings(**settings))


if __name__ == "__main__":
    os._exit(main())
