"""NATS steps in NoETL's Python worker (4.x): its own dispatch function, real servers. Run by tools/test_worker.sh."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

import noetl_nats as nn
import recorded
from nats_server import Server, running

Document = dict[str, Any]


class Credentials:
    """The part of NoETL's server that gives the worker a credential and takes its events."""

    def __init__(self) -> None:
        self.known: dict[str, Document] = {}
        self.events: list[Document] = []
        this = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.rsplit("/", 1)[1].partition("?")[0]
                found = this.known.get(name)
                self.answer(200 if found is not None else 404, {"name": name, "type": "nats", "data": found})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                this.events += body.get("events", [body])
                self.answer(200, {"status": "ok"})

            def answer(self, status: int, document: Document) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


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


async def dispatch(
    worker: Any, tool: Document, given_input: Document | None = None, context: Document | None = None
) -> Any:
    """What the worker does with a command of a step with one tool."""
    config = {key: value for key, value in tool.items() if key != "kind"}
    return await worker._execute_tool("nats", config, given_input or {}, "the_step", context or {})


async def dispatch_list(worker: Any, tool: Document, context: Document) -> Any:
    """What the worker does with a list of tools, or with one that has policy rules: it renders templates itself."""
    done = await worker._execute_tool("task_sequence", {"tasks": [{"kind": "nats", **tool}]}, {}, "the_step", context)
    if done["status"] == "failed":
        raise RuntimeError(done["error"]["message"])
    return done["_prev"]


def run(worker: Any, tool: Document, given_input: Document | None = None, context: Document | None = None) -> Any:
    return asyncio.run(dispatch(worker, tool, given_input, context))


# The cases want what users of the Rust tool rely on. Users of the worker's Python tool rely on what that did here:
AS_RECORDED = {
    "kv_get_key_from_numeric_string_template",
    "kv_get_key_true_template",
    "kv_put_true",
    "kv_put_false",
    "js_publish_bool",
    "kv_put_value_template_bool",
    "kv_put_value_template_exponent_text",
    "kv_put_value_template_null_text",
    "kv_put_value_template_quoted",
    "kv_put_value_template_syntax_error",
    "object_get_template_name",
}
# And this is deliberately like neither (docs/worker.md):
DIFFERENT: dict[str, Document] = {
    "kv_put_ttl_template": {"error": {"codes": [], "mentions": ["does not expire single keys"]}},
    "js_publish_header_template_number": {
        "result": {"stream": "S", "seq": 1},
        "state": [{"probe": "last", "stream": "S", "subject": "s.a", "headers": ["Nats-Msg-Id: 123"]}],
    },
    "object_put_object": {"result": {"status": "success", "size": 23}},
    "object_put_list": {"result": {"status": "success", "size": 6}},
    "object_get_binary_as_utf8": {"error": {"codes": ["data_loss"], "mentions": ["UTF-8", "encoding: base64"]}},
    "js_get_msg_binary": {"error": {"codes": ["data_loss"], "mentions": ["UTF-8", "encoding: base64"]}},
    "auth_alias_nats_prefixed": {"result": {"value": "x"}},
    "auth_alias_no_url": {"result": {"value": "x"}},
    "auth_alias_unknown_falls_back": {"error": {"codes": ["unauthenticated"], "mentions": ["nope"]}},
    "auth_alias_overrides_step_fields": {"error": {"codes": ["unauthenticated"], "mentions": ["wrong"]}},
}


def wanted(case: Document) -> Document:
    if case["name"] in AS_RECORDED:
        was = case["python"]
        return {
            "state": was.get("state"),
            "result": {key: value for key, value in was["result"].items() if value is not None},
        }
    return DIFFERENT[case["name"]] if case["name"] in DIFFERENT else case["want"]


