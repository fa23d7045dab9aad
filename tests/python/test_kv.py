"""Many keys at once, watches and caches of the Client."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

import noetl_nats as nn
from nats_server import Server, eventually, running


@pytest.fixture
def nats(server: Server) -> Iterator[nn.Client]:
    with nn.connect(server.url, timeout=10) as client:
        client.kv_bucket_apply("B", history=5)
        yield client


def consumers(nats: nn.Client) -> int:
    count: int = nats.stream_info("KV_B")["state"]["consumer_count"]
    return count


def test_get_many_gives_what_is_there(nats: nn.Client) -> None:
    for key in ("a", "b", "c"):
        nats.kv_put("B", key, f"value of {key}")
    nats.kv_delete("B", "c")
    found = nats.kv_get_many("B", iter(["b", "nope", "a", "c", "a"]))
    assert {key: entry.text for key, entry in found.items()} == {"a": "value of a", "b": "value of b"}
    assert found["a"].key == "a"
    assert nats.kv_get_many("B", ["a"], consistent=True)["a"].revision == found["a"].revision
    assert nats.kv_get_many("B", []) == {}
    with pytest.raises(nn.NotFoundError):
        nats.kv_get_many("missing", ["a"])


def test_put_many_takes_mappings_and_pairs(nats: nn.Client) -> None:
    written = nats.kv_put_many("B", {"a": b"\xff\x00", "b": "é", "c": {"n": 1}})
    found = nats.kv_get_many("B", written)
    assert {key: entry.value for key, entry in found.items()} == {"a": b"\xff\x00", "b": "é".encode(), "c": b'{"n":1}'}
    assert {key: entry.revision for key, entry in found.items()} == written
    again = nats.kv_put_many("B", ((f"n.{i}", b"x") for i in range(3000)))
    assert list(again.values()) == list(range(4, 3004))


def test_put_many_is_never_fine_when_one_failed(nats: nn.Client) -> None:
    nats.kv_put("B", "there", "x")
    with pytest.raises(nn.ConflictError) as raised:
        nats.kv_put_many("B", {"a": "1", "there": "2", "b": "3"}, revisions={"there": 0, "b": 0})
    assert raised.value.details["revisions"].keys() == {"a", "b"}
    assert [each["key"] for each in raised.value.details["errors"]] == ["there"]
    assert raised.value.maybe_applied
    assert "1 of 3 keys were not written" in raised.value.message
    assert nats.kv_get_many("B", ["there", "a"])["there"].text == "x"


def test_put_many_with_a_ttl_that_cannot_work(nats: nn.Client) -> None:
    with pytest.raises(nn.FailedPreconditionError):
        nats.kv_put_many("B", {"a": "1"}, ttl=5)
    assert nats.kv_keys("B") == []


def test_keys_stop_at_the_limit(nats: nn.Client) -> None:
    nats.kv_put_many("B", dict.fromkeys(("a", "b.1", "b.2", "c"), "x"))
    assert nats.kv_keys("B") == ["a", "b.1", "b.2", "c"]
    assert nats.kv_keys("B", limit=2) == ["a", "b.1"]
    assert nats.kv_keys("B", ["b.*", "c"], limit=5) == ["b.1", "b.2", "c"]


def test_watch_tells_puts_deletes_and_purges_apart(nats: nn.Client) -> None:
    nats.kv_put("B", "a", "1")
    with nats.kv_watch("B") as watch:
        first = next(watch)
        assert (first.key, first.text, first.operation) == ("a", "1", "put")
        assert watch.is_current
        nats.kv_put("B", "b", "2")
        nats.kv_delete("B", "b")
        nats.kv_purge("B", "a")
        told = [next(watch) for _ in range(3)]
        assert [(each.key, each.operation) for each in told] == [("b", "put"), ("b", "delete"), ("a", "purge")]
        assert watch.last_revision == told[-1].revision
        assert watch.next(timeout=0.01) is None
    assert list(watch) == []
    eventually(lambda: consumers(nats) == 0, what="the consumer of the watch is gone")


def test_watch_is_bounded(nats: nn.Client) -> None:
    nats.kv_put_many("B", {f"k.{i}": "x" for i in range(10)})
    assert len(list(nats.kv_watch("B", until="current"))) == 10
    assert [each.key for each in nats.kv_watch("B", max_updates=3)] == ["k.0", "k.1", "k.2"]
    assert len(list(nats.kv_watch("B", idle=0.05))) == 10
    assert len(list(nats.kv_watch("B", duration=0.2))) == 10
    assert [each.key for each in nats.kv_watch("B", ["k.1", "k.2"], until="current", meta_only=True)] == ["k.1", "k.2"]
    assert list(nats.kv_watch("B", updates_only=True, until="current")) == []
    assert [each.revision for each in nats.kv_watch("B", from_revision=8, until="current")] == [9, 10]
    with pytest.raises(nn.InvalidArgumentError):
        nats.kv_watch("B", updates_only=True, from_revision=8)
    with pytest.raises(ValueError, match="current"):
        nats.kv_watch("B", until="tomorrow")  # type: ignore[arg-type]


def test_watch_with_history(nats: nn.Client) -> None:
    for value in ("1", "2", "3"):
        nats.kv_put("B", "a", value)
    assert [each.text for each in nats.kv_watch("B", include_history=True, until="current")] == ["1", "2", "3"]
    assert [each.text for each in nats.kv_watch("B", until="current")] == ["3"]


def test_watch_waits_for_the_next_update(nats: nn.Client, server: Server) -> None:
    with nats.kv_watch("B", updates_only=True) as watch, nn.connect(server.url) as other:
        told: list[str] = []
        thread = threading.Thread(target=lambda: told.extend(next(watch).key for _ in range(100)))
        thread.start()
        for i in range(100):
            other.kv_put("B", f"k.{i}", b"x")
        thread.join(20)
        assert told == [f"k.{i}" for i in range(100)]


def test_ctrl_c_ends_the_wait_of_a_watch(nats: nn.Client) -> None:
    with nats.kv_watch("B") as watch:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            next(watch)
        nats.kv_put("B", "a", "1")
        assert next(watch).key == "a"


def test_cache_follows_the_bucket(nats: nn.Client) -> None:
    nats.kv_put_many("B", {"a": "1", "b": "2"})
    with nats.kv_cache("B") as cache:
        assert cache["a"].text == "1"
        assert len(cache) == 2
        assert sorted(cache) == ["a", "b"]
        assert "nope" not in cache
        assert cache.get("nope") is None
        assert cache.get("nope", 7) == 7
        with pytest.raises(KeyError):
            cache["nope"]
        old = cache["a"]
        revision = nats.kv_put("B", "a", "new")
        nats.kv_delete("B", "b")
        eventually(lambda: cache.last_revision == revision + 1, what="the cache has seen the delete")
        assert cache["a"].text == "new"
        assert old.text == "1"
        assert "b" not in cache
        assert not cache.is_stale
    assert cache.is_stale
    assert cache["a"].text == "new"
    eventually(lambda: consumers(nats) == 0, what="the consumer of the cache is gone")


def test_cache_says_when_its_bucket_is_gone(nats: nn.Client) -> None:
    with nats.kv_cache("B") as cache:
        cache.check()
        nats.kv_bucket_delete("B")
        eventually(lambda: cache.is_stale, what="the cache knows that it is stale")
        with pytest.raises(nn.NotFoundError):
            cache.check()


def test_a_cache_that_is_open_at_exit_hurts_nobody(nats: nn.Client, server: Server) -> None:
    code = f"""
import noetl_nats as nn
client = nn.connect({server.url!r})
cache = client.kv_cache("B")
watch = client.kv_watch("B")
print(len(cache))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")


def test_watch_survives_a_restart_of_the_server() -> None:
    with running() as server, nn.connect(server.url, timeout=10) as nats:
        nats.kv_bucket_apply("B")
        with nats.kv_watch("B", updates_only=True) as watch:
            nats.kv_put("B", "a", "1")
            assert next(watch).key == "a"
            server.kill()
            server.start()
            with nn.connect(server.url) as other:
                other.kv_put_many("B", {"b": "2", "c": "3"})
            assert [next(watch).key, next(watch).key] == ["b", "c"]
