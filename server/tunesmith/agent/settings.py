"""How patient the agent is. Tests give it less patience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tunesmith.agent.pruning import Bounds


@dataclass(frozen=True)
class Settings:
    """Times in seconds.

    Attributes:
        idle: without connections and jobs to follow, the agent ends after that.
        settle: by engine: how long a request whose answer was lost may still be on its way; on this
            machine the engine itself starts one job a key.
        ask_again: between attempts to learn whether an engine took a job.
        poll: by engine: between looks at where a job is, with few jobs.
        longest_pause: between attempts to reach an engine.
        farewell: how long requests may take to end when the agent is to end.
        kept: what is kept of jobs that have ended; the rest is forgotten at the start.
    """

    idle: float = 600
    settle: Mapping[str, float] = field(default_factory=lambda: {"hf": 10.0, "local": 0.0})
    ask_again: float = 15
    poll: Mapping[str, float] = field(default_factory=lambda: {"hf": 5.0, "local": 1.0})
    longest_pause: float = 300
    farewell: float = 10
    kept: Bounds = field(default_factory=Bounds)
