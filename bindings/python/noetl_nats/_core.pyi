from asyncio import Future
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar, final, overload

from typing_extensions import Buffer

from .errors import NatsError

T = TypeVar("T")

version: str

def run(
    operation: str, params: Mapping[str, Any], progress: Callable[[str], object] | None = None
) -> dict[str, Any]: ...
def operations() -> list[str]: ...
def describe(operation: str) -> dict[str, Any]: ...
tested_engine: str

def plan_command_line(arguments: list[str], executable: str, progress_fd: int) -> Plan | None: ...
def plan_call(path: str, variables: dict[str, str], quiet: bool, executable: str, progress_fd: int) -> Plan | None: ...
def shut() -> None: ...
def before_fork() -> None: ...
def after_fork_in_parent() -> None: ...
def after_fork_in_child() -> None: ...

@final
class Plan:
    """A run of noetl with its NATS steps lowered."""

    @property
    def arguments(self) -> list[str]: ...
    @property
    def capture(self) -> bool: ...
    @property
    def epilogue(self) -> str: ...
    def restored(self, output: bytes) -> bytes: ...
    def error(self) -> tuple[str, str] | None: ...
    def close(self) -> None: ...

@final
class KvEntry:
    """One version of a key."""

    @property
    def key(self) -> str: ...
    @property
    def value(self) -> bytes: ...
    @property
    def text(self) -> str:
        """The value as UTF-8; UnicodeDecodeError when it is not."""
    @property
    def revision(self) -> int: ...
    @property
    def created(self) -> str:
        """RFC 3339, UTC."""
    @property
    def operation(self) -> str:
        """put, delete, purge or expired."""
    def json(self) -> Any: ...

@final
class KvWatch:
    """The changes of a bucket, as an iterator and a context manager."""

    def __iter__(self) -> KvWatch: ...
    def __next__(self) -> KvEntry: ...
    def next(self, timeout: float | None = None) -> KvEntry | None:
        """The next entry; None when none came within ``timeout`` seconds or the watch has ended."""
    @property
    def is_current(self) -> bool:
        """What was there at the beginning has been given out."""
    @property
    def last_revision(self) -> int:
        """Of the last entry: the ``from_revision`` of a watch that goes on."""
    def close(self) -> None: ...
    def __enter__(self) -> KvWatch: ...
    def __exit__(self, *error: object) -> None: ...

@final
class KvCache:
    """The keys of a bucket in memory, kept up to date by a watch. Not for a forked child: make one there."""

    def __getitem__(self, key: str) -> KvEntry: ...
    @overload
    def get(self, key: str) -> KvEntry | None: ...
    @overload
    def get(self, key: str, default: T) -> KvEntry | T: ...
    def __contains__(self, key: str) -> bool: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...
    def keys(self) -> list[str]: ...
    @property
    def is_stale(self) -> bool:
        """The server was not heard of for some seconds, or the watch has ended: changes may be missing."""
    @property
    def last_revision(self) -> int: ...
    def check(self) -> None:
        """Raises why the watch has ended, if it has."""
    def close(self) -> None:
        """Ends the watch. What is in memory can still be read, and is stale."""
    def __enter__(self) -> KvCache: ...
    def __exit__(self, *error: object) -> None: ...

