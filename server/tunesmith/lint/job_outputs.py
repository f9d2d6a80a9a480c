"""What a job leaves behind: its disk is gone when it ends, unless something is kept elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript
from tunesmith.text import regex

_KEEPS = regex(
    r"push_to_hub|\bpush|upload|save_to_hub|create_(?:commit|repo|bucket)|HfApi|HfFileSystem"
    r"|Repository\(|hub_model_id|bucket|hf://|\bsync_|artifact|WANDB_LOG_MODEL|wandb\.save"
    r"|mlflow|comet|neptune|clearml|dagshub|boto3|\bs3|gs://|google\.cloud|azure|minio|fsspec"
    r"|smart_open|rclone|rsync|\bscp\b|sftp|paramiko|dropbox|\bdrive\b|subprocess|os\.system"
    r"|requests\.(?:post|put)|httpx|aiohttp|\bmodal\b|runpod|\bray\b|sagemaker|SM_MODEL_DIR"
    r"|(?<![\w.])/(?:mnt|data|volume|workspace|output|artifacts|content|kaggle)|\bmount"
    r"|HfArgumentParser|TrlParser|\bhydra\b|yaml|\bexec\(|runpy|importlib",
    re.IGNORECASE,
)
"""What may save something outside the job, also by what the command line or a file says."""

_KEEPS_NOT = regex(r"\bpush_to_hub[\"']?\s*[=:]\s*False\b")


def may_keep(script: PythonScript, project: Project) -> bool:
    """Whether anything that a script writes may outlive the job."""
    text = _KEEPS_NOT.sub("", script.text)
    return bool(_KEEPS.search(text)) or mounts_volume(script, project)


def mounts_volume(script: PythonScript, project: Project) -> bool:
    """Whether a start of the script, or its header, may mount a volume."""
    starts = project.launches_of(script.path)
    return "volumes" in _table(script) or any(start.may_keep_files for start in starts)


def sets_variable(prefix: str, script: PythonScript, project: Project) -> bool:
    """Whether a start of the script, or its header, sets an environment variable so called."""
    names = {name for start in project.launches_of(script.path) for name in start.variables}
    env = _table(script).get("env")
    names |= set(cast("dict[str, Any]", env)) if isinstance(env, dict) else set()
    return any(name.startswith(prefix) for name in names)


def _table(script: PythonScript) -> Mapping[str, Any]:
    return (script.header.jobs_table if script.header else None) or {}
