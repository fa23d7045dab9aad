"""A small blocking client for fixtures and checks: requests, the JetStream API, and what a stream holds.

What is tested or measured never checks itself, so that its defect cannot hide.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

MINUTES_2 = 120_000_000_000
SECONDS_30 = 30_000_000_000


class RawClient:
    def __init__(self, port: int) -> None:
        self._port = port
        self._dial()

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _dial(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port))
        self._file = self._socket.makefile("rb")
        self.info: dict[str, Any] = json.loads(self._file.readline().split(b" ", 1)[1])
        self._socket.sendall(
            b'CONNECT {"verbose":false,"headers":true,"no_responders":true,"lang":"bench","version":"1","protocol":1}\r\n'
            b"SUB _A 1\r\n"
        )

    def _redial(self) -> None:
        self.close()
        self._dial()

    def request(self, subject: str, payload: bytes = b"", timeout: float = 60) -> bytes:
        command = f"PUB {subject} _A {len(payload)}\r\n".encode() + payload + b"\r\n"
        self._socket.settimeout(timeout)
        try:
            self._socket.sendall(command)
        except OSError:  # idle for long: the server has closed it
            self._redial()
            self._socket.sendall(command)
        while True:
            line = self._file.readline()
            if not line:
                self._redial()
                self._socket.sendall(command)
            elif line.startswith(b"PING"):
                self._socket.sendall(b"PONG\r\n")
            elif line.startswith(b"MSG"):
                return self._file.read(int(line.split()[-1]) + 2)[:-2]
            elif line.startswith(b"HMSG"):
                header, total = (int(part) for part in line.split()[-2:])
                return self._file.read(total + 2)[header:-2]
            elif line.startswith(b"-ERR"):
                raise RuntimeError(line.decode())

    def api(self, name: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.request("$JS.API." + name, json.dumps(body).encode() if body else b"")
        document: dict[str, Any] = json.loads(answer)
        return document

    def must(self, name: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.api(name, body)
        if answer.get("error"):
            raise RuntimeError(f"{name}: {answer['error']}")
        return answer

    def stream(self, name: str, subjects: list[str], storage: str = "file", **extra: Any) -> None:
        """A fresh, empty stream."""
        self.delete(name)
        common = {"name": name, "subjects": subjects, "storage": storage, "num_replicas": 1, "allow_direct": True}
        self.must(f"STREAM.CREATE.{name}", {**common, **extra})

    def bucket(self, name: str, history: int = 1) -> None:
        self.stream(
            f"KV_{name}",
            [f"$KV.{name}.>"],
            max_msgs_per_subject=history,
            allow_rollup_hdrs=True,
            deny_delete=True,
            discard="new",
            duplicate_window=MINUTES_2,
        )

    def objects(self, name: str) -> None:
        subjects = [f"$O.{name}.C.>", f"$O.{name}.M.>"]
        self.stream(f"OBJ_{name}", subjects, allow_rollup_hdrs=True, discard="new", duplicate_window=MINUTES_2)

    def messages(self, stream: str) -> int:
        return int(self.must(f"STREAM.INFO.{stream}")["state"]["messages"])

    def delete(self, stream: str) -> None:
        self.api(f"STREAM.DELETE.{stream}")

    def pull_consumer(self, stream: str, name: str) -> None:
        self.api(f"CONSUMER.DELETE.{stream}.{name}")
        config = {
            "name": name,
            "durable_name": name,
            "ack_policy": "explicit",
            "deliver_policy": "all",
            "max_ack_pending": -1,
            "ack_wait": SECONDS_30,
            "max_waiting": 512,
        }
        self.must(f"CONSUMER.CREATE.{stream}.{name}", {"stream_name": stream, "config": config})

    def stored(self, stream: str) -> Iterator[tuple[int, bytes]]:
        """(sequence, payload) of every message of a stream, in order."""
        count = self.messages(stream)
        if count == 0:
            return
        self._socket.sendall(b"SUB _D 2\r\n")
        config = {
            "deliver_subject": "_D",
            "deliver_policy": "all",
            "ack_policy": "none",
            "inactive_threshold": SECONDS_30,
        }
        body = json.dumps({"stream_name": stream, "config": config}).encode()
        self._socket.sendall(f"PUB $JS.API.CONSUMER.CREATE.{stream} {len(body)}\r\n".encode() + body + b"\r\n")
        while count:
            line = self._file.readline()
            if line.startswith(b"PING"):
                self._socket.sendall(b"PONG\r\n")
            elif line.startswith((b"MSG ", b"HMSG ")) and line.split()[2] == b"2":  # with the message's own subject
                words = line.split()
                header = int(words[-2]) if words[0] == b"HMSG" else 0
                payload = self._file.read(int(words[-1]) + 2)[header:-2]
                yield int(words[3].split(b".")[5]), payload  # $JS.ACK.STREAM.CONSUMER.DELIVERED.SEQUENCE...
                count -= 1
            elif not line:
                raise ConnectionError("the server has closed the connection")
        self._socket.sendall(b"UNSUB 2\r\n")
