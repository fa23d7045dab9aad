"""playbooks/gallery: every playbook runs twice under the real engine, against a real server, and leaves what it promises."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nats
import pytest
import yaml

import noetl_nats as nn
from nats_server import eventually, running
from noetl_run import BIN, Outcome, environment, noetl_run, outcome_of

GALLERY = Path(__file__).resolve().parents[2] / "playbooks" / "gallery"
#: Which test runs which playbook; `test_every_playbook_is_run` compares it with the folder.
COVERED: dict[str, str] = {}


def covers(playbook: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def register(test: Callable[..., None]) -> Callable[..., None]:
        COVERED[playbook] = test.__name__
        return test

    return register


class Gallery:
    """One server, one working directory that is not the gallery's."""

    def __init__(self, url: str, cwd: Path) -> None:
        self.url, self.cwd = url, cwd

    def run(self, playbook: str, *options: str, **variables: Any) -> Outcome:
        return outcome_of(GALLERY / playbook, *self._settings(variables), *options, cwd=self.cwd)

    def fails(self, playbook: str, **variables: Any) -> str:
        done = noetl_run(GALLERY / playbook, *self._settings(variables), cwd=self.cwd)
        assert done.returncode == 1, done.stderr
        return done.stderr

    def ask(self, operation: str, **params: Any) -> Any:
        return nn.run(operation, {"url": self.url, **params})

    def _settings(self, variables: dict[str, Any]) -> list[str]:
        return [word for name, value in {"url": self.url, **variables}.items() for word in ("--set", f"{name}={value}")]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as server:
        yield server.url


@pytest.fixture
def gallery(url: str, tmp_path: Path) -> Gallery:
    return Gallery(url, tmp_path)


@covers("work-queue.yaml")
def test_work_queue(gallery: Gallery) -> None:
    first = gallery.run("work-queue.yaml", batch=2)
    assert first["report"]["text"] == "3 outcomes stored, 0 jobs left"
    stored = gallery.ask("kv_get", bucket="gallery-outcomes", key="j3")
    assert stored["value"] == {"text": "resize O'Brien.png", "deliveries": 1}

    again = gallery.run("work-queue.yaml")
    assert [each["duplicate"] for each in again["queue"]["results"]] == [True, True, True]
    assert "work" not in again.steps
    assert gallery.ask("stream_info", stream="GALLERY_JOBS")["state"]["messages"] == 0
    assert gallery.ask("kv_get", bucket="gallery-outcomes", key="j3")["revision"] == stored["revision"]


def test_workers_share_a_queue(gallery: Gallery) -> None:
    jobs = json.dumps({"jobs": [{"id": f"shared.{i}", "text": str(i)} for i in range(20)]})
    with ThreadPoolExecutor(3) as workers:
        runs = [workers.submit(gallery.run, "work-queue.yaml", "--payload", jobs, batch=2) for _ in range(3)]
        assert all(run.result()["look"]["lag"] <= 4 for run in runs)  # what the others still hold
    outcomes = [gallery.ask("kv_get", bucket="gallery-outcomes", key=f"shared.{i}") for i in range(20)]
    assert [each["value"] for each in outcomes] == [{"text": i, "deliveries": 1} for i in range(20)]


@covers("session-cache.yaml")
def test_session_cache(gallery: Gallery) -> None:
    for _ in range(2):
        outcome = gallery.run("session-cache.yaml")
        assert outcome["look"]["value"] == {"user_id": 7, "is_active": True, "roles": ["admin", "editor"]}
        assert outcome["welcome"]["text"] == "user 7 is logged in as admin"
        assert outcome["report"]["text"] == "after log-out: missing"
        assert gallery.ask("kv_keys", bucket="gallery-sessions")["keys"] == []


def test_a_session_of_another_user_stays(gallery: Gallery) -> None:
    gallery.ask("session_cache_put", bucket="others", key="user.8.phone", value={"user_id": 8, "is_active": True})
    gallery.run("session-cache.yaml", bucket="others")
    assert gallery.ask("kv_keys", bucket="others")["keys"] == ["user.8.phone"]


