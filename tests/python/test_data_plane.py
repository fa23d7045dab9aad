"""Bulk publish and fetch lose nothing when a server or a process is killed; one client serves many threads and tasks.

The issue's sizes take minutes: NOETL_NATS_TEST_MESSAGES=200000 NOETL_NATS_TEST_ROUNDS=20 NOETL_NATS_TEST_CALLS=1000000.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import noetl_nats as nn
import noetl_nats.aio
from nats_server import Server, eventually
from raw_client import RawClient

MESSAGES = int(os.environ.get("NOETL_NATS_TEST_MESSAGES", "20000"))
ROUNDS = int(os.environ.get("NOETL_NATS_TEST_ROUNDS", "2"))
CALLS = int(os.environ.get("NOETL_NATS_TEST_CALLS", "20000"))
SEED = random.SystemRandom().randrange(1 << 32)


def opened(server: Server) -> Any:
    """A client; Any, since its bulk methods are younger than this file."""
    return nn.connect(server.url, timeout=60)


def contents(server: Server, stream: str) -> list[bytes]:
    """The payloads that the stream holds, read by another client."""
    with RawClient(server.port) as raw:
        return [payload for _, payload in raw.stored(stream)]


class Restart:
    """kill -9 and restart of a server, from another thread, when the publisher has come to a message."""

    def __init__(self, server: Server, at: int) -> None:
        self._server, self._at = server, at
        self._reached = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self._reached.wait()
        self._server.kill()
        self._server.start()

    def watch(self, count: int) -> Iterator[bytes]:
        """The payloads: the number of each message."""
        for number in range(count):
            if number == self._at:
                self._reached.set()
            yield b"%d" % number

    def join(self) -> None:
        self._reached.set()  # also when the publisher did not get there
        self._thread.join()


class Fate:
    """What a result says of each message, by its number."""

    def __init__(self, result: Any, count: int) -> None:
        self.refused = {index for index, _ in result.errors}
        self.unknown = set(result.unknown)
        sent = range(count if result.not_sent is None else result.not_sent)
        self.acknowledged = set(sent) - self.refused - self.unknown
        assert not self.refused & self.unknown
        assert (self.refused | self.unknown) <= set(sent)
        assert result.count == len(self.acknowledged)


@pytest.mark.parametrize("with_ids", [True, False], ids=["message ids", "no ids"])
@pytest.mark.parametrize("round_", range(ROUNDS))
def test_kill_of_the_server_while_many_are_published(server: Server, with_ids: bool, round_: int) -> None:
    at = random.Random(SEED + round_).randrange(MESSAGES // 10, MESSAGES * 9 // 10)
    ids = (f"id-{number}" for number in range(MESSAGES)) if with_ids else None
    with opened(server) as nats:
        nats.stream_apply("S", config={"subjects": ["s"]})
        restart = Restart(server, at)
        try:
            result = nats.js_publish_many("s", restart.watch(MESSAGES), msg_ids=ids)
        finally:
            restart.join()
    stored = Counter(int(payload) for payload in contents(server, "S"))
    fate = Fate(result, MESSAGES)
    where = f"killed at {at} of {MESSAGES}: {result}"
    assert not fate.acknowledged - set(stored), f"acknowledged and lost; {where}"
    assert not set(stored) - fate.acknowledged - fate.unknown, f"stored and not reported; {where}"
    twice = {number for number, times in stored.items() if times > 1}
    assert not twice - (set() if with_ids else fate.unknown), f"stored twice; {where}"


def test_what_was_not_acknowledged_can_be_published_again(server: Server) -> None:
    """With message ids the whole list may be sent again: every message is stored once."""
    payloads = [b"%d" % number for number in range(MESSAGES)]
    ids = [f"id-{number}" for number in range(MESSAGES)]
    with opened(server) as nats:
        nats.stream_apply("S", config={"subjects": ["s"]})
        restart = Restart(server, MESSAGES // 2)
        try:
            nats.js_publish_many("s", restart.watch(MESSAGES), msg_ids=iter(ids))
        finally:
            restart.join()
        again = nats.js_publish_many("s", payloads, msg_ids=ids)
    assert again.count == MESSAGES
    assert not again.errors
    assert not again.unknown
    stored = Counter(contents(server, "S"))
    assert stored == Counter(payloads)


# Says which messages it is about to acknowledge, a line a batch, and "done" after the server has read the acknowledgements.
CONSUMER = """
import sys
import noetl_nats as nn
with nn.connect(sys.argv[1], timeout=60) as nats:
    while True:
        batch = nats.js_fetch("S", "c", batch=100, timeout=10)
        print(*(message.seq for message in batch), flush=True)
        batch.ack_all()
        nats.flush()
        print("done", flush=True)
