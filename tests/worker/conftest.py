"""A worker of NoETL 4 with a server that gives it credentials, and a bucket for its steps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

import noetl_nats as nn
from nats_server import Server
from worker_steps import Credentials, Document


@pytest.fixture(scope="session")
def credentials(_plain_environment: None) -> Iterator[Credentials]:
    serving = Credentials()
    os.environ["NOETL_SERVER_URL"] = serving.url
    yield serving
    serving.close()


@pytest.fixture(scope="session")
def worker(credentials: Credentials) -> Any:
    from noetl.worker.nats_worker import Worker

    return Worker("worker", nats_url="nats://127.0.0.1:1", server_url=credentials.url)


@pytest.fixture
def known(credentials: Credentials) -> dict[str, Document]:
    """Credentials by name; the worker's cache of them starts empty."""
    from noetl.worker import secrets

    secrets._credential_cache.clear()
    credentials.known.clear()
    return credentials.known


@pytest.fixture
def bucket(server: Server) -> Document:
    """Where a step finds the bucket B, whose key k holds x."""
    place = {"url": server.url, "bucket": "B"}
    nn.run("kv_bucket_apply", place)
    nn.run("kv_put", {**place, "key": "k", "value": "x"})
    return {"nats_url": server.url, "bucket": "B"}