@covers("configuration.yaml")
def test_configuration(gallery: Gallery) -> None:
    assert gallery.run("configuration.yaml", limit=20).steps == ["bucket", "read", "create", "now", "report"]
    outcome = gallery.run("configuration.yaml", limit=30)
    assert outcome["report"]["text"] == "limit is 30 (revision 2)"
    where = {"bucket": "gallery-config", "key": "limits"}
    assert gallery.ask("kv_get", **where)["value"] == {"limit": 30, "before": 20}

    seen = gallery.fails("configuration.yaml", limit=99, seen=1)
    assert "is at revision 2, not at revision 1" in seen
    assert gallery.ask("kv_get", **where)["value"]["limit"] == 30


@covers("artefact-hand-over.yaml")
def test_artefact_hand_over(gallery: Gallery) -> None:
    first = gallery.run("artefact-hand-over.yaml", lines=40000)
    again = gallery.run("artefact-hand-over.yaml", lines=40000)
    assert (first["store"]["changed"], again["store"]["changed"]) == (True, False)
    assert first["fetch"]["size"] == 228894 > 131072  # more than a shell command holds
    assert not Path(first["build"]).exists()
    held = gallery.ask("object_info", bucket="gallery-artefacts", name="report.csv")
    current = gallery.ask("kv_get", bucket="gallery-artefacts-current", key="report")["value"]
    assert current == {"name": "report.csv", "digest": held["digest"]}


@contextlib.contextmanager
def service(url: str, subject: str, answer: Callable[[Any], Any]) -> Iterator[None]:
    """Answers JSON with JSON, written with another client."""
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        client = await nats.connect(url)

        async def reply(message: Any) -> None:
            await message.respond(json.dumps(answer(json.loads(message.data))).encode())

        await client.subscribe(subject, cb=reply)
        await client.flush()
        ready.set()
        while not stop.is_set():
            await asyncio.sleep(0.01)
        await client.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        yield
    finally:
        stop.set()
        thread.join()


@covers("request-reply.yaml")
def test_request_reply(gallery: Gallery) -> None:
    for _ in range(2):
        outcome = gallery.run("request-reply.yaml")
        assert outcome["ask"]["replies"][0]["payload"]["type"].endswith("account_info_response")
    with service(gallery.url, "prices.get", lambda question: {"item": question["item"], "price": 12.5}):
        outcome = gallery.run("request-reply.yaml", subject="prices.get", question='{"item": 7}')
    assert outcome["report"]["text"].endswith('ms: {"item": 7, "price": 12.5}')


def test_a_request_that_nobody_answers_fails_at_once(gallery: Gallery) -> None:
    assert "nobody answers on prices.none" in gallery.fails("request-reply.yaml", subject="prices.none")


@covers("durable-request.yaml")
def test_durable_request(gallery: Gallery) -> None:
    first = gallery.run("durable-request.yaml", number=15)
    again = gallery.run("durable-request.yaml", number=15)
    assert {first["report"]["text"], again["report"]["text"]} == {"15 squared is 225"}
    assert (first["ask"]["duplicate"], again["ask"]["duplicate"]) == (False, True)
    assert (first["answer"]["count"], again["answer"]["count"]) == (1, 0)
    answers = gallery.ask("stream_info", stream="GALLERY_ANSWER", subjects_filter=">")
    assert answers["subjects"] == {"gallery.answer.square.15": 1}


@covers("drain-to-file.yaml")
def test_drain_to_file(gallery: Gallery) -> None:
    hostile = 'it\'s "q" $(touch PWNED) `id` \\ {{ workload.url }}\nEND_OF_MESSAGES\né'
    gallery.ask("stream_apply", stream="EVENTS", config={"subjects": ["events.>"]})
    for i in range(7):
        gallery.ask("js_publish", subject=f"events.{i}", data=hostile if i == 3 else {"i": i})
    where = {"stream": "EVENTS", "consumer": "archive", "file": gallery.cwd / "events.jsonl"}

    first = gallery.run("drain-to-file.yaml", batch=3, rounds=2, **where)
    assert first["left"]["lag"] == 1
    gallery.run("drain-to-file.yaml", **where)
    written = [json.loads(line) for line in (gallery.cwd / "events.jsonl").read_text().splitlines()]
    assert [line["stream_seq"] for line in written] == [1, 2, 3, 4, 5, 6, 7]
    assert written[3] == {"subject": "events.3", "stream_seq": 4, "data": hostile}
    assert not (gallery.cwd / "PWNED").exists()
    assert gallery.ask("consumer_info", stream="EVENTS", consumer="archive")["lag"] == 0


