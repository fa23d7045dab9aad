"""The `Client`: one connection, a method for every operation."""

from __future__ import annotations

from . import _core
from ._client_ops import UNSET, Operations
from ._connect import filter_list, milliseconds
from ._run import call
from .errors import checked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from os import PathLike
    from types import TracebackType
    from typing import Any, BinaryIO, Literal, overload

    from ._core import Batch, KvCache, KvEntry, KvWatch, Message, ObjectInfo, PubAck, PublishResult, StoredMessage
else:

    def overload(function: object) -> object:  # typing is slow to load, and nobody asks for it at run time
        return function


class Client(Operations):
    """A connection to NATS. Made by `connect`; safe to use from many threads; also a context manager.

    KV and messages take and give bytes and objects. Every other operation is a method that gives its result document.
    The connection is shared with calls of this process to the same servers by the same user.
    """

    __slots__ = ("_native", "_params")

    def __init__(self, params: dict[str, Any], native: _core.Client) -> None:
        self._params = params
        self._native = native

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<noetl_nats.Client {self._native.server}>"

    @property
    def is_connected(self) -> bool:
        return self._native.is_open

    def close(self) -> None:
        """Sends what is buffered and lets the connection go. Safe to call twice."""
        self._native.close()

    def flush(self, *, timeout: float | None = None) -> None:
        """Returns when the server has read everything sent so far; reports what it refused."""
        self._native.flush(timeout)

    def _run(
        self,
        operation: str,
        params: dict[str, Any],
        timeout: float | None,
        progress: Callable[[str], object] | None,
        connects: bool = True,
        **nullable: Any,
    ) -> Any:
        given = dict(self._params) if connects else {}
        given.update((name, value) for name, value in params.items() if value is not None)
        given.update((name, value) for name, value in nullable.items() if value is not UNSET)
        if timeout is not None:
            given["timeout_ms"] = milliseconds(timeout)
        return checked(call(operation, given, progress=progress))

    # Key-value -----------------------------------------------------------------------------------------------------

    def kv_get(
        self, bucket: str, key: str, *, revision: int | None = None, timeout: float | None = None
    ) -> KvEntry | None:
        """The value of a key, or None when it is absent, deleted or expired."""
        return self._native.kv_get(bucket, key, revision, timeout)

    def kv_put(
        self, bucket: str, key: str, value: Any, *, ttl: float | None = None, timeout: float | None = None
    ) -> int:
        """Writes a value (bytes or text as they are, anything else as JSON) and gives its revision."""
        return self._native.kv_put(bucket, key, value, ttl, timeout)

    def kv_create(
        self, bucket: str, key: str, value: Any, *, ttl: float | None = None, timeout: float | None = None
    ) -> int:
        """Writes a key that must be absent: `AlreadyExistsError` otherwise. Gives its revision."""
        return self._native.kv_create(bucket, key, value, ttl, timeout)

    def kv_update(
        self,
        bucket: str,
        key: str,
        value: Any,
        *,
        revision: int,
        ttl: float | None = None,
        timeout: float | None = None,
    ) -> int:
        """Writes a key whose last revision must be ``revision``: `ConflictError` when somebody was faster."""
        return self._native.kv_update(bucket, key, value, revision, ttl, timeout)

    def kv_get_many(
        self, bucket: str, keys: Iterable[str], *, consistent: bool = False, timeout: float | None = None
    ) -> dict[str, KvEntry]:
        """The values of many keys at once, oldest revision first. Keys that are absent, deleted or expired are left out.

        ``consistent`` asks the leader: slow, but nothing that was written before is missed.
        """
        return self._native.kv_get_many(bucket, list(keys), consistent, timeout)

    def kv_put_many(
        self,
        bucket: str,
        items: Mapping[str, Any] | Iterable[tuple[str, Any]],
        *,
        ttl: float | None = None,
        revisions: Mapping[str, int] | None = None,
        timeout: float | None = None,
    ) -> dict[str, int]:
        """Writes many keys, many on their way at once, and gives the revision of each.

        All are tried. When some were not written this raises the error of the first, whose ``details`` have the
        ``revisions`` of those that were and the ``errors`` of those that were not. ``revisions``: write these keys only
        at that revision (0: only if the key is not there). ``timeout`` is the longest time without progress.
        """
        pairs = items.items() if hasattr(items, "items") else items
        return self._native.kv_put_many(bucket, pairs, dict(revisions or {}), ttl, timeout)

    def kv_keys(
        self,
        bucket: str,
        filters: str | Iterable[str] = ">",
        *,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> list[str]:
        """The keys that match one of the filters (NATS wildcards), in the order of their last change.

        ``limit``: the first so many. Ask for one more than you need to see whether there are more.
        """
        return self._native.kv_keys(bucket, filter_list(filters), limit, timeout)[0]

    def kv_watch(
        self,
        bucket: str,
        filters: str | Iterable[str] = ">",
        *,
        updates_only: bool = False,
        include_history: bool = False,
        ignore_deletes: bool = False,
        meta_only: bool = False,
        from_revision: int | None = None,
        max_updates: int | None = None,
        duration: float | None = None,
        idle: float | None = None,
        until: Literal["current"] | None = None,
        timeout: float | None = None,
    ) -> KvWatch:
        """What is there, then every change: an iterator that waits for the next one, and a context manager.

        No update is lost and none comes twice, also when the server restarts or the connection is lost and comes back.
        ``entry.operation`` is put, delete, purge or expired. It goes on until it is closed, unless bounded: by
        ``max_updates``, by ``duration`` or ``idle`` seconds, or ``until="current"`` (what was there has been told).
        ``from_revision`` goes on behind the ``last_revision`` of an earlier watch. ``timeout`` is that of the start.
        """
        if until not in (None, "current"):
            raise ValueError(f"until is 'current' or None, not {until!r}")
        options = {
            "filters": filter_list(filters),
            "updates_only": updates_only,
            "include_history": include_history,
            "ignore_deletes": ignore_deletes,
            "meta_only": meta_only,
            "from_revision": from_revision,
        }
        return self._native.kv_watch(bucket, options, max_updates, duration, idle, until == "current", timeout)

    def kv_cache(self, bucket: str, filters: str | Iterable[str] = ">", *, timeout: float | None = None) -> KvCache:
        """All matching keys with their values in memory, kept up to date by a watch: reads ask nobody.

        Close it, or use it as a context manager. ``is_stale`` says that changes may be missing.
        """
        return self._native.kv_cache(bucket, filter_list(filters), timeout)

    def kv_history(self, bucket: str, key: str, *, timeout: float | None = None) -> list[KvEntry]:
        """Every version that is kept of a key, oldest first, delete markers too."""
        return self._native.kv_history(bucket, key, timeout)

    # Objects -------------------------------------------------------------------------------------------------------

    def object_put(
        self,
        bucket: str,
        name: str,
        data: Any = None,
        *,
        file: str | PathLike[str] | BinaryIO | None = None,
        description: str | None = None,
        headers: Mapping[str, str | list[str]] | None = None,
        metadata: Mapping[str, str] | None = None,
        chunk_size: int | None = None,
        skip_if_same: bool = False,
        progress: Callable[[int, int | None], object] | None = None,
        timeout: float | None = None,
    ) -> ObjectInfo:
        """Writes an object from ``data`` (bytes or text as they are, anything else as JSON) or from ``file``.

        ``file`` is a path, or anything with ``read`` that is open in binary mode; it is never held in memory. What was
        there before stays until all is stored, and a put that fails leaves nothing behind. ``skip_if_same`` writes
        nothing when the object has these bytes already (``changed`` says so). ``progress(done, size)`` is called while
        it runs. ``timeout`` is the longest time without progress.
        """
        if (data is None) == (file is None):
            raise ValueError("give data or file, one of the two")
        meta = {"description": description, "headers": headers, "metadata": metadata, "chunk_size": chunk_size}
        return self._native.object_put(bucket, name, data, file, meta, skip_if_same, progress, timeout)

    @overload
    def object_get(
        self,
        bucket: str,
        name: str,
        *,
        file: None = None,
        verify: bool = True,
        progress: Callable[[int, int | None], object] | None = None,
        timeout: float | None = None,
    ) -> bytes: ...
    @overload
    def object_get(  # noqa: F811
        self,
        bucket: str,
        name: str,
        *,
        file: str | PathLike[str] | BinaryIO,
        verify: bool = True,
        resume: bool = False,
        progress: Callable[[int, int | None], object] | None = None,
        timeout: float | None = None,
    ) -> ObjectInfo: ...
    def object_get(  # noqa: F811
        self,
        bucket: str,
        name: str,
        *,
        file: str | PathLike[str] | BinaryIO | None = None,
        verify: bool = True,
        resume: bool = False,
        progress: Callable[[int, int | None], object] | None = None,
        timeout: float | None = None,
    ) -> bytes | ObjectInfo:
        """The bytes of an object; with ``file`` (a path, or anything with ``write``) they go there instead.

        A path is written beside the file and put in its place when all is there and the digest is right; a missing or
        changed byte is a `DataLossError`. ``resume`` keeps what was read when it is interrupted, and goes on with what an
        earlier try has kept. ``timeout`` is the longest time without progress.
        """
        if resume and (file is None or hasattr(file, "write")):
            raise ValueError("resume goes only with a path as file")
        return self._native.object_get(bucket, name, file, verify, resume, progress, timeout)

    # Messages ------------------------------------------------------------------------------------------------------

    def js_publish(
        self,
        subject: str,
        data: Any = b"",
        *,
        headers: Mapping[str, str] | None = None,
        msg_id: str | None = None,
        stream: str | None = None,
        expect_last_seq: int | None = None,
        expect_last_subject_seq: int | None = None,
        ttl: float | None = None,
        timeout: float | None = None,
    ) -> PubAck:
        """Publishes into a stream and waits for its acknowledgement."""
        return self._native.js_publish(
            subject, data, headers, msg_id, stream, expect_last_seq, expect_last_subject_seq, ttl, timeout
        )

    def js_publish_many(
        self,
        subjects: str | Iterable[str],
        payloads: Iterable[Any],
        *,
        headers: Mapping[str, str | list[str]] | Iterable[Mapping[str, str | list[str]] | None] | None = None,
        msg_ids: bool | Iterable[str] | None = None,
        stream: str | None = None,
        ttl: float | None = None,
        mode: str = "auto",
        window: int = 1024,
        batch: int = 1000,
        stop_on_error: bool = False,
        progress: Callable[[int], object] | None = None,
        timeout: float | None = None,
    ) -> PublishResult:
        """Publishes many messages, each acknowledged, and says what became of every one: look at ``.ok``, or call
        ``.raise_for_errors()``.

        ``subjects`` and ``headers`` hold for all messages or give one for each. ``payloads`` may be a generator: no more
        than a window is held. With ``msg_ids`` (one for each, or True to make them) messages that were in flight when
        the connection was lost are sent again after it is back, and stored once; without them they are ``.unknown``.

        ``mode``: ``window`` keeps ``window`` messages in flight; ``atomic`` stores batches of ``batch`` messages whole or
        not at all (server 2.12, stream with ``allow_atomic``); ``fast`` is fast ingest (2.14, ``allow_batched``);
        ``auto`` is fast where server and stream allow it, else window (``.mode``, ``.mode_reason``).
        ``timeout`` (the connection's, 5 s) is the longest time without an answer, not that of the whole.
        """
        return self._native.js_publish_many(
            subjects, payloads, headers, msg_ids, stream, ttl, mode, window, batch, stop_on_error, progress, timeout
        )

    def js_fetch(
        self,
        stream: str,
        consumer: str,
        *,
        batch: int = 100,
        max_bytes: int = 0,
        timeout: float | None = None,
        idle: float | None = None,
        until: str = "some",
        group: str = "",
        pin_id: str = "",
        min_pending: int | None = None,
        min_ack_pending: int | None = None,
        priority: int | None = None,
    ) -> Batch:
        """At most ``batch`` messages of a pull consumer. An empty batch is no error.

        ``until``: ``some`` takes what is there, and waits ``timeout`` (the connection's, 5 s) for a first message when
        nothing is; ``full`` goes on until the batch is full or the time over; ``caught_up`` ends also when no message
        waits behind the last one; ``idle`` also when none came for ``idle`` seconds. ``.reason`` says which it was.
        """
        return self._native.js_fetch(
            stream,
            consumer,
            batch,
            max_bytes,
            timeout,
            idle,
            until,
            group,
            pin_id,
            min_pending,
            min_ack_pending,
            priority,
        )

    def js_get_msgs(
        self,
        stream: str,
        subject: str = ">",
        *,
        seq: int = 1,
        limit: int = 100,
        max_bytes: int = 8 * 1024 * 1024,
        up_to_seq: int | None = None,
        timeout: float | None = None,
    ) -> list[StoredMessage]:
        """The first messages from sequence ``seq`` on that match ``subject``, without a consumer. Any replica answers."""
        return self._native.js_get_msgs(stream, subject, seq, limit, max_bytes, up_to_seq, timeout)

    def publish(
        self,
        subject: str,
        data: Any = b"",
        *,
        headers: Mapping[str, str] | None = None,
        reply: str | None = None,
    ) -> None:
        """Publishes without an acknowledgement. `flush` reports what the server refused."""
        self._native.publish(subject, data, headers, reply or "")

    def request(
        self,
        subject: str,
        data: Any = b"",
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Message:
        """Publishes and waits for one reply."""
        return self._native.request(subject, data, headers, timeout)
