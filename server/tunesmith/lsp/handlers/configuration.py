"""workspace/configuration and workspace/didChangeConfiguration."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, cast

from lsprotocol import types

from tunesmith.lsp.language_server import TunesmithServer
from tunesmith.lsp.projects import LOOSE, EditorSettings
from tunesmith.project import Settings

SECTION = "tunesmith"
_PATIENCE = 2.0
"""Seconds after which a client that does not tell its settings has the default ones."""


def register(server: TunesmithServer) -> None:
    """Follow the user's settings."""
    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(_did_change)


async def _did_change(ls: TunesmithServer, params: types.DidChangeConfigurationParams) -> None:
    if _can_pull(ls):
        await pull(ls)
    else:
        _apply(ls, {root: _section(params.settings) for root in (LOOSE, *ls.projects.roots)})
    ls.checker.recheck_all()


async def pull(ls: TunesmithServer) -> None:
    """Ask the client for the settings of every folder; without an answer, they stay."""
    if not _can_pull(ls):
        return
    roots = (LOOSE, *ls.projects.roots)
    items = [types.ConfigurationItem(_scope(root), SECTION) for root in roots]
    request = ls.workspace_configuration_async(types.ConfigurationParams(items))
    try:
        answer: Sequence[Any] = await asyncio.wait_for(request, _PATIENCE)
    except Exception:
        ls.note("The editor did not tell its settings; the default ones are used.")
        return
    _apply(ls, dict(zip(roots, answer, strict=False)))


def _apply(ls: TunesmithServer, values: Mapping[PurePosixPath, object]) -> None:
    editor = {root: editor_settings(value) for root, value in values.items()}
    ls.projects.set_editor_settings(editor)


def editor_settings(value: object) -> EditorSettings:
    """The settings in a `tunesmith` section; what is not as it should be is left out."""
    if not isinstance(value, Mapping):
        return EditorSettings()
    section = cast("Mapping[str, object]", value)
    ignore = section.get("ignore")
    names = cast("list[object]", ignore) if isinstance(ignore, list) else []
    version = section.get("hfVersion")
    return EditorSettings(
        is_enabled=section.get("enable") is not False,
        shows_lenses=_shows_lenses(section.get("estimate")),
        settings=Settings(
            ignore=frozenset(name for name in names if isinstance(name, str)),
            hub_version=version if isinstance(version, str) and version else None,
        ),
    )


def _shows_lenses(estimate: object) -> bool:
    if not isinstance(estimate, Mapping):
        return True
    return cast("Mapping[str, object]", estimate).get("codeLens") is not False


def _section(settings: object) -> object:
    if not isinstance(settings, Mapping):
        return None
    return cast("Mapping[str, object]", settings).get(SECTION)


def _scope(root: PurePosixPath) -> str | None:
    from pygls.uris import from_fs_path

    return None if root == LOOSE else from_fs_path(str(root))


def _can_pull(ls: TunesmithServer) -> bool:
    workspace = ls.client_capabilities.workspace
    return bool(workspace and workspace.configuration)
