"""What a job leaves behind: its disk is gone when it ends, unless something is kept elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from tunesmith.project import Project
from tunesmith.sources.python_script import PythonScript
from tunesmith.text import regex

_KEEPING_WORDS = (
    *("push_to_hub", "upload", "save_to_hub", "create_commit", "create_repo", "create_bucket"),
    *("hfapi", "hffilesystem", "repository(", "hub_model_id", "bucket", "hf://", "artifact"),
    *("wandb_log_model", "wandb.save", "mlflow", "comet", "neptune", "clearml", "dagshub"),
    *("boto3", "gs://", "google.cloud", "azure", "minio", "fsspec", "smart_open", "rclone"),
    *("rsync", "sftp", "paramiko", "dropbox", "subprocess", "os.system", "requests.post"),
    *("requests.put", "httpx", "aiohttp", "runpod", "sagemaker", "sm_model_dir"),
    *("hfargumentparser", "trlparser", "yaml", "runpy", "importlib"),
)
_KEEPS = regex(
    r"\b(?:push|sync_|s3|scp\b|drive\b|modal\b|ray\b|mount|hydra\b|exec\()"
    r"|(?<![\w.])/(?:mnt|data|volume|workspace|output|artifacts|content|kaggle)"
)
"""What may save something outside the job, in lower case, also by what the command line or a file
says. Looking for words is far faster than trying as many alternatives at each character."""

_KEEPS_NOT = regex(r"\bpush_to_hub[\"']?\s*[=:]\s*False\b")


def may_keep(script: PythonScript, project: Project) -> bool:
    """Whether anything that a script writes may outlive the job."""
    text = _KEEPS_NOT.sub("", script.text).casefold()
    keeps = any(word in text for word in _KEEPING_WORDS) or _KEEPS.search(text)
    return bool(keeps) or mounts_volume(script, project)


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
