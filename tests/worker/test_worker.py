"""NATS steps in NoETL's Python worker (4.x): its own dispatch function, real servers. Run by tools/test_worker.sh."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import noetl_nats as nn
from nats_server import Server, running
from worker_steps import Credentials, Document, dispatch_list, get, put, run, stored


def test_a_result_is_what_the_step_sees(worker: Any, bucket: Document) -> None:
    got = run(worker, get(bucket))
    assert {"status": "success", "bucket": "B", "key": "k", "value": "x", "revision": 1}.items() <= got.items()
    assert run(worker, get(bucket, key="zz")) == {"status": "not_found", "bucket": "B", "key": "zz", "value": None}


def test_operations_that_the_own_tool_does_not_have(worker: Any, server: Server) -> None:
    done = run(
        worker, {"operation": "stream_apply", "nats_url": server.url, "stream": "S", "config": {"subjects": ["s.>"]}}
    )
    assert done["created"]


def test_of_an_object_or_a_message_the_step_sees_the_data(worker: Any, server: Server) -> None:
    place = {"nats_url": server.url, "bucket": "O"}
    nn.run("object_bucket_apply", place)
    run(worker, {"operation": "object_put", **place, "name": "o", "data": "hello"})
    assert run(worker, {"operation": "object_get", **place, "name": "o"}) == "hello"


def test_an_object_in_a_list_of_tools_is_named_in_the_input(worker: Any, server: Server) -> None:
    place = {"nats_url": server.url, "bucket": "O"}
    nn.run("object_bucket_apply", place)
    tool = {"operation": "object_put", **place, "input": {"name": "{{ n }}"}, "data": "x"}
    assert asyncio.run(dispatch_list(worker, tool, {"n": "o"}))["name"] == "o"


def test_an_object_never_gets_the_name_of_the_step(worker: Any, server: Server) -> None:
    nn.run("object_bucket_apply", {"url": server.url, "bucket": "O"})
    with pytest.raises(nn.InvalidArgumentError, match="name"):
        run(worker, {"operation": "object_put", "nats_url": server.url, "bucket": "O", "data": "x"})


@pytest.mark.parametrize(
    ("tool", "kind", "text"),
    [
        ({"bucket": "nope"}, nn.NotFoundError, "bucket 'nope'"),
        ({"colour": 1}, nn.InvalidArgumentError, "colour: unknown field"),
        ({"operation": "kv_gett"}, nn.InvalidArgumentError, "kv_gett"),
        ({"operation": None}, ValueError, "NATS task requires 'operation' field"),
        ({"nats_url": None}, ValueError, "NATS URL is not configured"),
        ({"nats_url": "nats://127.0.0.1:1"}, nn.UnavailableError, "127.0.0.1:1"),
        ({"nats_user": "u"}, nn.InvalidArgumentError, "password"),
    ],
)
def test_a_failure_is_an_exception(
    worker: Any, bucket: Document, tool: Document, kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        run(worker, {**get(bucket), **tool})


def test_the_workers_own_server_serves_no_step(worker: Any, bucket: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NATS_URL", bucket["nats_url"])
    with pytest.raises(ValueError, match="NATS URL is not configured"):
        run(worker, get({"bucket": "B"}))


@pytest.mark.parametrize(
    ("key", "names", "terminal"),
    [("k", ["call.done", "command.completed"], "value"), ("a..b", ["call.error", "command.failed"], "error")],
)
def test_a_command_ends_with_the_workers_events(
    credentials: Credentials, bucket: Document, key: str, names: list[str], terminal: str
) -> None:
    """The whole command, as it comes from NoETL's server."""
    from noetl.worker.nats_worker import Worker

    command = {
        "execution_id": 7,
        "node_name": "read",
        "action": "nats",
        "context": {"tool_config": get(bucket, key=key), "input": {}, "render_context": {}},
        "meta": {},
    }

    async def execute() -> None:
        worker = Worker("worker", nats_url="nats://127.0.0.1:1", server_url=credentials.url)
        async with httpx.AsyncClient() as client:
            worker._http_client = client
            await worker._execute_command(command, credentials.url, "c1")

    credentials.events.clear()
    asyncio.run(execute())
    seen = {event["name"]: event["payload"] for event in credentials.events}
    assert set(names) <= set(seen)
    text = json.dumps(seen[names[1]])
    assert ("has an empty token" if terminal == "error" else '"value": "x"') in text


# The input of a step -----------------------------------------------------------------------------------------------------


def test_parameters_may_stand_in_the_input(worker: Any, bucket: Document) -> None:
    run(worker, {"operation": "kv_put", "bucket": "B", "key": "k"}, {"nats_url": bucket["nats_url"], "value": "new"})
    assert stored(bucket) == "new"