class Recorder:
    """Dispatches a case; keeps the whole document, of which a step sees only ``data`` where there is one."""

    def __init__(self, worker: Any, known: dict[str, Document]) -> None:
        self.as_list = False
        self.worker = worker
        self.known = known

    async def __call__(self, case: Document, tool: Document, given: Document) -> Document:
        from noetl.tools import nats as module

        ours = module.execute_nats_task
        seen: list[Document] = []

        async def execute_nats_task(*args: Any, **options: Any) -> Document:
            seen.append(await ours(*args, **options))
            return seen[-1]

        self.known.clear()
        self.known.update({name: json.loads(text) for name, text in (given["secrets"] or {}).items()})
        if "tool_auth" in case:
            tool = {**tool, "auth": case["tool_auth"]}
        module.execute_nats_task = execute_nats_task
        try:
            if self.as_list:
                tool = {**tool, "input": {"name": tool["name"]}} if "name" in tool else tool
                value = await dispatch_list(
                    self.worker, {k: v for k, v in tool.items() if k != "name"}, given["variables"] or {}
                )
            else:
                value = await dispatch(self.worker, tool)
        except Exception as problem:
            code = getattr(problem, "code", None)
            return {"status": "error", "error": {"code": code, "message": f"{type(problem).__name__}: {problem}"}}
        finally:
            module.execute_nats_task = ours
        assert value == seen[-1].get("data", seen[-1])
        return seen[-1]


@pytest.fixture(scope="module")
def recorder(worker: Any, credentials: Credentials) -> Recorder:
    return Recorder(worker, credentials.known)


@pytest.fixture(scope="module")
def replay(recorder: Recorder) -> Iterator[recorded.Replay]:
    replaying = recorded.Replay(recorder)
    yield replaying
    replaying.close()


# Not for this tool: another kind of step, features that only the Rust worker has, a mapping that NoETL's model refuses.
ELSEWHERE = re.compile("sub_|auth_password_is_secret_alias|auth_token_alias|kv_get_config_array")

# Templates of a step with one tool are rendered by NoETL's server, those of a list of tools by the worker.
CASES = [
    pytest.param(case, as_list, id=f"{case['name']}{' in a list' * as_list}")
    for case in recorded.load()
    if not ELSEWHERE.match(case["name"])
    for as_list in (False, True)
    if as_list or "template" not in case.get("needs", ())
]


@pytest.mark.parametrize(("case", "as_list"), CASES)
def test_recorded_cases(
    replay: recorded.Replay, recorder: Recorder, known: object, case: Document, as_list: bool
) -> None:
    recorder.as_list = as_list
    problems = replay.problems(case, wanted(case))
    assert not problems or case["want"]["level"] == "should"
    print(*problems)


@pytest.fixture
def bucket(server: Server) -> Document:
    """Where a step finds the bucket B, whose key k holds x."""
    place = {"url": server.url, "bucket": "B"}
    nn.run("kv_bucket_apply", place)
    nn.run("kv_put", {**place, "key": "k", "value": "x"})
    return {"nats_url": server.url, "bucket": "B"}


def get(bucket: Document, **more: Any) -> Document:
    return {"operation": "kv_get", **bucket, "key": "k", **more}


def put(bucket: Document, value: Any, **more: Any) -> Document:
    return {"operation": "kv_put", **bucket, "key": "k", "value": value, **more}


def stored(bucket: Document) -> Any:
    return nn.run("kv_get", {**bucket, "key": "k", "encoding": "text"})["value"]


def connections(server: Server) -> int:
    """Clients that the server has."""
    ports = json.loads(next(server.dir.glob("*.ports")).read_text())
    with urllib.request.urlopen(ports["monitoring"][0] + "/varz") as answer:
        found: int = json.load(answer)["connections"]
    return found


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


# The event loop ----------------------------------------------------------------------------------------------------------


async def ticks_during(work: Any) -> tuple[Any, int]:
    """The outcome, and how often the loop came round to another task meanwhile."""
    count = 0

    async def ticking() -> None:
        nonlocal count
        while True:
            await asyncio.sleep(0.001)
            count += 1

    ticker = asyncio.create_task(ticking())
    outcome = await work
    ticker.cancel()
    return outcome, count


def test_200_tasks_at_once_over_few_connections(worker: Any, server: Server, bucket: Document) -> None:
    async def both(number: int) -> Any:
        await dispatch(worker, put(bucket, {"n": number}, key=f"k{number}"))
        return await dispatch(worker, get(bucket, key=f"k{number}"))

    async def all_tasks() -> list[Any]:
        return await asyncio.gather(*(both(number) for number in range(200)))

    found, ticks = asyncio.run(ticks_during(all_tasks()))
    assert [each["value"] for each in found] == [{"n": number} for number in range(200)]
    assert ticks > 10
    assert connections(server) <= 2