@final
class ObjectInfo:
    """An object that was written or read."""

    @property
    def bucket(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def chunks(self) -> int:
        """Messages that hold the bytes."""
    @property
    def digest(self) -> str:
        """SHA-256= and the digest of the bytes in URL-safe base64."""
    @property
    def mtime(self) -> str:
        """When it was last written: RFC 3339, UTC."""
    @property
    def description(self) -> str | None: ...
    @property
    def headers(self) -> dict[str, list[str]] | None: ...
    @property
    def metadata(self) -> dict[str, str] | None: ...
    @property
    def changed(self) -> bool:
        """False after a read, and when ``skip_if_same`` found the same bytes."""
    @property
    def warnings(self) -> list[str]:
        """What to know; the object is stored all the same."""

@final
class Message:
    """A received message."""

    @property
    def subject(self) -> str: ...
    @property
    def reply(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def headers(self) -> dict[str, str | list[str]]:
        """A name that occurs more than once has a list."""

@final
class PubAck:
    """The acknowledgement of a published message."""

    @property
    def stream(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def duplicate(self) -> bool: ...
    @property
    def domain(self) -> str: ...

@final
class PublishResult:
    """What became of the messages of js_publish_many. Each is counted, in errors, in unknown, or was not sent."""

    @property
    def count(self) -> int:
        """Acknowledged messages, duplicates included."""
    @property
    def duplicates(self) -> int:
        """Of those: the stream had their id already, and stored nothing."""
    @property
    def first_seq(self) -> int:
        """The lowest sequence of an acknowledged message; 0 when there is none, and in mode fast."""
    @property
    def last_seq(self) -> int: ...
    @property
    def streams(self) -> list[str]: ...
    @property
    def errors(self) -> list[tuple[int, NatsError]]:
        """Index and reason of each message that was refused: it is not stored."""
    @property
    def unknown(self) -> list[int]:
        """Indexes of messages that were sent and not answered: stored or not."""
    @property
    def not_sent(self) -> int | None:
        """Index of the first message that was not sent, when it stopped early."""
    @property
    def stopped(self) -> NatsError | None:
        """Why it stopped early."""
    @property
    def mode(self) -> str:
        """window, atomic or fast."""
    @property
    def mode_reason(self) -> str:
        """Why mode auto did not choose fast ingest."""
    @property
    def ok(self) -> bool:
        """Every message is acknowledged."""
    def raise_for_errors(self) -> None:
        """Raises the first error unless every message is acknowledged."""

@final
class BatchMessage(Buffer):
    """A message of a batch. A buffer of its bytes: memoryview(message) copies nothing."""

    @property
    def data(self) -> bytes: ...
    @property
    def view(self) -> memoryview:
        """The bytes without a copy. Keeps the batch alive."""
    @property
    def text(self) -> str:
        """The data as UTF-8; UnicodeDecodeError when it is not."""
    def json(self) -> Any: ...
    @property
    def subject(self) -> str: ...
    @property
    def reply(self) -> str:
        """Where acknowledgements go: the ack_id of js_ack."""
    @property
    def headers(self) -> dict[str, str | list[str]]: ...
    @property
    def seq(self) -> int:
        """Sequence in the stream."""
    @property
    def consumer_seq(self) -> int: ...
    @property
    def num_delivered(self) -> int:
        """How often it was delivered, this time included."""
    @property
    def num_pending(self) -> int:
        """How many messages wait behind it."""
    @property
    def timestamp(self) -> float:
        """When it was stored: seconds since the Unix epoch."""
    @property
    def is_settled(self) -> bool: ...
    def ack(self, *, confirm: bool = False, timeout: float | None = None) -> None:
        """Done. With ``confirm`` waits until the consumer has taken it (double ack)."""
    def nak(self, delay: float | None = None) -> None:
        """Deliver it again, after ``delay`` seconds."""
    def term(self, reason: str = "") -> None:
        """Never deliver it again."""
    def in_progress(self) -> None:
        """Still at work: ack_wait begins anew."""

@final
class Batch:
    """Messages that a consumer has delivered. A sequence; each message is settled once, what comes later does nothing."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> BatchMessage: ...
    def __iter__(self) -> Iterator[BatchMessage]: ...
    def __enter__(self) -> Batch: ...
    def __exit__(self, *exception: object) -> None: ...
    @property
    def reason(self) -> str:
        """Why the fetch ended: once, limit, time, idle or caught_up."""
    @property
    def pin_id(self) -> str:
        """Of a pinned consumer: give it to the next fetch."""
    @property
    def num_pending(self) -> int:
        """How many messages wait behind the last one."""
    @property
    def unsettled(self) -> int: ...
    @property
    def stopped(self) -> NatsError | None:
        """Why the fetch ended before its time. The messages are good all the same."""
    def ack_all(self, *, confirm: bool = False, timeout: float | None = None) -> int:
        """Acknowledges all that are not settled, and gives their number. With ``confirm`` waits for the consumer."""
    def nak_all(self, delay: float | None = None) -> int: ...
    def in_progress(self) -> None: ...
    def keep_in_progress(self, every: float = 10.0) -> Batch:
        """Tells the consumer every so many seconds that the unsettled messages are being worked on, until the batch is
        settled, closed or collected. Use it as a context manager."""
    def close(self) -> None:
        """Ends `keep_in_progress`. What is not settled is delivered again after ack_wait."""

@final
class StoredMessage:
    """A message as the stream holds it."""

    @property
    def subject(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def time(self) -> str:
        """RFC 3339, UTC."""
    @property
    def data(self) -> bytes: ...
    @property
    def headers(self) -> dict[str, str | list[str]]: ...

@final
class Client:
    def __init__(self, params: Mapping[str, Any]) -> None: ...
    @property
    def is_open(self) -> bool: ...
    @property
    def server(self) -> str: ...
    def open(self) -> None: ...
    def close(self) -> None: ...
    def flush(self, timeout: float | None) -> None: ...
    def kv_get(self, bucket: str, key: str, revision: int | None, timeout: float | None) -> KvEntry | None: ...
    def kv_put(self, bucket: str, key: str, value: Any, ttl: float | None, timeout: float | None) -> int: ...
    def kv_create(self, bucket: str, key: str, value: Any, ttl: float | None, timeout: float | None) -> int: ...
    def kv_update(
        self, bucket: str, key: str, value: Any, revision: int, ttl: float | None, timeout: float | None
    ) -> int: ...
    def kv_keys(
        self, bucket: str, filters: list[str], limit: int | None, timeout: float | None
    ) -> tuple[list[str], bool]: ...
    def kv_get_many(
        self, bucket: str, keys: list[str], consistent: bool, timeout: float | None
    ) -> dict[str, KvEntry]: ...
    def kv_put_many(
        self,
        bucket: str,
        items: Iterable[tuple[str, Any]],
        revisions: dict[str, int],
        ttl: float | None,
        timeout: float | None,
    ) -> dict[str, int]: ...
    def kv_watch(
        self,
        bucket: str,
        options: dict[str, Any],
        max_updates: int | None,
        duration: float | None,
        idle: float | None,
        until_current: bool,
        timeout: float | None,
    ) -> KvWatch: ...
    def kv_cache(self, bucket: str, filters: list[str], timeout: float | None) -> KvCache: ...
    def kv_history(self, bucket: str, key: str, timeout: float | None) -> list[KvEntry]: ...
    def object_put(
        self,
        bucket: str,
        name: str,
        data: Any,
        file: Any,
        meta: dict[str, Any],
        skip_if_same: bool,
        progress: Callable[[int, int | None], object] | None,
        timeout: float | None,
    ) -> ObjectInfo: ...
    def object_get(
        self,
        bucket: str,
        name: str,
        file: Any,
        verify: bool,
        resume: bool,
        progress: Callable[[int, int | None], object] | None,
        timeout: float | None,
    ) -> bytes | ObjectInfo: ...
    def js_publish(
        self,
        subject: str,
        data: Any,
        headers: Mapping[str, str] | None,
        msg_id: str | None,
        stream: str | None,
        expect_last_seq: int | None,
        expect_last_subject_seq: int | None,
        ttl: float | None,
        timeout: float | None,
    ) -> PubAck: ...
    def publish(self, subject: str, data: Any, headers: Mapping[str, str] | None, reply: str | None) -> None: ...
    def request(self, subject: str, data: Any, headers: Mapping[str, str] | None, timeout: float | None) -> Message: ...
    def js_publish_many(
        self,
        subjects: str | Iterable[str],
        payloads: Iterable[Any],
        headers: Mapping[str, str | list[str]] | Iterable[Mapping[str, str | list[str]] | None] | None,
        msg_ids: bool | Iterable[str] | None,
        stream: str | None,
        ttl: float | None,
        mode: str,
        window: int,
        batch: int,
        stop_on_error: bool,
        progress: Callable[[int], object] | None,
        timeout: float | None,
    ) -> PublishResult: ...
    def js_fetch(
        self,
        stream: str,
        consumer: str,
        batch: int,
        max_bytes: int,
        timeout: float | None,
        idle: float | None,
        until: str,
        group: str,
        pin_id: str,
        min_pending: int | None,
        min_ack_pending: int | None,
        priority: int | None,
    ) -> Batch: ...
    def js_get_msgs(
        self,
        stream: str,
        subject: str,
        seq: int,
        limit: int,
        max_bytes: int,
        up_to_seq: int | None,
        timeout: float | None,
    ) -> list[StoredMessage]: ...

@final
class Stop:
    """Stops, from another thread, what a function does in the core."""

    def request(self) -> None: ...
    def run(self, function: Callable[..., T], arguments: tuple[Any, ...], options: dict[str, Any]) -> T: ...

@final
class LoopWatch:
    """A watch of an event loop."""

    @property
    def is_current(self) -> bool: ...
    @property
    def last_revision(self) -> int: ...

@final
class LoopClient:
    """A connection that an event loop drives. Methods with a future start a call whose result the future gets."""

    def __init__(self, params: Mapping[str, Any]) -> None: ...
    def open(self) -> None: ...
    def close(self) -> None: ...
    @property
    def is_open(self) -> bool: ...
    @property
    def server(self) -> str: ...
    @property
    def blocking(self) -> Client: ...
    @property
    def has_output(self) -> bool: ...
    @property
    def link(self) -> int: ...
    @property
    def wake_descriptor(self) -> int: ...
    def duplicate_socket(self) -> int: ...
    def pump(self, all: bool) -> bool: ...
    def end_calls(self) -> None: ...
    def cancel(self, future: Future[Any]) -> None: ...
    def publish(self, subject: str, data: Any, headers: Mapping[str, str] | None, reply: str) -> None: ...
    def flush(self, future: Future[Any], *arguments: Any) -> None: ...
    def request(self, future: Future[Any], *arguments: Any) -> None: ...
    def js_publish(self, future: Future[Any], *arguments: Any) -> None: ...
    def js_publish_many(self, future: Future[Any], *arguments: Any) -> None: ...
    def js_fetch(self, future: Future[Any], *arguments: Any) -> None: ...
    def js_get_msgs(self, future: Future[Any], *arguments: Any) -> None: ...
    def kv_get(self, future: Future[Any], *arguments: Any) -> None: ...
    def kv_put(self, future: Future[Any], *arguments: Any) -> None: ...
    def kv_create(self, future: Future[Any], *arguments: Any) -> None: ...
    def kv_update(self, future: Future[Any], *arguments: Any) -> None: ...
    def kv_keys(self, future: Future[Any], *arguments: Any) -> None: ...
    def kv_history(self, future: Future[Any], *arguments: Any) -> None: ...
    def kv_get_many(self, future: Future[Any], *arguments: Any) -> None: ...
    def kv_put_many(self, future: Future[Any], *arguments: Any) -> None: ...
    def kv_watch(self, future: Future[Any], *arguments: Any) -> None: ...
    def kv_watch_next(self, future: Future[Any], *arguments: Any) -> None: ...
