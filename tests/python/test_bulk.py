"""Publishing many messages and fetching batches with the Client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import noetl_nats as nn
from nats_server import Server, eventually


@pytest.fixture
def nats(server: Server) -> Iterator[nn.Client]:
    with nn.connect(server.url) as client:
        client.stream_apply("S", config={"subjects": ["s.>"]})
        client.consumer_apply("S", "c", config={"ack_policy": "explicit", "ack_wait": "30s"})
        yield client


def ack_pending(nats: nn.Client) -> int:
    return int(nats.consumer_info("S", "c")["num_ack_pending"])


# js_publish_many --------------------------------------------------------------------------------------------------------


def test_all_kinds_of_payloads(nats: nn.Client) -> None:
    result = nats.js_publish_many("s.a", [b"\x00\xff", "é", None, {"b": 1, "a": 2}, bytearray(b"x"), memoryview(b"y")])
    assert result.ok
    assert result.streams == ["S"]
    assert [message.data for message in nats.js_get_msgs("S")] == [
        b"\x00\xff",
        "é".encode(),
        b"",
        b'{"a":2,"b":1}',
        b"x",
        b"y",
    ]


def test_nothing_to_publish(nats: nn.Client) -> None:
    result = nats.js_publish_many("s.a", [])
    assert (result.ok, result.count, result.first_seq) == (True, 0, 0)


def test_a_subject_and_headers_for_each(nats: nn.Client) -> None:
    result = nats.js_publish_many(
        ["s.a", "s.b"], [b"1", b"2"], headers=[{"X": "1"}, None], msg_ids=["one", "two"], stream="S"
    )
    assert result.ok
    first, second = nats.js_get_msgs("S")
    assert (first.subject, first.headers["X"], first.headers["Nats-Msg-Id"]) == ("s.a", "1", "one")
    assert (second.subject, "X" in second.headers) == ("s.b", False)


def test_a_column_that_is_too_short_names_itself(nats: nn.Client) -> None:
    with pytest.raises(ValueError, match="msg_ids has fewer items"):
        nats.js_publish_many("s.a", [b"1", b"2"], msg_ids=["one"])


def test_a_generator_that_fails_raises_its_error(nats: nn.Client) -> None:
    def broken() -> Iterator[bytes]:
        yield b"1"
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        nats.js_publish_many("s.a", broken())


def test_refused_messages_are_named(nats: nn.Client) -> None:
    result = nats.js_publish_many(["s.a", "nobody.there", "s.a", "s b"], [b"0", b"1", b"2", b"3"])
    assert not result.ok
    assert result.count == 2
    (first, not_found), (second, invalid) = result.errors
    assert (first, second) == (1, 3)
    assert isinstance(not_found, nn.NotFoundError)
    assert isinstance(invalid, nn.InvalidArgumentError)
    with pytest.raises(nn.NotFoundError):
        result.raise_for_errors()


def test_duplicates_are_counted(nats: nn.Client) -> None:
    result = nats.js_publish_many("s.a", [b"x"] * 5, msg_ids=["a", "b", "a", "a", "c"])
    assert (result.ok, result.count, result.duplicates) == (True, 5, 2)
    assert nats.stream_info("S")["state"]["messages"] == 3


def test_made_ids_are_unique(nats: nn.Client) -> None:
    for _ in range(2):
        assert nats.js_publish_many("s.a", [b"x"] * 100, msg_ids=True).duplicates == 0
    assert nats.stream_info("S")["state"]["messages"] == 200


def test_a_message_that_is_too_large_is_refused_and_the_others_go_on(nats: nn.Client) -> None:
    result = nats.js_publish_many("s.a", [b"1", b"x" * (2 << 20), b"3"])
    assert result.count == 2
    ((index, error),) = result.errors
    assert index == 1
    assert isinstance(error, nn.ResourceExhaustedError)


def test_progress_is_told(nats: nn.Client) -> None:
    told: list[int] = []
    assert nats.js_publish_many("s.a", (b"x" for _ in range(5000)), progress=told.append).ok
    assert told == sorted(told)
    assert told[-1] == 5000


def test_atomic_and_fast(nats: nn.Client) -> None:
    nats.stream_apply("A", config={"subjects": ["a"], "allow_atomic": True})
    nats.stream_apply("F", config={"subjects": ["f"], "allow_batched": True})
    atomic = nats.js_publish_many("a", [b"x"] * 2500, mode="atomic")
    assert (atomic.ok, atomic.count, atomic.first_seq, atomic.last_seq) == (True, 2500, 1, 2500)
    fast = nats.js_publish_many("f", [b"x"] * 5000)
    assert (fast.ok, fast.count, fast.mode) == (True, 5000, "fast")
    slow = nats.js_publish_many("s.a", [b"x"] * 5000)
    assert (slow.ok, slow.mode) == (True, "window")
    assert "allow_batched" in slow.mode_reason


def test_bad_options_are_named(nats: nn.Client) -> None:
    with pytest.raises(nn.InvalidArgumentError, match="mode"):
        nats.js_publish_many("s.a", [b"1"], mode="quick")
    with pytest.raises(nn.InvalidArgumentError, match="window"):
        nats.js_publish_many("s.a", [b"1"], window=0)


# js_fetch ---------------------------------------------------------------------------------------------------------------


def test_a_batch_is_a_sequence(nats: nn.Client) -> None:
    nats.js_publish_many("s.a", [b"%d" % i for i in range(10)], headers={"X": "1"})
    batch = nats.js_fetch("S", "c", batch=10)
    assert len(batch) == 10
    assert [message.data for message in batch] == [b"%d" % i for i in range(10)]
    assert batch[-1].data == b"9"
    with pytest.raises(IndexError):
        _ = batch[10]
    message = batch[3]
    assert (message.subject, message.seq, message.num_delivered, message.num_pending) == ("s.a", 4, 1, 6)
    assert message.headers == {"X": "1"}
    assert (message.text, message.json()) == ("3", 3)
    assert message.timestamp > 1.7e9
    view = message.view
    del batch, message
    assert bytes(view) == b"3"  # it keeps the batch alive
    with pytest.raises(TypeError):
        view[0] = 1


def test_an_empty_stream_gives_an_empty_batch(nats: nn.Client) -> None:
    batch = nats.js_fetch("S", "c", timeout=0.1)
    assert (len(batch), list(batch), batch.num_pending, batch.ack_all()) == (0, [], 0, 0)


def test_a_message_is_settled_once(nats: nn.Client) -> None:
    nats.js_publish_many("s.a", [b"1", b"2", b"3", b"4"])
    batch = nats.js_fetch("S", "c", batch=4)
    batch[0].ack(confirm=True)
    batch[1].term("of no use")
    batch[1].ack()
    assert [message.is_settled for message in batch] == [True, True, False, False]
    assert batch.unsettled == 2
    assert batch.ack_all(confirm=True) == 2
    assert batch.ack_all() == 0
    assert ack_pending(nats) == 0


def test_nak_delivers_again(nats: nn.Client) -> None:
    nats.js_publish("s.a", b"1")
    nats.js_fetch("S", "c", batch=1)[0].nak()
    again = nats.js_fetch("S", "c", batch=1)[0]
    assert again.num_delivered == 2
    again.nak(delay=30)
    nats.flush()
    assert len(nats.js_fetch("S", "c", batch=1, timeout=0.2)) == 0


def test_work_in_progress_is_not_delivered_again(nats: nn.Client) -> None:
    nats.consumer_apply("S", "quick", config={"ack_policy": "explicit", "ack_wait": "1s"})
    nats.js_publish("s.a", b"1")
    with nats.js_fetch("S", "quick", batch=1).keep_in_progress(every=0.2) as batch:
        assert len(nats.js_fetch("S", "quick", batch=1, timeout=2.5)) == 0
        assert batch.unsettled == 1
    assert len(nats.js_fetch("S", "quick", batch=1, timeout=10)) == 1  # nobody works on it any more


def test_until(nats: nn.Client) -> None:
    nats.js_publish_many("s.a", [b"x"] * 30)
    batch = nats.js_fetch("S", "c", batch=100, until="caught_up", timeout=30)
    assert (len(batch), batch.reason) == (30, "caught_up")
    batch = nats.js_fetch("S", "c", batch=100, until="idle", idle=0.2, timeout=30)
    assert (len(batch), batch.reason) == (0, "idle")
    batch = nats.js_fetch("S", "c", batch=100, until="full", timeout=0.3)
    assert (len(batch), batch.reason) == (0, "time")
    nats.js_publish_many("s.a", [b"x"] * 5)
    batch = nats.js_fetch("S", "c", batch=5, until="full", timeout=30)
    assert (len(batch), batch.reason) == (5, "limit")
    with pytest.raises(nn.InvalidArgumentError, match="until"):
        nats.js_fetch("S", "c", until="done")


def test_failures_name_the_consumer(nats: nn.Client) -> None:
    with pytest.raises(nn.NotFoundError, match="consumer nope on stream S"):
        nats.js_fetch("S", "nope", timeout=1)


def test_a_batch_outlives_its_client(server: Server, nats: nn.Client) -> None:
    nats.js_publish("s.a", b"1")
    with nn.connect(server.url) as other:
        batch = other.js_fetch("S", "c", batch=1)
    assert batch[0].data == b"1"
    batch.ack_all(confirm=True)
    eventually(lambda: ack_pending(nats) == 0)


# js_get_msgs ------------------------------------------------------------------------------------------------------------


def test_a_range_of_a_stream(nats: nn.Client) -> None:
    nats.js_publish_many([f"s.{i % 2}" for i in range(2000)], [b"%d" % i for i in range(2000)])
    assert [message.seq for message in nats.js_get_msgs("S", seq=5, limit=3)] == [5, 6, 7]
    assert [message.seq for message in nats.js_get_msgs("S", "s.1", seq=5, up_to_seq=10)] == [6, 8, 10]
    assert len(nats.js_get_msgs("S", limit=5000)) == 2000
    assert nats.js_get_msgs("S", seq=3000) == []
    assert nats.js_get_msgs("S", limit=0) == []
    with pytest.raises(nn.NotFoundError):
        nats.js_get_msgs("NONE")
