"""Native NATS for NoETL and Python.

>>> import noetl_nats as nn
>>> nn.run("kv_put", {"bucket": "sessions", "key": "alice", "value": {"active": True}})
>>> with nn.connect("nats://localhost:4222") as nats:
...     entry = nats.kv_get("sessions", "alice")
"""

from __future__ import annotations

from ._run import call, describe, operations, run
from .errors import (
    AlreadyExistsError,
    CancelledError,
    ConflictError,
    DataLossError,
    DeadlineExceededError,
    FailedPreconditionError,
    InternalError,
    InvalidArgumentError,
    NatsError,
    NotFoundError,
    PermissionDeniedError,
    ResourceExhaustedError,
    UnauthenticatedError,
    UnavailableError,
    UnimplementedError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._client import Client
    from ._connect import connect
    from ._core import (
        Batch,
        BatchMessage,
        KvCache,
        KvEntry,
        KvWatch,
        Message,
        ObjectInfo,
        PubAck,
        PublishResult,
        StoredMessage,
    )
    from ._core import version as __version__

__all__ = [
    "AlreadyExistsError",
    "Batch",
    "BatchMessage",
    "CancelledError",
    "Client",
    "ConflictError",
    "DataLossError",
    "DeadlineExceededError",
    "FailedPreconditionError",
    "InternalError",
    "InvalidArgumentError",
    "KvCache",
    "KvEntry",
    "KvWatch",
    "Message",
    "NatsError",
    "NotFoundError",
    "ObjectInfo",
    "PermissionDeniedError",
    "PubAck",
    "PublishResult",
    "ResourceExhaustedError",
    "StoredMessage",
    "UnauthenticatedError",
    "UnavailableError",
    "UnimplementedError",
    "__version__",
    "call",
    "connect",
    "describe",
    "operations",
    "run",
]


def __getattr__(name: str) -> object:
    # The client has a method for every operation; who only runs steps need not load them.
    if name == "Client":
        from . import _client as home
    elif name == "connect":
        from . import _connect as home  # type: ignore[no-redef]
    elif name in __all__ or name == "__version__":
        from . import _core as home  # type: ignore[no-redef]

        name = "version" if name == "__version__" else name
    else:
        raise AttributeError(f"module 'noetl_nats' has no attribute {name!r}")
    return getattr(home, name)