@pytest.mark.parametrize(
    ("mapping", "given_input", "found"),
    [
        ({"name": "o"}, {}, "o"),
        ({"name": "o"}, {"name": "variable"}, "o"),
        ({}, {"name": "o"}, "o"),
    ],
)
def test_the_name_of_an_object(
    worker: Any, server: Server, mapping: Document, given_input: Document, found: str
) -> None:
    nn.run("object_bucket_apply", {"url": server.url, "bucket": "O"})
    tool = {"operation": "object_put", "nats_url": server.url, "bucket": "O", "data": "x", **mapping}
    assert run(worker, tool, given_input, {"event": {"step": "the_step"}})["name"] == found


def test_variables_in_the_input_are_no_parameters(worker: Any, bucket: Document) -> None:
    assert run(worker, get(bucket), {"order": 7, "user": "alice", "data": {"a": 1}, "bucket": "other"})["value"] == "x"


# Templates ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{ job.uuid }}", "7"),
        ("job-{{ job.uuid }}", "job-7"),
        ("{{ o }}", '{"a": 1}'),
        ("Dear {{ name }}", "Dear {{ name }}"),
        ("{{ name }}", "{{ name }}"),
        ("{{ 7 * }}", "{{ 7 * }}"),
        ("{{ ''.__class__.__mro__ }}", "{{ ''.__class__.__mro__ }}"),
        ("{{ o.__class__.__name__ }}-", "{{ o.__class__.__name__ }}-"),
    ],
)
def test_what_the_server_left_is_rendered_and_data_stays(worker: Any, bucket: Document, text: str, found: str) -> None:
    run(worker, put(bucket, text), context={"execution_id": "7", "o": {"a": 1}})
    assert stored(bucket) == found


def test_data_with_a_template_inside_passes(worker: Any, bucket: Document) -> None:
    value = {"text": "{{ job.uuid }}"}
    run(worker, put(bucket, value), context={"execution_id": "7"})
    assert json.loads(stored(bucket)) == value


# Credentials -------------------------------------------------------------------------------------------------------------

LOGIN = (
    "authorization { users: [{user: u, password: p4ss}, {user: other, password: s3cond}] }\njetstream {max_mem: 64MB}"
)


@pytest.fixture
def closed() -> Iterator[Document]:
    """A bucket on a server that wants a login."""
    with running(LOGIN) as server:
        place = {"bucket": "B", "url": server.url, "user": "u", "password": "p4ss"}
        nn.run("kv_bucket_apply", place)
        nn.run("kv_put", {**place, "key": "k", "value": "x"})
        yield {"nats_url": server.url, "bucket": "B"}


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "$URL", "user": "u", "password": "p4ss"},
        {"nats_url": "$URL", "nats_user": "u", "nats_password": "p4ss", "note": "fields that mean nothing here"},
        {"servers": ["$URL"], "username": "u", "password": "p4ss"},
    ],
)
def test_a_credential_of_the_server(
    worker: Any, closed: Document, known: dict[str, Document], fields: Document
) -> None:
    known["main"] = json.loads(json.dumps(fields).replace("$URL", closed["nats_url"]))
    for auth in ("main", "{{ which }}", {"source": "credential", "key": "main"}, {"nats": {"key": "main"}}):
        assert run(worker, get({"bucket": "B"}, auth=auth), context={"which": "main"})["value"] == "x"


def test_explicit_fields_win(worker: Any, closed: Document, known: dict[str, Document]) -> None:
    known["main"] = {"url": "nats://127.0.0.1:1", "user": "wrong", "password": "wrong", "token": "wrong"}
    tool = get(closed, auth="main", nats_user="u", nats_password="p4ss")
    assert run(worker, tool)["value"] == "x"


def test_a_credential_in_the_step(worker: Any, closed: Document) -> None:
    inline = {"user": "u", "password": "p4ss"}
    for auth in (inline, {"user": "u", "password": "{{ secret }}"}, {"source": "inline", "fields": inline}):
        assert run(worker, get(closed, auth=auth), context={"secret": "p4ss"})["value"] == "x"


@pytest.mark.parametrize("auth", ["nope", {"source": "env", "name": "HOME"}, {"type": "bearer"}])
def test_a_credential_that_is_not_there_is_an_error(worker: Any, bucket: Document, known: object, auth: Any) -> None:
    """The own tool would connect without a login."""
    with pytest.raises(nn.UnauthenticatedError, match="auth: "):
        run(worker, get(bucket, auth=auth))


def test_no_password_in_an_error(worker: Any, closed: Document, known: dict[str, Document]) -> None:
    known["main"] = {"user": "u", "password": "pl4nted"}
    with pytest.raises(nn.UnauthenticatedError) as failed:
        run(worker, get(closed, auth="main"))
    assert "pl4nted" not in str(failed.value)
