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


@pytest.fixture(scope="session")
def shared_client() -> Iterator[Client]:
    client = Client()
    client.initialize()
    client.wait_until_ready()
    yield client
    client.close()


@pytest.fixture
def client(shared_client: Client, folder: Path) -> Iterator[Client]:
    """A server that has read the folder; it has served other tests before."""
    shared_client.settings.clear()
    shared_client.forget()
    shared_client.change_folders(added=[folder])
    shared_client.wait_until_ready()
    yield shared_client
    shared_client.close_documents()
    shared_client.forget()
    shared_client.change_folders(removed=[folder])
    shared_client.wait_until_ready()


@pytest.fixture
def fresh_client(start: Start, folder: Path) -> Client:
    """A server of the test's own, which has read the folder."""
    client = start()
    client.initialize(folder)
    client.wait_until_ready()
    return client
