from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lsp.client import Client, Start


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts servers; whatever a test leaves running is ended."""
    clients: list[Client] = []

    def start_one(*arguments: str, **options: Any) -> Client:
        client = Client(arguments, **options) if arguments else Client(**options)
        clients.append(client)
        return client

    yield start_one
    for client in clients:
        client.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is a project of its own."""
    folder = tmp_path / "projet d'été"
    folder.mkdir()
    return folder


@pytest.fixture
def client(start: Start, folder: Path) -> Client:
    """A server that has read the folder."""
    client = start()
    client.initialize(folder)
    client.wait_until_ready()
    return client
