"""Objects of the Client: bytes, files and what is like a file."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import noetl_nats as nn
from nats_server import Server

MANY = os.urandom(3_000_000)


@pytest.fixture
def nats(server: Server) -> Iterator[nn.Client]:
    with nn.connect(server.url, timeout=10) as client:
        client.object_bucket_apply("B")
        yield client


def messages(nats: nn.Client) -> int:
    count: int = nats.stream_info("OBJ_B")["state"]["messages"]
    return count


def test_bytes(nats: nn.Client) -> None:
    info = nats.object_put("B", "o", MANY, description="d", headers={"x": "y"}, metadata={"k": "v"})
    assert (info.name, info.size, info.chunks, info.changed) == ("o", len(MANY), 23, True)
    assert (info.description, info.headers, info.metadata, info.warnings) == ("d", {"x": ["y"]}, {"k": "v"}, [])
    assert nats.object_get("B", "o") == MANY
    assert nats.object_info("B", "o")["digest"] == info.digest
    for data, stored in ((b"", b""), ("é", "é".encode()), ({"n": 1}, b'{"n":1}'), (bytearray(b"abc"), b"abc")):
        nats.object_put("B", "o", data)
        assert nats.object_get("B", "o") == stored


def test_a_path(nats: nn.Client, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(MANY)
    target.write_bytes(b"old")
    nats.object_put("B", "o", file=source)
    info = nats.object_get("B", "o", file=str(target))
    assert isinstance(info, nn.ObjectInfo)
    assert info.size == len(MANY)
    assert target.read_bytes() == MANY
    assert sorted(each.name for each in tmp_path.iterdir()) == ["source", "target"]


def test_what_is_like_a_file(nats: nn.Client) -> None:
    class Drops:
        """Gives less than it is asked for."""

        def __init__(self) -> None:
            self.rest = MANY

        def read(self, size: int) -> bytes:
            piece, self.rest = self.rest[: min(size, 10_000)], self.rest[min(size, 10_000) :]
            return piece

    nats.object_put("B", "o", file=Drops())  # type: ignore[arg-type]
    target = io.BytesIO()
    nats.object_get("B", "o", file=target)
    assert target.getvalue() == MANY


def test_progress(nats: nn.Client, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []

    def progress(done: int, size: int | None) -> None:
        seen.append((done, size))

    nats.object_put("B", "o", MANY, progress=progress)
    assert seen[-1] == (len(MANY), len(MANY))
    for file in (None, tmp_path / "x"):
        seen.clear()
        if file is None:
            nats.object_get("B", "o", progress=progress)
        else:
            nats.object_get("B", "o", file=file, progress=progress)
        assert seen[-1] == (len(MANY), len(MANY))
        assert seen == sorted(seen, key=lambda each: each[0])


def test_skip_if_same(nats: nn.Client, tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(MANY)
    assert nats.object_put("B", "o", file=file, skip_if_same=True).changed
    assert not nats.object_put("B", "o", file=file, skip_if_same=True).changed
    assert not nats.object_put("B", "o", MANY, skip_if_same=True).changed
    assert nats.object_put("B", "o", b"other", skip_if_same=True).changed
    with pytest.raises(nn.InvalidArgumentError, match="only once"):
        nats.object_put("B", "o", file=io.BytesIO(MANY), skip_if_same=True)


def test_a_put_that_fails_leaves_nothing(nats: nn.Client) -> None:
    nats.object_put("B", "o", b"old")
    before = messages(nats)

    class Broken(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            if self.given > 1_000_000:
                raise OSError("the disk is gone")
            self.given += size
            return b"x" * size

    with pytest.raises(OSError, match="the disk is gone"):
        nats.object_put("B", "o", file=Broken())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="binary mode"):
        nats.object_put("B", "o", file=io.StringIO("text"))  # type: ignore[arg-type]
    assert messages(nats) == before
    assert nats.object_get("B", "o") == b"old"


def test_what_is_not_there(nats: nn.Client, tmp_path: Path) -> None:
    with pytest.raises(nn.NotFoundError):
        nats.object_get("B", "nope")
    with pytest.raises(nn.NotFoundError):
        nats.object_get("B", "nope", file=tmp_path / "x")
    with pytest.raises(nn.NotFoundError):
        nats.object_put("missing", "o", b"x")
    with pytest.raises(nn.NotFoundError):
        nats.object_put("B", "o", file=tmp_path / "nope")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="one of the two"):
        nats.object_put("B", "o")
    with pytest.raises(ValueError, match="path"):
        nats.object_get("B", "o", resume=True)  # type: ignore[call-overload]


def test_lost_chunks_are_data_loss(nats: nn.Client, tmp_path: Path) -> None:
    nats.object_put("B", "o", MANY)
    nats.stream_purge("OBJ_B", subject="$O.B.C.>", keep=20)
    for file in (None, tmp_path / "x"):
        with pytest.raises(nn.DataLossError):
            nats.object_get("B", "o", file=file)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_get_goes_on(nats: nn.Client, tmp_path: Path) -> None:
    nats.object_put("B", "o", MANY)
    target = tmp_path / "x"

    class Enough(Exception):
        pass

    def stop(done: int, size: int | None) -> None:
        raise Enough

    with pytest.raises(Enough):
        nats.object_get("B", "o", file=target, resume=True, progress=stop)
    (part,) = tmp_path.iterdir()
    part.write_bytes(MANY[: 10 * 131072 + 5])  # what a longer try would have left
    first: list[int] = []
    nats.object_get("B", "o", file=target, resume=True, progress=lambda done, size: first.append(done))
    assert first[0] == 11 * 131072
    assert target.read_bytes() == MANY
    assert list(tmp_path.iterdir()) == [target]


def test_what_was_kept_and_is_wrong_is_read_again(nats: nn.Client, tmp_path: Path) -> None:
    nats.object_put("B", "o", MANY)
    target = tmp_path / "x"

    def stop(done: int, size: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nats.object_get("B", "o", file=target, resume=True, progress=stop)
    (part,) = tmp_path.iterdir()
    part.write_bytes(b"?" * (10 * 131072))
    nats.object_get("B", "o", file=target, resume=True)
    assert target.read_bytes() == MANY
    assert list(tmp_path.iterdir()) == [target]
