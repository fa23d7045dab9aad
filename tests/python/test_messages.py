"""js_publish_many from files, js_fetch into files, and acknowledgements after the result is out."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

import noetl_nats as nn
from nats_server import Server, eventually

Document = dict[str, Any]


@pytest.fixture
def url(server: Server) -> str:
    nn.run("stream_apply", {"url": server.url, "stream": "S", "config": {"subjects": ["s.>"]}})
    nn.run("consumer_apply", {"url": server.url, "stream": "S", "consumer": "C"})
    return server.url


def publish(url: str, path: Path | str, **params: Any) -> Document:
    return nn.call("js_publish_many", {"url": url, "file": str(path), **params})


def stored(url: str) -> list[Document]:
    messages: list[Document] = nn.run("js_get_msgs", {"url": url, "stream": "S", "limit": 10000})["messages"]
    return messages


def pending(url: str) -> int:
    count: int = nn.run("consumer_info", {"url": url, "stream": "S", "consumer": "C"})["num_ack_pending"]
    return count


def command(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    binary = shutil.which("noetl-nats")
    assert binary
    return subprocess.run(
        [binary, *arguments], capture_output="stdout" not in options, timeout=60, check=False, **options
    )


def test_lines_are_messages_as_they_are(url: str, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_bytes(b'one\r\n\n{"a": 12345678901234567890123}\n\xff\xfe\nlast')
    result = publish(url, tmp_path / "in.txt", subject="s.a", msg_id_template="in-{{ line }}")
    assert (result["status"], result["count"], result["stored"]) == ("success", 5, 5)
    again = publish(url, tmp_path / "in.txt", subject="s.a", msg_id_template="in-{{ line }}")
    assert (again["count"], again["stored"], again["duplicates"]) == (5, 0, 5)
    with nn.connect(url) as nats:
        assert [each.data for each in nats.js_get_msgs("S")] == [
            b"one",
            b"",
            b'{"a": 12345678901234567890123}',
            b"\xff\xfe",
            b"last",
        ]


def test_rows_of_csv(url: str, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_bytes('\ufeffid,region,note\r\n7,eu,"a ""quoted"", note\nof two lines"\r\n\r\n8,us,\r\n'.encode())
    params = {"subject": "s.{{ region }}", "msg_id_template": "order-{{ id }}", "headers": {"X-Id": "{{ id }}"}}
    assert publish(url, file, **params)["stored"] == 2
    first, second = stored(url)
    assert first["subject"] == "s.eu"
    assert first["data"] == {"id": "7", "region": "eu", "note": 'a "quoted", note\nof two lines'}
    assert first["headers"] == {"x-id": "7", "nats-msg-id": "order-7"}
    assert (second["subject"], second["data"]["note"]) == ("s.us", "")


def test_csv_with_the_members_of_a_message(url: str, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("subject,data,msg_id,ttl\ns.a,one,m1,\ns.b,two,m1,\n")
    assert publish(url, tmp_path / "in.csv")["duplicates"] == 1
    assert [(each["subject"], each["data"]) for each in stored(url)] == [("s.a", "one")]


def test_json_lines(url: str, tmp_path: Path) -> None:
    rows = [{"subject": "s.b", "data": {"n": 1}, "headers": {"X-A": "b"}}, {"total": 5}, [1, 2], "text", 7]
    (tmp_path / "in.jsonl").write_text("\n\n".join(map(json.dumps, rows)) + "\n")
    assert publish(url, tmp_path / "in.jsonl", subject="s.a")["stored"] == 5
    assert [(each["subject"], each["data"]) for each in stored(url)] == [
        ("s.b", {"n": 1}),
        ("s.a", {"total": 5}),
        ("s.a", [1, 2]),
        ("s.a", "text"),
        ("s.a", 7),
    ]


@pytest.mark.parametrize(
    ("name", "text", "line", "what"),
    [
        ("in.jsonl", '{"a": 1}\n\n{"a": \n{"a": 2}\n', 3, "line 3: is not JSON"),
        ("in.csv", "a,b\n1,2\n3\n4,5\n", 3, "line 3: has 1 columns, the header row has 2"),
        ("in.csv", 'a,b\n1,"2\n3"\n4,5"6\n7,8\n', 4, "line 4: has a quote"),
        ("in.csv", 'a,b\n1,2\n3,"open\n', 3, "line 3: has a quote that is never closed"),
        ("in.jsonl", '{"a": 1}\n{"data": 1, "msgid": 2}\n', 2, "line 2: msgid: is no member of a message"),
        ("in.jsonl", '{"a": 1}\n{"data": 1, "subject": "x y"}\n', 2, "line 2: subject: 'x y'"),
    ],
)
def test_a_bad_row_is_named_by_its_line(url: str, tmp_path: Path, name: str, text: str, line: int, what: str) -> None:
    (tmp_path / name).write_text(text)
    result = publish(url, tmp_path / name, subject="s.a")
    assert result["status"] == "error"
    assert what in result["error"]["message"], result["error"]["message"]
    assert result["error"]["code"] == "invalid_argument"
    assert [(each["index"], each["line"]) for each in result["errors"]] == [(1, line)]
    assert (result["count"], result["not_sent"]) == (1, 1)
    assert len(stored(url)) == 1


def test_bad_rows_do_not_shift_the_others(url: str, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"a": 1}\nno\n\n{"subject": "nowhere", "data": 2}\n{"a": 3}\n')
    result = publish(url, tmp_path / "in.jsonl", subject="s.a", on_error="continue")
    assert (result["status"], result["count"], result["failed"]) == ("partial", 2, 2)
    assert [(each["index"], each["line"], each["code"]) for each in result["errors"]] == [
        (1, 2, "invalid_argument"),
        (2, 4, "not_found"),
    ]
    done = command(
        "js", "publish-many", "s.a", "--file", str(tmp_path / "in.jsonl"), "--on-error", "continue", "--url", url
    )
    assert done.returncode == 2, done.stderr


@pytest.mark.parametrize(
    ("text", "what"),
    [("a,a\n1,2\n", "the column 'a' twice"), ("a,\n1,2\n", "a column without a name"), ('a"b"c\n', "a quote inside")],
)
def test_a_header_row_that_is_wrong(url: str, tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "in.csv").write_text(text)
    result = publish(url, tmp_path / "in.csv", subject="s.a")
    assert result["error"]["code"] == "invalid_argument"
    assert what in result["error"]["message"]


def test_a_file_that_is_not_there(url: str, tmp_path: Path) -> None:
    assert publish(url, tmp_path / "none.txt", subject="s.a")["error"]["code"] == "not_found"


def test_standard_input(url: str) -> None:
    done = command("js", "publish-many", "s.a", "--file", "-", "--url", url, input=b"one\ntwo\n")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["stored"] == 2


def test_a_file_larger_than_any_window(url: str, tmp_path: Path) -> None:
    nn.run("stream_apply", {"url": url, "stream": "S", "config": {"subjects": ["s.>"], "allow_batched": True}})
    file = tmp_path / "many.txt"
    file.write_text("".join(f"message {i}\n" for i in range(20000)))
    with nn.connect(url) as nats:
        for number, (mode, expected) in enumerate([("window", "window"), ("auto", "fast")], start=1):
            result = publish(url, file, subject="s.a", mode=mode)
            assert (result["status"], result["count"], result["mode"]) == ("success", 20000, expected)
            last = nats.js_get_msgs("S", seq=number * 20000)
            assert [each.data for each in last] == [b"message 19999"]


def test_fetch_into_a_file_that_can_be_published_again(url: str, tmp_path: Path) -> None:
    publish_list = [{"subject": f"s.{i % 3}", "data": {"n": i}} for i in range(2500)]
    nn.run("js_publish_many", {"url": url, "messages": publish_list})
    nn.run("consumer_apply", {"url": url, "stream": "S", "consumer": "C", "config": {"max_ack_pending": 5000}})
    file = tmp_path / "out.jsonl"
    fetch = {"url": url, "stream": "S", "consumer": "C", "file": str(file), "until": "caught_up", "batch": 100000}
    result = nn.run("js_fetch", {**fetch, "ack_mode": "on_fetch"})
    assert (result["count"], result["acked"], result["file"], "messages" in result) == (2500, True, str(file), False)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(each["subject"], each["data"]) for each in lines] == [(m["subject"], m["data"]) for m in publish_list]
    assert pending(url) == 0

    again = publish(url, file, subject="s.again.{{ subject }}")
    assert again["stored"] == 2500
    assert stored(url)[2500]["subject"] == "s.again.s.0"


def test_fetch_whose_file_cannot_be_written_acknowledges_nothing(url: str, tmp_path: Path) -> None:
    nn.run("js_publish", {"url": url, "subject": "s.a", "data": 1})
    fetch = {"url": url, "stream": "S", "consumer": "C", "ack_mode": "on_fetch", "until": "caught_up"}
    result = nn.call("js_fetch", {**fetch, "file": str(tmp_path / "none" / "out.jsonl")})
    assert result["error"]["code"] == "not_found"
    assert nn.run("js_fetch", fetch)["messages"][0]["delivered"] == 1


CONSUME = ("call", "js_consume", "--params")


def consume(url: str, mode: str = "on_success") -> str:
    return json.dumps({"url": url, "stream": "S", "consumer": "C", "ack_mode": mode})


def test_the_command_line_acknowledges_what_is_written(url: str) -> None:
    nn.run("js_publish_many", {"url": url, "subject": "s.a", "messages": [1, 2]})
    done = command(*CONSUME, consume(url))
    assert done.returncode == 0
    assert json.loads(done.stdout)["count"] == 2
    assert pending(url) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_the_command_line_acknowledges_nothing_that_was_not_written(url: str) -> None:
    nn.run("js_publish_many", {"url": url, "subject": "s.a", "messages": [1, 2]})
    with Path("/dev/full").open("wb") as full:
        done = command(*CONSUME, consume(url), stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert b"nothing was acknowledged" in done.stderr
    assert pending(url) == 2


def test_a_call_from_python_acknowledges_when_it_returns(url: str) -> None:
    nn.run("js_publish", {"url": url, "subject": "s.a", "data": 1})
    result = nn.run("js_consume", json.loads(consume(url)))
    assert (result["count"], result["acked"], "warnings" in result) == (1, False, False)
    assert pending(url) == 0


def test_the_client_settles_by_ack_id(url: str) -> None:
    nn.run("js_publish_many", {"url": url, "subject": "s.a", "messages": [1, 2]})
    with nn.connect(url) as nats:
        messages = nats.js_consume("S", "C", ack_mode="manual")["messages"]
        assert nats.js_ack([each["ack_id"] for each in messages], double=True)["count"] == 2
    assert pending(url) == 0


def test_a_slow_pipe_holds_nothing_back_and_can_be_stopped(url: str) -> None:
    """A line is stored before the next one comes; Ctrl-C ends the wait for it, and says what is stored."""
    binary = shutil.which("noetl-nats")
    assert binary
    with subprocess.Popen(
        [binary, "js", "publish-many", "s.a", "--file", "-", "--mode", "window", "--url", url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"one\n")
        process.stdin.flush()
        eventually(lambda: len(stored(url)) == 1)
        process.send_signal(signal.SIGINT)
        result = json.loads(process.stdout.read())
        assert process.wait(timeout=20) == 130
    assert result["error"]["code"] == "cancelled"
    assert result["count"] + len(result["unknown"]) == 1
