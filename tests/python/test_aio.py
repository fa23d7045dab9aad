"""noetl_nats.aio: the client of an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
import uvloop

import noetl_nats as nn
import noetl_nats.aio
from nats_server import Server, running

Body = Callable[[nn.aio.Client], Awaitable[None]]


def with_client(server: Server, body: Body, **options: float) -> None:
    async def main() -> None:
        async with await nn.aio.connect(server.url, **options) as nats:
            await nats.kv_bucket_apply("B", history=5)
            await nats.stream_apply("S", config={"subjects": ["s.>"]})
            await body(nats)

    asyncio.run(main())


def test_connect_fails_where_nobody_listens() -> None:
    async def main() -> None:
        with pytest.raises(nn.UnavailableError):
            await nn.aio.connect("nats://127.0.0.1:1")

    asyncio.run(main())


def test_keys_and_values(server: Server) -> None:
    async def body(nats: nn.aio.Client) -> None:
        revision = await nats.kv_put("B", "k", {"b": 1})
        entry = await nats.kv_get("B", "k")
        assert entry is not None
        assert (entry.json(), entry.revision) == ({"b": 1}, revision)
        assert await nats.kv_get("B", "none") is None
        with pytest.raises(nn.AlreadyExistsError):
            await nats.kv_create("B", "k", b"2")
        with pytest.raises(nn.ConflictError):
            await nats.kv_update("B", "k", b"2", revision=revision + 7)
        assert await nats.kv_update("B", "k", b"2", revision=revision) > revision
        assert [each.value for each in await nats.kv_history("B", "k")] == [b'{"b":1}', b"2"]
        await nats.kv_put_many("B", {f"m{i}": b"%d" % i for i in range(200)})
        assert len(await nats.kv_keys("B", "m*")) == 0
        assert len(await nats.kv_keys("B")) == 201
        many = await nats.kv_get_many("B", [f"m{i}" for i in range(200)] + ["none"])
        assert {key: entry.value for key, entry in many.items()} == {f"m{i}": b"%d" % i for i in range(200)}

    with_client(server, body)


def test_messages(server: Server) -> None:
    async def body(nats: nn.aio.Client) -> None:
        ack = await nats.js_publish("s.a", b"\x00\xff", headers={"X": "1"}, msg_id="one")
        assert (ack.stream, ack.seq, ack.duplicate) == ("S", 1, False)
        assert (await nats.js_publish("s.a", b"", msg_id="one")).duplicate
        result = await nats.js_publish_many("s.b", [b"%d" % i for i in range(3000)])
        assert (result.ok, result.count, result.first_seq, result.last_seq) == (True, 3000, 2, 3001)
        await nats.consumer_apply("S", "c", config={"ack_policy": "explicit"})
        batch = await nats.js_fetch("S", "c", batch=1000)
        assert len(batch) == 1000
        assert (batch[0].data, batch[0].headers["X"]) == (b"\x00\xff", "1")
        assert batch.ack_all() == 1000
        await nats.flush()
        stored = await nats.js_get_msgs("S", "s.b", limit=10)
        assert [message.data for message in stored] == [b"%d" % i for i in range(10)]
        info = await nats.consumer_info("S", "c")
        assert info["num_ack_pending"] == 0

    with_client(server, body)


def test_messages_one_after_the_other_and_the_rest_goes_back(server: Server) -> None:
    async def body(nats: nn.aio.Client) -> None:
        await nats.js_publish_many("s.b", [b"%d" % i for i in range(300)])
        await nats.consumer_apply("S", "c", config={"ack_policy": "explicit"})
        seen = []
        messages = nats.js_messages("S", "c", batch=50)
        async for message in messages:
            seen.append(message.data)
            message.ack()
            if len(seen) == 120:
                break
        await messages.aclose()  # type: ignore[attr-defined]
        assert seen == [b"%d" % i for i in range(120)]
        batch = await nats.js_fetch("S", "c", batch=300, until="idle", idle=1, timeout=10)
        assert {message.data for message in batch} >= {b"%d" % i for i in range(150, 300)}

    with_client(server, body)


def test_requests(server: Server) -> None:
    async def body(nats: nn.aio.Client) -> None:
        with pytest.raises(nn.UnavailableError, match="nobody answers on nobody"):
            await nats.request("nobody.there", b"1")
        with pytest.raises(nn.InvalidArgumentError):
            await nats.request("a b", b"1")
        reply = await nats.request("$JS.API.INFO")
        assert b"account_info_response" in reply.data

    with_client(server, body)


def test_many_calls_use_no_threads(server: Server) -> None:
    async def body(nats: nn.aio.Client) -> None:
        await nats.kv_put("B", "k", b"v")
        before = threading.active_count()
        most = 0

        async def reader() -> None:
            nonlocal most
            for _ in range(10):
                assert await nats.kv_get("B", "k") is not None
                most = max(most, threading.active_count())

        await asyncio.gather(*(reader() for _ in range(200)))
        assert most == before

    with_client(server, body)


def test_a_cancelled_call_stops_and_the_others_go_on(server: Server) -> None:
    async def body(nats: nn.aio.Client) -> None:
        await nats.consumer_apply("S", "c", config={"ack_policy": "explicit"})
        waiting = [asyncio.ensure_future(nats.js_fetch("S", "c", timeout=60)) for _ in range(5)]
        await nats.kv_put("B", "k", b"v")
        for each in waiting:
            each.cancel()
        assert all(
            isinstance(each, asyncio.CancelledError) for each in await asyncio.gather(*waiting, return_exceptions=True)
        )
        entry = await nats.kv_get("B", "k")
        assert entry is not None
        on_a_worker = asyncio.ensure_future(nats.js_consume("S", "c", duration=60))
        await asyncio.wait([on_a_worker], timeout=0.2)
        on_a_worker.cancel()
        with pytest.raises((asyncio.CancelledError, nn.NatsError)):
            await on_a_worker

    with_client(server, body)


def test_a_timeout_is_an_error_of_its_own(server: Server) -> None:
    async def body(nats: nn.aio.Client) -> None:
        blocking = nn.connect(server.url)
        with blocking:
            await nats.consumer_apply("S", "c", config={"ack_policy": "explicit"})
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(nats.js_fetch("S", "c", timeout=60), 0.2)
            assert len(await nats.js_fetch("S", "c", timeout=0.2)) == 0

    with_client(server, body)


def test_watch(server: Server) -> None:
    async def body(nats: nn.aio.Client) -> None:
        await nats.kv_put_many("B", {f"k{i}": b"%d" % i for i in range(500)})
        async with nats.kv_watch("B", until="current") as watch:
            assert [entry.key async for entry in watch] == [f"k{i}" for i in range(500)]
        seen = []
        async with nats.kv_watch("B", updates_only=True) as watch:
            await nats.kv_put("B", "new", b"1")
            await nats.kv_delete("B", "new")
            async for entry in watch:
                seen.append((entry.key, entry.operation))
                if len(seen) == 2:
                    break
        assert seen == [("new", "put"), ("new", "delete")]

    with_client(server, body)


def test_an_unknown_method_is_an_attribute_error(server: Server) -> None:
    async def body(nats: nn.aio.Client) -> None:
        with pytest.raises(AttributeError):
            _ = nats.no_such_operation

    with_client(server, body)


def test_closing_ends_what_is_under_way(server: Server) -> None:
    async def main() -> None:
        nats = await nn.aio.connect(server.url)
        await nats.stream_apply("S", config={"subjects": ["s.>"]})
        await nats.consumer_apply("S", "c", config={"ack_policy": "explicit"})
        waiting = asyncio.ensure_future(nats.js_fetch("S", "c", timeout=60))
        await nats.kv_bucket_apply("B")
        await nats.close()
        await nats.close()
        with pytest.raises(nn.CancelledError):
            await waiting
        with pytest.raises(nn.FailedPreconditionError):
            await nats.kv_get("B", "k")

    asyncio.run(main())


def test_survives_a_restart_of_the_server() -> None:
    async def main() -> None:
        with running() as server:
            async with await nn.aio.connect(server.url, timeout=20) as nats:
                await nats.kv_bucket_apply("B")
                await nats.kv_put("B", "k", b"1")
                server.kill()
                server.start()
                for _ in range(50):  # what was in flight when the connection was lost is told so
                    try:
                        await nats.kv_put("B", "k", b"2")
                        break
                    except nn.UnavailableError:
                        continue
                entry = await nats.kv_get("B", "k")
                assert entry is not None
                assert entry.value == b"2"

    asyncio.run(main())


def test_uvloop(server: Server) -> None:
    async def main() -> None:
        async with await nn.aio.connect(server.url) as nats:
            await nats.kv_bucket_apply("B")
            assert await asyncio.gather(*(nats.kv_put("B", f"k{i}", b"v") for i in range(100)))
            assert len(await nats.kv_keys("B")) == 100

    loop = uvloop.new_event_loop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