def test_drain_to_file_makes_an_example_stream(gallery: Gallery) -> None:
    gallery.run("drain-to-file.yaml")
    gallery.run("drain-to-file.yaml")
    (line,) = (gallery.cwd / "gallery-events.jsonl").read_text().splitlines()
    assert json.loads(line)["data"] == {"text": "it's $HOME"}


@covers("fan-out.yaml")
def test_fan_out(gallery: Gallery) -> None:
    first = gallery.run("fan-out.yaml")
    assert first.steps == ["prepare", "tell", "report", "audit", "mail"]
    assert first["mail"] == "mail: 3 shops have the new price"
    told = gallery.ask("js_get_msg", stream="GALLERY_PRICES", subject="gallery.prices.oslo")
    assert told["data"] == {"price": 12.5, "copies": 5, "position": 1}

    again = gallery.run("fan-out.yaml", "--payload", '{"shops": [{"id": "rome", "copies": 2}]}', mail="no")
    assert again.steps == ["prepare", "tell", "report", "audit"]
    audit = gallery.ask("js_get_msg", stream="GALLERY_PRICES", subject="gallery.prices.audit")
    told = again["tell"]["results"][0]["seq"]
    assert audit["data"] == {"shops": 1, "first": told, "last": told}


def test_fan_out_to_nobody(gallery: Gallery) -> None:
    assert gallery.run("fan-out.yaml", "--payload", '{"shops": []}', mail="no").steps[-1] == "nobody"


@covers("use-library.yaml")
def test_use_library(gallery: Gallery) -> None:
    for _ in range(2):
        outcome = gallery.run("use-library.yaml")
        assert outcome["report"]["text"] == "noted: order.1, order.2"
    entry = gallery.ask("kv_get", bucket="gallery-orders", key="order.2")
    assert (entry["value"], entry["revision"]) == ("a table", 2)
    assert gallery.ask("kv_bucket_info", bucket="gallery-orders")["history"] == 3


@covers("library/ensure-bucket.yaml")
def test_ensure_bucket(gallery: Gallery) -> None:
    changed = [gallery.run("library/ensure-bucket.yaml", bucket="ensured")["apply_bucket"]["changed"] for _ in range(2)]
    assert changed == [True, False]
    assert gallery.ask("kv_bucket_info", bucket="ensured")["history"] == 1


@covers("library/note-once.yaml")
def test_note_once(gallery: Gallery) -> None:
    gallery.ask("kv_bucket_apply", bucket="notes")
    where = {"bucket": "notes", "key": "order.3"}
    assert gallery.run("library/note-once.yaml", value="a lamp", **where).steps == ["note", "note_new"]
    again = gallery.run("library/note-once.yaml", value="another", **where)
    assert again["note_old"]["text"] == "order.3 was there: a lamp"


@covers("lag-check.yaml")
def test_lag_check(gallery: Gallery) -> None:
    where = {"stream": "LAG", "consumer": "slow"}
    assert gallery.run("lag-check.yaml", **where).steps == ["look", "missing"]

    gallery.ask("stream_apply", stream="LAG", config={"subjects": ["lag.>"]})
    gallery.ask("consumer_apply", **where)
    for i in range(11):
        gallery.ask("js_publish", subject="lag.x", data=i)
    for limit, branch in ((11, "fine"), (10, "verdict"), (9, "verdict"), (100, "fine")):
        assert gallery.run("lag-check.yaml", limit=limit, **where).steps[-1] == branch, limit
    seen = gallery.fails("lag-check.yaml", limit=3, strict="true", **where)
    assert "LAG/slow: 11 behind, limit 3" in seen
    assert "nobody pulls: start a worker" in seen


@covers("stream-migration.yaml")
def test_stream_migration(gallery: Gallery) -> None:
    first = gallery.run("stream-migration.yaml")
    assert first["report"]["text"] == "GALLERY_NEW holds the 3 messages of GALLERY_OLD and takes gallery.moving.> now"
    moved = gallery.ask("stream_info", stream="GALLERY_NEW")
    assert moved["config"]["max_age"] == 30 * 24 * 3600 * 10**9
    assert "sources" not in moved["config"]
    assert gallery.ask("js_publish", subject="gallery.moving.d", data="four")["stream"] == "GALLERY_NEW"

    again = gallery.run("stream-migration.yaml")
    assert again.steps == ["old", "new", "state", "already"]
    assert gallery.ask("stream_info", stream="GALLERY_NEW")["state"]["messages"] == 4