"""


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_kill_of_a_consumer_in_the_middle(server: Server, round_: int) -> None:
    with opened(server) as nats, RawClient(server.port) as raw:
        nats.stream_apply("S", config={"subjects": ["s"]})
        nats.consumer_apply("S", "c", config={"ack_policy": "explicit", "ack_wait": "2s", "max_ack_pending": -1})
        assert nats.js_publish_many("s", (b"%d" % number for number in range(MESSAGES))).ok

        acknowledged: set[int] = set()
        announced: set[int] = set()  # of the last batch: acknowledged or not, nobody can say

        def read(line: str) -> None:
            nonlocal announced
            if line == "done\n":
                acknowledged.update(announced)
                announced = set()
            elif line.endswith("\n"):  # else it was cut off, before anything of it was acknowledged
                announced = {int(word) for word in line.split()}

        with subprocess.Popen([sys.executable, "-c", CONSUMER, server.url], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            try:
                until = random.Random(SEED + round_).randrange(MESSAGES // 10, MESSAGES * 9 // 10)
                while len(acknowledged) < until:
                    line = child.stdout.readline()
                    assert line, f"the consumer has ended after {len(acknowledged)} messages"
                    read(line)
            finally:
                child.send_signal(signal.SIGKILL)
            for line in child.stdout:
                read(line)

        later: list[int] = []

        def all_done() -> bool:
            batch = nats.js_fetch("S", "c", batch=1000, timeout=1)
            batch.ack_all()
            later.extend(message.seq for message in batch)
            info = raw.must("CONSUMER.INFO.S.c")
            return (info["num_pending"], info["num_ack_pending"]) == (0, 0)

        eventually(all_done, within=60, what="all messages are acknowledged")
    assert not acknowledged & set(later), "acknowledged and delivered again"
    lost = set(range(1, MESSAGES + 1)) - acknowledged - set(later)
    assert lost <= announced, "neither acknowledged nor delivered again"


def test_thirty_two_threads_on_one_client(server: Server) -> None:
    turns = max(10, CALLS // (32 * 3))
    with opened(server) as nats:
        nats.kv_bucket_apply("B")
        nats.stream_apply("S", config={"subjects": ["s.>"]})

        def work(thread: int) -> list[int]:
            seqs = []
            for turn in range(turns):
                value = b"%d-%d" % (thread, turn)
                nats.kv_put("B", f"k{thread}", value)
                entry = nats.kv_get("B", f"k{thread}")
                assert entry is not None
                assert entry.value == value
                seqs.append(nats.js_publish(f"s.{thread}", value).seq)
            return seqs

        with ThreadPoolExecutor(32) as pool:
            every = list(pool.map(work, range(32)))
    assert sorted(seq for seqs in every for seq in seqs) == list(range(1, 32 * turns + 1))
    for seqs in every:
        assert seqs == sorted(seqs), "messages of one thread keep their order"


def test_bulk_and_single_calls_at_once_on_one_client(server: Server) -> None:
    with opened(server) as nats:
        nats.kv_bucket_apply("B")
        for thread in range(8):
            nats.stream_apply(f"S{thread}", config={"subjects": [f"s{thread}"]})
            nats.consumer_apply(f"S{thread}", "c", config={"ack_policy": "explicit", "max_ack_pending": -1})

        def bulk(thread: int) -> int:
            payloads = [b"%d" % number for number in range(2000)]
            assert nats.js_publish_many(f"s{thread}", payloads).count == 2000
            got: list[bytes] = []
            while len(got) < 2000:
                batch = nats.js_fetch(f"S{thread}", "c", batch=500, timeout=30)
                assert len(batch), f"nothing more after {len(got)} messages"
                got += [bytes(message.data) for message in batch]
                batch.ack_all()
            assert got == payloads
            return len(got)

        def single(thread: int) -> int:
            for turn in range(200):
                nats.kv_put("B", f"k{thread}", b"%d" % turn)
                assert nats.kv_get_many("B", [f"k{thread}"])[f"k{thread}"].value == b"%d" % turn
            return 200

        with ThreadPoolExecutor(16) as pool:
            bulks = [pool.submit(bulk, thread) for thread in range(8)]
            singles = [pool.submit(single, thread) for thread in range(8)]
            assert [each.result() for each in bulks] == [2000] * 8
            assert [each.result() for each in singles] == [200] * 8


def test_a_thousand_tasks_on_one_client(server: Server) -> None:
    turns = max(2, CALLS // 2000)

    async def work(nats: Any, task: int) -> None:
        for turn in range(turns):
            value = b"%d-%d" % (task, turn)
            await nats.kv_put("B", f"k{task}", value)
            assert (await nats.kv_get("B", f"k{task}")).value == value

    async def everyone() -> None:
        nats = await nn.aio.connect(server.url)
        try:
            await asyncio.gather(*(work(nats, task) for task in range(1000)))
        finally:
            await nats.close()

    nn.run("kv_bucket_apply", {"url": server.url, "bucket": "B"})
    asyncio.run(everyone())


# Memory after `calls` calls less memory after a tenth of them; the first calls fill caches and the allocator.
GROWTH = """
import os, sys
import noetl_nats as nn
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
url, calls = sys.argv[1], int(sys.argv[2])
with nn.connect(url) as nats:
    def turn(number):
        nats.kv_put("B", f"k{number % 100}", b"x" * 100)
        nats.kv_get("B", f"k{number % 100}")
        nats.js_publish("s", b"x" * 100)
        nats.kv_get("B", "none")
    for number in range(calls // 4 // 10):
        turn(number)
    before = resident()
    for number in range(calls // 4 * 9 // 10):
        turn(number)
    print(resident() - before)
"""


def test_memory_stays_flat_over_many_calls(server: Server) -> None:
    nn.run("kv_bucket_apply", {"url": server.url, "bucket": "B"})
    nn.run("stream_apply", {"url": server.url, "stream": "S", "config": {"subjects": ["s"], "max_msgs": 1000}})
    command = [sys.executable, "-c", GROWTH, server.url, str(CALLS)]
    grown = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert grown < 1 << 20, f"{grown} bytes more after {CALLS} calls"