def test_the_loop_goes_on_while_steps_wait(worker: Any, server: Server) -> None:
    place = {"url": server.url, "stream": "S"}
    nn.run("stream_apply", {**place, "config": {"subjects": ["s.>"]}})
    nn.run("consumer_apply", {**place, "consumer": "c"})
    tool = {"operation": "js_consume", "nats_url": server.url, "stream": "S", "consumer": "c", "timeout_ms": 500}

    async def waiting() -> list[Any]:
        return await asyncio.gather(*(dispatch(worker, tool) for _ in range(20)))

    begin = time.monotonic()
    found, ticks = asyncio.run(ticks_during(waiting()))
    assert [each["count"] for each in found] == [0] * 20
    assert time.monotonic() - begin < 20 * 0.5
    assert ticks > 50


def test_a_cancelled_task_ends_at_once(worker: Any, bucket: Document) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent:
        tool = get({**bucket, "nats_url": f"nats://127.0.0.1:{silent.getsockname()[1]}"}, connect_timeout_ms=1500)
        begin = time.monotonic()

        async def cancelled() -> float:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(dispatch(worker, tool), 0.1)
            return time.monotonic() - begin

        assert asyncio.run(cancelled()) < 1.4


# The hook ----------------------------------------------------------------------------------------------------------------

TWO_STEPS = """
import asyncio, json, sys
from noetl.worker.nats_worker import Worker
tool = json.loads(sys.argv[1])
worker = Worker("w", nats_url="nats://127.0.0.1:1", server_url="http://127.0.0.1:1")
async def steps():
    return [await worker._execute_tool("nats", tool, {}, "s", {}) for _ in range(2)]
print("RESULT", json.dumps(asyncio.run(steps())[1]))
"""


def program(text: str, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", text, *words]
    return subprocess.run(command, env=os.environ | env, capture_output=True, text=True, check=True, timeout=60)


def result_of(done: subprocess.CompletedProcess[str]) -> Document:
    found: Document = json.loads(done.stdout.partition("RESULT ")[2].splitlines()[0])
    return found


@pytest.mark.parametrize(
    ("module", "hook", "loaded"), [("core.dsl.render", "1", 0), ("worker", "1", 1), ("worker", "0", 0)]
)
def test_it_is_loaded_when_the_worker_is(module: str, hook: str, loaded: int) -> None:
    """Not at the first step, where an event loop would wait for it."""
    check = f"import json, sys, noetl.{module}; print('RESULT', json.dumps({{'loaded': 'noetl_nats' in sys.modules}}))"
    assert result_of(program(check, NOETL_NATS_HOOK=hook)) == {"loaded": bool(loaded)}


def test_every_name_of_the_tool_is_ours() -> None:
    import noetl.tools
    from noetl.tools.nats import execute_nats_task, executor

    assert noetl.tools.execute_nats_task is executor.execute_nats_task is execute_nats_task
    assert sys.modules["noetl.tools.nats"].__noetl_nats__


def test_turned_off_the_worker_uses_its_own_tool(
    worker: Any, bucket: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(worker, get(bucket))["created"] is not None
    monkeypatch.setenv("NOETL_NATS_HOOK", "0")
    assert run(worker, get(bucket))["created"] is None
    assert result_of(program(TWO_STEPS, json.dumps(get(bucket)), NOETL_NATS_HOOK="0"))["created"] is None


def test_a_broken_install_says_so_once_and_the_own_tool_serves(bucket: Document, tmp_path: Path) -> None:
    package = Path(nn.__file__).parent
    shutil.copytree(package, tmp_path / "noetl_nats", ignore=shutil.ignore_patterns("_core*", "__pycache__"))
    done = program(TWO_STEPS, json.dumps(get(bucket)), PYTHONPATH=str(tmp_path))
    assert result_of(done)["value"] == "x"
    assert result_of(done)["created"] is None
    assert done.stderr.count("noetl-nats does not work") == 1