def test_a_migration_goes_on_where_it_stopped(gallery: Gallery) -> None:
    gallery.ask("stream_apply", stream="M1", config={"subjects": ["m.>"]})
    for i in range(50):
        gallery.ask("js_publish", subject="m.x", data=i)
    gallery.ask("stream_apply", stream="M2", config={"sources": [{"name": "M1"}]})
    gallery.ask("stream_apply", stream="M1", config={"subjects": ["frozen.M1"]})
    eventually(lambda: gallery.ask("stream_info", stream="M2")["state"]["messages"] == 50, what="the copy is complete")
    outcome = gallery.run("stream-migration.yaml", **{"from": "M1", "to": "M2", "subjects": '["m.>"]'})
    assert "freeze" not in outcome.steps
    assert gallery.ask("js_publish", subject="m.x", data=50) == {
        "status": "success",
        "stream": "M2",
        "seq": 51,
        "duplicate": False,
    }


def test_a_migration_of_nothing_fails(gallery: Gallery) -> None:
    assert "there is no stream NOPE" in gallery.fails("stream-migration.yaml", **{"from": "NOPE", "to": "NEW"})


@covers("set-up.yaml")
def test_set_up(gallery: Gallery) -> None:
    assert "gallery-app-locks: created" in gallery.run("set-up.yaml", dry_run="true")["report"]["text"]
    assert gallery.ask("kv_bucket_info", bucket="gallery-app-locks")["status"] == "not_found"

    assert "gallery-app-locks: created" in gallery.run("set-up.yaml")["report"]["text"]
    again = gallery.run("set-up.yaml")
    assert again["report"]["text"].count("as it was") == 3
    assert again["events"]["text"] == "False False"
    assert gallery.ask("kv_bucket_info", bucket="gallery-app-config")["history"] == 10
    assert gallery.ask("stream_info", stream="GALLERY_APP_EVENTS")["config"]["max_bytes"] == 64 * 2**20


@covers("one-at-a-time.yaml")
def test_one_at_a_time(gallery: Gallery) -> None:
    for _ in range(2):
        assert gallery.run("one-at-a-time.yaml")["report"]["text"] == "nightly is done"
    gallery.ask("kv_create", bucket="gallery-locks", key="nightly", value="somebody else", ttl="5m")
    taken = gallery.run("one-at-a-time.yaml")
    assert taken["taken"]["text"] == "nightly runs already: somebody else"
    assert "work" not in taken.steps
    assert gallery.ask("kv_get", bucket="gallery-locks", key="nightly")["value"] == "somebody else"


def test_one_of_many_at_a_time(gallery: Gallery) -> None:
    with ThreadPoolExecutor(4) as starters:
        runs = [starters.submit(gallery.run, "one-at-a-time.yaml", job="contended", seconds=4) for _ in range(4)]
        last = sorted(run.result().steps[-1] for run in runs)
    assert last == ["report", "taken", "taken", "taken"]


def playbooks() -> list[str]:
    return sorted(str(path.relative_to(GALLERY)) for path in GALLERY.rglob("*.yaml"))


def test_every_playbook_is_run() -> None:
    assert sorted(COVERED) == playbooks()
    assert all(path.suffix == ".yaml" for path in GALLERY.rglob("*") if path.is_file())


@pytest.mark.parametrize("playbook", playbooks())
def test_header(playbook: str) -> None:
    """What it shows, how to run it, what one sees; and it refuses to run where its nats steps would be skipped."""
    text = (GALLERY / playbook).read_text()
    header = text[: text.index("apiVersion:")]
    assert all(line.startswith("#") for line in header.splitlines())
    assert "# Shows: " in header
    assert f"# Run:   noetl run gallery/{playbook}" in header
    assert "# See:   " in header
    document = yaml.safe_load(text)
    assert document["metadata"]["name"] == Path(playbook).stem
    assert "nats" in document["executor"]["requires"]["tools"]
    assert document["workload"]["url"] == "nats://127.0.0.1:4222"


def test_the_command_copies_the_gallery(tmp_path: Path) -> None:
    """From the source folder, as an installed one does from share/noetl-nats/playbooks."""
    done = subprocess.run(
        [str(BIN / "noetl-nats"), "playbooks", "copy", str(tmp_path)],
        env=environment(NOETL_NATS_PLAYBOOKS=str(GALLERY.parent)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for playbook in playbooks():
        assert (tmp_path / "gallery" / playbook).read_text() == (GALLERY / playbook).read_text()
