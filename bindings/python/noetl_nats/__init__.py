"""Native NATS for NoETL and Python.

>>> import noetl_nats as nn
>>> nn.run("kv_put", {"bucket": "sessions", "key": "alice", "value": {"active": True}})
>>> with nn.connect("nats://localhost:4222") as nats:
...     entry = nats.kv_get("sessions", "alice")
"""

from __future__ import annotations

from . import errors as errors
from .errors import (
    AlreadyExistsError as AlreadyExistsError,
    CancelledError as CancelledError,
    ConflictError as ConflictError,
    DataLossError as DataLossError,
    DeadlineExceededError as DeadlineExceededError,
    FailedPreconditionError as FailedPreconditionError,
    InternalError as InternalError,
    InvalidArgumentError as InvalidArgumentError,
    NatsError as NatsError,
    NotFoundError as NotFoundError,
    PermissionDeniedError as PermissionDeniedError,
    ResourceExhaustedError as ResourceExhaustedError,
    UnauthenticatedError as UnauthenticatedError,
    UnavailableError as UnavailableError,
    UnimplementedError as UnimplementedError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from ._client import Client as Client
    from ._core import KvEntry as KvEntry, Message as Message, PubAck as PubAck
