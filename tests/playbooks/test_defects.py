"""What goes wrong with NoETL's own NATS tool, and does not here."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import nats
import nats.js
import noetl
import pytest

import noetl_nats as nn
from engine import NOETL, OURS, execute, result_of, to, written
from nats_server import Server, running

PROGRAMS = pytest.mark.parametrize("program", [NOETL, OURS], ids=["noetl run", "noetl-nats run"])
Params = dict[str, Any]


def stream(server: Server, name: str, **config: Any) -> Params:
    nn.run("stream_apply", {"url": server.url, "stream": name, "config": {"subjects": [f"{name.lower()}.>"], **config}})
    return {"url": server.url, "stream": name}


def fill(server: Server, subject: str, first: int, count: int) -> None:
    """By another client."""

    async def publish() -> None:
        client = await nats.connect(server.url)
        jetstream = client.jetstream()
        await asyncio.gather(*(jetstream.publish(subject, str(i).encode()) for i in range(first, first + count)))
        await client.close()

    asyncio.run(publish())


def settled(where: Params) -> tuple[int, int]:
    """Unacknowledged and undelivered messages."""
    info = nn.run("consumer_info", {**where, "consumer": "c"})
    return info["num_ack_pending"], info["num_pending"]


@pytest.mark.parametrize("door", ["run", "client"])
def test_acknowledged_for_certain(server: Server, door: str) -> None:
    """200 batches of 5, the state on the server looked at after each: none lost, none double, none pending."""
    where = stream(server, "WORK", retention="workqueue", storage="memory")
    nn.run("consumer_apply", {**where, "consumer": "c", "config": {"ack_wait": "30s"}})
    fill(server, "work.a", 0, 1000)
    seen: Counter[int] = Counter()
    with nn.connect(server.url) as client:
        for batch in range(200):
            params: Params = {"stream": "WORK", "consumer": "c", "batch": 5}
            result = nn.run("js_consume", {**where, **params}) if door == "run" else client.js_consume(**params)
            assert result["acked"] is True
            seen.update(message["data"] for message in result["messages"])
            assert settled(where) == (0, 1000 - 5 * (batch + 1))
    assert seen == Counter(range(1000))


def test_acknowledged_by_steps(server: Server, tmp_path: Path) -> None:
    """As a playbook does it: what a step has consumed never comes again, though the process ends at once."""
    where = stream(server, "WORK")
    nn.run("consumer_apply", {**where, "consumer": "c", "config": {"ack_wait": "1s"}})
    fill(server, "work.a", 0, 200)
    tool = {"kind": "nats", **where, "operation": "js_consume", "consumer": "c", "batch": 4}
    loop = {"in": list(range(10)), "iterator": "i"}
    path = written(
        tmp_path,
        [
            {"step": "take", "tool": tool, "loop": loop},
        ],
    )
    seen: Counter[int] = Counter()
    for _ in range(5):
        for result in result_of(noetl.run(path), "take")["results"]:
            assert result["acked"] is True
            seen.update(message["data"] for message in result["messages"])
    assert seen == Counter(range(200))
    assert settled(where) == (0, 0)


def test_many_consumers_share_without_doubles(server: Server, tmp_path: Path) -> None:
    where = stream(server, "WORK")
    nn.run("consumer_apply", {**where, "consumer": "c"})
    fill(server, "work.a", 0, 60)
    steps = [
        {"step": "take", "tool": {"kind": "nats", **where, "operation": "js_consume", "consumer": "c", "batch": 20}}
    ]
    path = str(written(tmp_path, steps))
    outcomes = asyncio.run(side_by_side([[*NOETL, path, "--json"]] * 4, tmp_path))
    seen = Counter(message["data"] for outcome in outcomes for message in result_of(outcome, "take")["messages"])
    assert seen == Counter(range(60))
    assert settled(where) == (0, 0)


async def side_by_side(commands: list[list[str]], cwd: Path) -> list[Any]:
    done = await asyncio.gather(*(asyncio.to_thread(execute, words, cwd) for words in commands))
    assert [each.returncode for each in done] == [0] * len(commands)
    return [json.loads(each.stdout) for each in done]


HEADERS = [
    ({"a b": "x"}, "a b"),
    ({"a:b": "x"}, "a:b"),
    ({"": "x"}, "''"),
    ({"é": "x"}, "é"),
    ({"a\nb": "x"}, "line end"),
    ({"a": "x\ny"}, "line end"),
    ({"a": "x\r\nInjected: 1"}, "carriage return"),
    ({"a": "x\r"}, "carriage return"),
    ({"a": ["ok", "x\ny"]}, "line end"),
]


@pytest.mark.parametrize("operation", ["publish", "js_publish", "request"])
@pytest.mark.parametrize(("headers", "says"), HEADERS)
def test_bad_headers_are_refused(worker_server: Server, operation: str, headers: Params, says: str) -> None:
    data = "data" if operation == "js_publish" else "payload"
    params = {"url": worker_server.url, "subject": "h.x", data: "p", "headers": headers}
    with pytest.raises(nn.InvalidArgumentError) as raised:
        nn.run(operation, params)
    assert says in raised.value.message
    assert "headers" in raised.value.message


def test_a_header_with_line_ends_from_a_result(worker_server: Server, tmp_path: Path) -> None:
    tool = {"kind": "nats", "url": worker_server.url, "operation": "publish", "subject": "h.x", "payload": "p"}
    steps = [
        {"step": "make", "tool": {"kind": "shell", "cmds": ["printf 'x\\ny: z'"]}, "next": to("send")},
        {"step": "send", "tool": {**tool, "headers": {"X-Name": "{{ make.result }}"}}},
    ]
    with pytest.raises(RuntimeError, match=r"step 'send': publish: headers\.X-Name: .*line end"):
        noetl.run(written(tmp_path, steps))


BINARY = [b"\xff\xfe\x00", bytes(range(256)), b"\x80", b"ok\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x00"]


@pytest.mark.parametrize("data", BINARY)
def test_bytes_that_are_no_text(server: Server, tmp_path: Path, data: bytes) -> None:
    """Read as base64, handed on by templates, written back as the same bytes: key-value, stream, object."""

    async def other(read: bool) -> list[bytes]:
        client = await nats.connect(server.url)
        jetstream = client.jetstream()
        if not read:
            bucket = await jetstream.create_key_value(nats.js.api.KeyValueConfig(bucket="B"))
            objects = await jetstream.create_object_store("O")
            await jetstream.add_stream(name="S", subjects=["s.*"])
            await bucket.put("in", data)
            await objects.put("in", data)
            await jetstream.publish("s.in", data)
            await client.close()
            return []
        bucket, objects = await jetstream.key_value("B"), await jetstream.object_store("O")
        message = await jetstream.get_last_msg("S", "s.out")
        found = [(await bucket.get("out")).value, (await objects.get("out")).data, message.data]
        await client.close()
        return [each or b"" for each in found]

    asyncio.run(other(False))
    kv, object_, js = (
        {"kind": "nats", "url": server.url, **more} for more in ({"bucket": "B"}, {"bucket": "O"}, {"stream": "S"})
    )
    tools = [
        {**kv, "operation": "kv_get", "key": "in"},
        {**kv, "operation": "kv_put", "key": "out", "value": "{{ s0.value }}", "encoding": "{{ s0.encoding }}"},
        {**object_, "operation": "object_get", "name": "in"},
        {**object_, "operation": "object_put", "name": "out", "data": "{{ s2.data }}", "encoding": "{{ s2.encoding }}"},
        {**js, "operation": "js_get_msg", "subject": "s.in"},
        {**js, "operation": "js_publish", "subject": "s.out", "data": "{{ s4.data }}", "encoding": "{{ s4.encoding }}"},
    ]
    steps = [
        {"step": f"s{i}", "tool": tool} | ({"next": to(f"s{i + 1}")} if i < 5 else {}) for i, tool in enumerate(tools)
    ]
    outcome = noetl.run(written(tmp_path, steps))
    got = result_of(outcome, "s0")
    if got["encoding"] == "base64":
        assert base64.b64decode(got["value"], validate=True) == data
    else:
        assert got["value"].encode() == data  # NUL is a character
    assert asyncio.run(other(True)) == [data] * 3


@pytest.mark.parametrize("operation", ["publish", "js_publish", "request", "kv_put"])
def test_an_oversized_payload_is_named_at_once(operation: str, tmp_path: Path) -> None:
    """The server would close the connection; a client that tries again would do so until its deadline."""
    with running("jetstream {max_mem: 64MB, max_file: 64MB}\nmax_payload: 4096") as server:
        nn.run("kv_bucket_apply", {"url": server.url, "bucket": "B"})
        stream(server, "S")
        where = {"bucket": "B", "key": "k"} if operation == "kv_put" else {"subject": "s.x"}
        field = {"kv_put": "value", "js_publish": "data"}.get(operation, "payload")
        tool = {"kind": "nats", "url": server.url, "operation": operation, "timeout_ms": 60_000}
        path = written(tmp_path, [{"step": "send", "tool": {**tool, **where, field: "x" * 5000}}])
        started = time.monotonic()
        with pytest.raises(RuntimeError) as raised:
            noetl.run(path)
        assert time.monotonic() - started < 20
        text = str(raised.value)
        assert "4096" in text or "4 KiB" in text
        assert "500" in text or "4.9 KiB" in text
        assert "payload" in text or "large" in text or "bytes" in text


@pytest.mark.parametrize("field", ["vlaue", "Value", "val", "data", "payload", "values"])
def test_a_misspelt_value_writes_nothing(server: Server, tmp_path: Path, field: str) -> None:
    where = {"url": server.url, "bucket": "B", "key": "k"}
    nn.run("kv_bucket_apply", {"url": server.url, "bucket": "B"})
    nn.run("kv_put", {**where, "value": "before"})
    with pytest.raises(RuntimeError) as raised:
        noetl.run(
            written(tmp_path, [{"step": "put", "tool": {"kind": "nats", "operation": "kv_put", **where, field: "x"}}])
        )
    assert field in str(raised.value)
    assert "value" in str(raised.value)
    got = nn.run("kv_get", where)
    assert (got["value"], got["revision"]) == ("before", 1)


@pytest.mark.parametrize("value", ["{{ nope }}", "{{ workload.nope }}", "{{ nope.deeper }}"])
def test_an_undefined_value_is_null_and_not_the_template(server: Server, tmp_path: Path, value: str) -> None:
    where = {"url": server.url, "bucket": "B", "key": "k"}
    nn.run("kv_bucket_apply", {"url": server.url, "bucket": "B"})
    nn.run("kv_put", {**where, "value": "before"})
    path = written(
        tmp_path, [{"step": "put", "tool": {"kind": "nats", "operation": "kv_put", **where, "value": value}}]
    )
    with pytest.raises(RuntimeError, match=r"step 'put': .*value"):
        noetl.run(path)
    assert nn.run("kv_get", where)["value"] == "before"


@pytest.mark.parametrize("lost", ["first", "middle", "last", "all"])
@pytest.mark.parametrize("into", ["result", "file"])
def test_an_object_with_missing_chunks_is_data_loss(server: Server, tmp_path: Path, lost: str, into: str) -> None:
    where = {"url": server.url, "bucket": "O"}
    nn.run("object_bucket_apply", where)
    nn.run("object_put", {**where, "name": "o", "data": "x" * 5000, "chunk_size": 1000})

    async def lose() -> None:
        client = await nats.connect(server.url)
        jetstream = client.jetstream()
        numbers = {"first": [1], "middle": [3], "last": [5], "all": [1, 2, 3, 4, 5]}[lost]
        for number in numbers:
            await jetstream.delete_msg("OBJ_O", number)
        await client.close()

    asyncio.run(lose())
    target = tmp_path / "target"
    target.write_text("before")
    params = {**where, "name": "o", "timeout_ms": 2000} | ({"file": str(target)} if into == "file" else {})
    started = time.monotonic()
    result = nn.call("object_get", params)
    assert result["error"]["code"] == "data_loss", result
    assert time.monotonic() - started < 10
    assert target.read_text() == "before"
    with pytest.raises(RuntimeError, match=r"step 'get': .*chunks are missing"):
        noetl.run(written(tmp_path, [{"step": "get", "tool": {"kind": "nats", "operation": "object_get", **params}}]))


SECRET = "s3cr3t+pa%2Fss"
LOCKED = 'authorization {user: u, password: "right"}\n'


@PROGRAMS
@pytest.mark.parametrize("options", [[], ["--json"], ["-v"]], ids=["plain", "json", "verbose"])
@pytest.mark.parametrize("server_is", ["closed", "locked", "open"])
def test_a_password_in_a_url_is_never_printed(
    tmp_path: Path, program: list[str], options: list[str], server_is: str
) -> None:
    with running(LOCKED if server_is == "locked" else "") as server:
        port = 1 if server_is == "closed" else server.port
        tool = {"kind": "nats", "operation": "ping", "url": f"nats://u:{SECRET}@127.0.0.1:{port}"}
        steps = [
            {"step": "ping", "tool": tool, "next": to("show")},
            {"step": "show", "tool": {"kind": "shell", "cmds": ["echo '{{ ping.result }}'"]}},
        ]
        done = execute([*program, str(written(tmp_path, steps)), *options], tmp_path)
    assert (done.returncode == 0) == (server_is == "open"), done.stderr
    for part in ("s3cr3t", "pa%2Fss", "pa/ss"):
        assert part not in done.stdout + done.stderr


@PROGRAMS
def test_a_password_from_a_variable_is_never_printed(tmp_path: Path, program: list[str]) -> None:
    tool = {"kind": "nats", "operation": "ping", "url": "{{ workload.url }}"}
    path = str(written(tmp_path, [{"step": "ping", "tool": tool}]))
    done = execute([*program, path, "--json", "--set", f"url=nats://u:{SECRET}@127.0.0.1:1"], tmp_path)
    assert done.returncode == 1
    assert "127.0.0.1:1" in done.stderr
    assert "s3cr3t" not in done.stdout + done.stderr


def test_a_password_in_a_url_from_python(tmp_path: Path) -> None:
    tool = {"kind": "nats", "operation": "ping", "url": f"nats://u:{SECRET}@127.0.0.1:1"}
    with pytest.raises(RuntimeError) as raised:
        noetl.run(written(tmp_path, [{"step": "ping", "tool": tool}]))
    assert "s3cr3t" not in str(raised.value)
