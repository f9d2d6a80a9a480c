"""What `--help` says of each command beside its arguments: what it is for, and an example.

Loaded only when somebody asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Text(NamedTuple):
    """What `--help` says of a command.

    Attributes:
        about: what it is for.
        example: the words behind `tunesmith`.
    """

    about: str
    example: str


TEXTS: Mapping[str, Text] = {
    "": Text(
        "Shows the mistakes in LLM fine-tuning scripts and Hugging Face Jobs commands before "
        "money is spent.",
        "check train.py",
    ),
    "new": Text(
        "Write a training script that works with today's releases, for the cheapest machine that "
        "fits. Without TEMPLATE, list the templates.",
        "new sft-lora --model Qwen/Qwen3-4B --dataset trl-lib/Capybara",
    ),
    "check": Text(
        "Find mistakes in scripts, notebooks, and files with commands. The exit status is 0 where "
        "nothing is found, 1 where something is, and 2 where a file cannot be checked.",
        "check . --fix",
    ),
    "rule": Text(
        "Explain a rule: what it finds, what that costs, how it is fixed.", "rule login-call"
    ),
    "versions": Text(
        "Show which release of each library a script gets, and what makes it so.",
        "versions train.py",
    ),
    "estimate": Text(
        "Estimate the GPU memory, hours and dollars of a script, or of the training commands in "
        "another file.",
        "estimate train.py --flavor l4x1 --examples 10000",
    ),
    "preflight": Text(
        "Check a script and what starts it, and estimate what it takes. The exit status is that "
        "of `check`.",
        "preflight train.py",
    ),
    "gpus": Text(
        "Compare the flavors of Jobs, rented GPUs and this Mac for a script.",
        "gpus train.py --examples 10000",
    ),
    "measure": Text(
        "Run one training step of the real libraries without a GPU, and say what memory it takes. "
        "Nothing of the script is executed.",
        "measure train.py",
    ),
    "doctor": Text(
        "Ask the Hub whether your account can do what a script asks for. Nothing is changed there.",
        "doctor train.py",
    ),
    "submit": Text(
        "Show the plan of a job, ask, and start it. What stands behind -- is for the script.",
        "submit train.py --flavor a10g-large --follow -- --epochs 2",
    ),
    "jobs": Text("See and steer the jobs that were started here or elsewhere.", "jobs ps --all"),
    "jobs ps": Text("List jobs, the newest first.", "jobs ps --all"),
    "jobs inspect": Text("Show how a job is.", "jobs inspect 3f2a91c0"),
    "jobs logs": Text("Show what a job prints.", "jobs logs --follow 3f2a91c0"),
    "jobs wait": Text(
        "Wait until a job ends. The exit status is 0 if it completed, else 1.",
        "jobs wait 3f2a91c0",
    ),
    "jobs cancel": Text("End a job and all that it started.", "jobs cancel 3f2a91c0"),
    "jobs rerun": Text("Start the same job again.", "jobs rerun 3f2a91c0"),
    "jobs resume": Text(
        "Go on from the last checkpoint that a job has pushed, with a copy of its script.",
        "jobs resume 3f2a91c0",
    ),
    "jobs prune": Text(
        "Show which jobs ended long ago, ask, and forget them with their logs. Those that still "
        "run, or have more to tell, stay.",
        "jobs prune --days 30",
    ),
    "jobs scheduled": Text("See and steer what is started again and again.", "jobs scheduled ps"),
    "jobs scheduled ps": Text("List schedules.", "jobs scheduled ps --all"),
    "jobs scheduled inspect": Text("Show how a schedule is.", "jobs scheduled inspect 68f0c2"),
    "jobs scheduled suspend": Text(
        "Start no more jobs of a schedule until it is resumed.",
        "jobs scheduled suspend 68f0c2",
    ),
    "jobs scheduled resume": Text("Go on with a schedule.", "jobs scheduled resume 68f0c2"),
    "jobs scheduled delete": Text(
        "Forget a schedule; jobs that run go on.",
        "jobs scheduled delete 68f0c2",
    ),
    "agent": Text("Steer the background process that owns your jobs.", "agent status"),
    "agent start": Text("Start it, unless it runs.", "agent start"),
    "agent status": Text(
        "Show what it does. The exit status is 1 where none runs.", "agent status"
    ),
    "agent stop": Text("End it; jobs go on.", "agent stop"),
    "agent bridge": Text(
        "Ask it on standard input, framed as for language servers; the editor does.",
        "agent bridge",
    ),
    "update": Text(
        "Fetch newer tables of library releases, by your own pip or uv.",
        "update",
    ),
    "toolchain": Text(
        "Install what trains and measures on this machine, apart from your own environments.",
        "toolchain install train",
    ),
    "toolchain list": Text("List the toolchains and their state.", "toolchain list"),
    "toolchain install": Text(
        "Show what a toolchain takes, ask, and install it; go on where that was broken off.",
        "toolchain install train --torch existing",
    ),
    "toolchain remove": Text("Delete a toolchain.", "toolchain remove train"),
    "toolchain doctor": Text("Check that toolchains work.", "toolchain doctor"),
    "server": Text("Run the language server, as editors do.", "server --stdio"),
}
"""By the words of a command."""
