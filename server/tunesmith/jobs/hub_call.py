"""From a JobSpec to the arguments of the client's `run_job`; its files are uploaded on the way.

What is sent is what `hf jobs uv run` sends, but for the folder of the uploaded files, which has the
job's key as its name: a second attempt overwrites the files of the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunesmith.jobs.account import load_uploader
from tunesmith.jobs.hub_problems import Request, problem
from tunesmith.jobs.spec import KEY_LABEL, EngineError, JobSpec

if TYPE_CHECKING:
    from huggingface_hub import HfApi, Volume

IMAGE = "ghcr.io/astral-sh/uv:python3.12-bookworm"
"""Where uv scripts run if nothing else is said, as the client has it."""
BUCKET = "jobs-artifacts"
MOUNT = "/data"
"""The client puts files of this machine into that bucket, which the job sees as this folder."""

_LABEL = re.compile(r"[a-zA-Z0-9_-]{1,100}")
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]+")
_NAMESPACE = re.compile(r"[\w.-]+")


def run_arguments(
    client: HfApi,
    spec: JobSpec,
    secrets: Mapping[str, str],
    namespace: str,
    request: Request,
    key_label: str = KEY_LABEL,
) -> dict[str, Any]:
    """Upload the script and its files, and say what to call `run_job` with.

    All that can be wrong here is found before anything is sent.

    Args:
        client: of the account.
        spec: what to run.
        secrets: the values of its secrets.
        namespace: whose job it will be.
        request: what is asked for, for messages about the upload.
        key_label: the label that gets the key.

    Raises:
        EngineError: what is asked for cannot be sent, or an upload fails.
    """
    labels = _labels(spec, key_label)
    volumes = _volumes(spec.volumes)
    given = _secrets(spec, secrets)
    files = _files(spec)
    if files and any(volume.mount_path.rstrip("/") == MOUNT for volume in volumes):
        message = f"a volume is mounted at {MOUNT}, where the script of the job will be"
        raise EngineError(message, "mount it somewhere else")
    if files:
        volumes.append(_upload(client, files, namespace, spec.key, request))
    return {
        "image": spec.image or IMAGE,
        "command": _command(spec, files),
        "env": dict(spec.environment),
        "secrets": given,
        "flavor": spec.flavor,
        "timeout": spec.timeout_s,
        "name": _name(spec),
        "labels": labels,
        "volumes": volumes,
        "namespace": namespace,
    }


def check_namespace(namespace: str) -> str:
    """Raises EngineError: it cannot be the name of a user or an organization."""
    if not _NAMESPACE.fullmatch(namespace):
        message = f"{namespace!r} is no name of a user or an organization"
        raise EngineError(message, "expected letters, digits, '-', '_' and '.'")
    return namespace


def _command(spec: JobSpec, files: Mapping[str, str]) -> list[str]:
    if not spec.script:
        if not spec.command:
            raise EngineError("there is neither a script nor a command to run", "name one of them")
        return list(spec.command)
    options = [part for each in spec.dependencies for part in ("--with", each)]
    if spec.python:
        options += ["--python", spec.python]
    places = {path: f"{MOUNT}/{name}" for name, path in files.items()}
    script = [places.get(each, each) for each in (spec.script, *spec.arguments)]
    return ["uv", "run", *options, *script]


def _files(spec: JobSpec) -> dict[str, str]:
    """The name in the job's folder -> the path of each file of this machine that it needs."""
    if not spec.script:
        return {}
    if not spec.script.startswith(("http://", "https://")) and not Path(spec.script).is_file():
        message = f"there is no script {spec.script}"
        raise EngineError(message, "give the path of a file, or an https:// address")
    files: dict[str, str] = {}
    for each in dict.fromkeys((spec.script, *filter(_is_absolute, spec.arguments))):
        path = Path(each)
        if path.is_file():
            files[_free_name(path.name.replace(" ", "_"), files)] = each
    return files


def _is_absolute(argument: str) -> bool:
    return "\0" not in argument and Path(argument).is_absolute()


def _free_name(name: str, taken: Iterable[str]) -> str:
    path, count = Path(name), 0
    while name in taken:
        name, count = path.with_stem(f"{path.stem}({count})").name, count + 1
    return name


def _upload(
    client: HfApi, files: Mapping[str, str], namespace: str, folder: str, request: Request
) -> Volume:
    from huggingface_hub import Volume

    bucket = f"{namespace}/{BUCKET}"
    try:
        load_uploader()
        client.create_bucket(bucket, private=True, exist_ok=True)
        additions: list[Any] = [(Path(path), f"{folder}/{name}") for name, path in files.items()]
        client.batch_bucket_files(bucket, add=additions)
    except (
        Exception
    ) as error:  # the uploader, which is not written in Python, has errors of its own
        raise problem(request, error) from None
    return Volume(type="bucket", source=bucket, mount_path=MOUNT, path=folder, read_only=False)


def _volumes(asked: Sequence[str]) -> list[Volume]:
    from huggingface_hub import Volume
    from huggingface_hub.utils import parse_hf_mount

    volumes: list[Volume] = []
    for each in asked:
        try:
            mount = parse_hf_mount(each)
        except ValueError as error:
            message = f"{each!r} is no volume: {getattr(error, 'msg', error)}"
            raise EngineError(message, "expected hf://[type/]source:/mount[:ro]") from None
        source = mount.source
        volumes.append(
            Volume(
                type=source.type,
                source=source.id,
                mount_path=mount.mount_path,
                read_only=mount.read_only,
                path=source.path_in_repo or None,
                revision=source.revision or None,
            )
        )
    return volumes


def _secrets(spec: JobSpec, values: Mapping[str, str]) -> dict[str, str]:
    missing = [name for name in spec.secrets if not values.get(name)]
    if missing:
        names = ", ".join(missing)
        message = f"the job asks for secrets that have no value here: {names}"
        raise EngineError(message, "set them as environment variables, or leave them out")
    return {name: values[name] for name in spec.secrets}


def _labels(spec: JobSpec, key_label: str) -> dict[str, str]:
    """The labels of a job, but for its name.

    Source of the limits: https://huggingface.co/docs/hub/jobs-configuration, "Labels"
    """
    labels = {**spec.labels, key_label: spec.key}
    for name, value in labels.items():
        if not _LABEL.fullmatch(name) or (value and not _LABEL.fullmatch(value)):
            message = f"{name}={value} is no label that the Hub takes"
            advice = "use letters, digits, '-' and '_', at most 100 of them each"
            raise EngineError(message, advice)
    labels.pop("name", None)
    return labels


def _name(spec: JobSpec) -> str:
    """What the job is called: the Hub takes no dots and spaces."""
    source = spec.name or spec.labels.get("name") or Path(spec.script).stem
    source = source or Path(spec.command[0]).name
    return _NOT_IN_NAMES.sub("-", source)[:100].strip("-") or "job"
