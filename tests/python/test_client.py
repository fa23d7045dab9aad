"""nn.connect and the Client."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

import noetl_nats as nn
from nats_server import JETSTREAM, Server, running

CLOSED = "nats://127.0.0.1:1"


@pytest.fixture
def nats(server: Server) -> Iterator[nn.Client]:
    with nn.connect(server.url) as client:
        client.kv_bucket_apply("B", history=5)
        client.stream_apply("S", config={"subjects": ["s.>"]})
        yield client


def test_connect_fails_at_once_where_nobody_listens() -> None:
    started = time.monotonic()
    with pytest.raises(nn.UnavailableError) as raised:
        nn.connect(CLOSED)
    assert time.monotonic() - started < 3
    assert "127.0.0.1:1" in raised.value.message
    assert raised.value.hint


def test_an_unknown_parameter_is_an_error_of_python() -> None:
    with pytest.raises(TypeError):
        nn.connect(CLOSED, pasword="x")  # type: ignore[call-arg]


def test_kv_entry(nats: nn.Client) -> None:
    revision = nats.kv_put("B", "k", b'{"n": 1}')
    entry = nats.kv_get("B", "k")
    assert entry is not None
    assert entry.key == "k"
    assert entry.value == b'{"n": 1}'
    assert entry.text == '{"n": 1}'
    assert entry.json() == {"n": 1}
    assert entry.revision == revision
    assert entry.operation == "put"
    assert entry.created.startswith("20")
    assert nats.kv_get("B", "none") is None


def test_kv_values_are_bytes_text_or_json(nats: nn.Client) -> None:
    for value, stored in (
        (b"\xff\x00", b"\xff\x00"),
        ("é", "é".encode()),
        ({"b": 1, "a": 2}, b'{"a":2,"b":1}'),
        (7, b"7"),
    ):
        nats.kv_put("B", "k", value)
        entry = nats.kv_get("B", "k")
        assert entry is not None
        assert entry.value == stored


def test_text_of_bytes_that_are_not_text(nats: nn.Client) -> None:
    nats.kv_put("B", "k", b"\xff")
    entry = nats.kv_get("B", "k")
    assert entry is not None
    with pytest.raises(UnicodeDecodeError):
        _ = entry.text


def test_compare_and_set(nats: nn.Client) -> None:
    first = nats.kv_create("B", "k", b"1")
    with pytest.raises(nn.AlreadyExistsError):
        nats.kv_create("B", "k", b"2")
    second = nats.kv_update("B", "k", b"2", revision=first)
    assert second > first
    with pytest.raises(nn.ConflictError) as raised:
        nats.kv_update("B", "k", b"3", revision=first)
    assert raised.value.code == "conflict"
    old = nats.kv_get("B", "k", revision=first)
    assert old is not None
    assert old.value == b"1"


def test_keys_and_history(nats: nn.Client) -> None:
    for key in ("a.1", "a.2", "b.1"):
        nats.kv_put("B", key, b"x")
    nats.kv_put("B", "a.1", b"y")
    nats.kv_delete("B", "a.1")
    assert sorted(nats.kv_keys("B")) == ["a.2", "b.1"]
    assert nats.kv_keys("B", "b.*") == ["b.1"]
    history = nats.kv_history("B", "a.1")
    assert [each.operation for each in history] == ["put", "put", "delete"]
    assert [each.value for each in history] == [b"x", b"y", b""]


def test_missing_bucket(nats: nn.Client) -> None:
    for attempt in (
        lambda: nats.kv_get("NONE", "k"),
        lambda: nats.kv_put("NONE", "k", b""),
        lambda: nats.kv_keys("NONE"),
    ):
        with pytest.raises(nn.NotFoundError, match="NONE"):
            attempt()


def test_publish_into_a_stream(nats: nn.Client) -> None:
    ack = nats.js_publish("s.a", b"\x00", headers={"X-A": "1"}, msg_id="m1")
    assert (ack.stream, ack.seq, ack.duplicate) == ("S", 1, False)
    assert nats.js_publish("s.a", b"\x00", msg_id="m1").duplicate
    with pytest.raises(nn.NotFoundError):
        nats.js_publish("nobody.takes.this", b"")
    with pytest.raises(nn.InvalidArgumentError):
        nats.js_publish("s.a b", b"")
    with pytest.raises(nn.InvalidArgumentError):
        nats.js_publish("s.a", b"", headers={"X A": "1"})
    with pytest.raises(nn.ConflictError):
        nats.js_publish("s.a", b"", expect_last_seq=99)


def test_request_and_reply(server: Server, nats: nn.Client) -> None:
    with pytest.raises(nn.UnavailableError):
        nats.request("nobody.listens", b"?")
    reply = nats.request("$JS.API.STREAM.NAMES", b"")
    assert b'"S"' in reply.data
    assert reply.subject
    assert isinstance(reply.headers, dict)


def test_core_publish_reaches_a_stream(nats: nn.Client) -> None:
    nats.publish("s.core", b"x", headers={"X-B": "2"})
    nats.flush()
    message = nats.js_get_msg("S", seq=1)
    assert message["data"] == "x"


def test_other_operations_are_methods_with_documents(nats: nn.Client) -> None:
    info = nats.stream_info("S")
    assert info["config"]["subjects"] == ["s.>"]
    assert nats.stream_apply("S", config={"subjects": ["s.>"]})["changed"] is False
    with pytest.raises(nn.NotFoundError):
        nats.stream_delete("NONE")


def test_timeouts_are_seconds(server: Server, nats: nn.Client) -> None:
    responder = nn.connect(server.url)
    started = time.monotonic()
    nats.stream_apply("Q", config={"subjects": ["q"], "no_ack": True})
    with pytest.raises((nn.DeadlineExceededError, nn.UnavailableError)):
        nats.request("q", b"", timeout=0.3)  # the stream takes it and never answers
    assert time.monotonic() - started < 2
    responder.close()


def test_every_operation_has_a_method() -> None:
    for name in nn.operations():
        assert callable(getattr(nn.Client, name)), name


def test_closed_client(server: Server) -> None:
    client = nn.connect(server.url)
    assert client.is_connected
    client.close()
    client.close()
    assert not client.is_connected
    with pytest.raises(nn.FailedPreconditionError, match="closed"):
        client.kv_get("B", "k")


def test_repr_names_the_server_only(server: Server) -> None:
    with nn.connect(server.url.replace("nats://", "nats://planted-user:planted-password@")) as client:
        assert repr(client) == f"<noetl_nats.Client {server.url}>"


def test_threads_share_a_client(nats: nn.Client) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for i in range(50):
                revision = nats.kv_put("B", f"t{number}", f"{i}")
                entry = nats.kv_get("B", f"t{number}", revision=revision)
                assert entry is not None
                assert entry.text == str(i)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(nats.kv_keys("B")) == 32


def test_a_client_survives_a_restart_of_the_server() -> None:
    with running(JETSTREAM) as server, nn.connect(server.url, timeout=10) as nats:
        nats.kv_bucket_apply("B")
        nats.kv_put("B", "k", b"1")
        server.kill()
        with pytest.raises(nn.NatsError) as raised:
            nats.kv_get("B", "k", timeout=1)
        assert raised.value.code in ("unavailable", "deadline_exceeded")
        server.start()
        until = time.monotonic() + 10
        while True:
            try:
                entry = nats.kv_get("B", "k")
                break
            except nn.NatsError:
                assert time.monotonic() < until
        assert entry is not None
        assert entry.value == b"1"
