"""The result documents of operations as types, for annotations.

Written by tools/generate.py from the operations; `make generate` writes it again.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict


class KvBucketApply(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    changed: bool
    created: bool
    diff: Any
    config: dict[str, Any]
    dry_run: bool
    warnings: list[str]


class KvBucketDelete(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    changed: bool
    values: int
    dry_run: bool


class KvBucketInfo(TypedDict, total=False):
    status: str
    bucket: str
    values: int
    keys: int
    history: int
    ttl: str | float
    bytes: int
    max_bytes: int
    max_value_size: int
    storage: str
    replicas: int
    compression: bool
    limit_marker_ttl: str | float
    mirror: str
    description: str
    metadata: Any
    config: Any


class KvBucketList(TypedDict, total=False):
    status: Literal["success"]
    buckets: list[Any]
    count: int


class KvCreate(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    key: str
    revision: int
    created: bool
    changed: bool
    ttl_applied: int
    value: Any
    encoding: str


class KvDelete(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    key: str
    revision: int
    changed: bool


class KvGet(TypedDict, total=False):
    status: str
    bucket: str
    key: str
    value: Any
    revision: int
    created: str
    encoding: str


class KvHistoryEntries(TypedDict, total=False):
    revision: int
    operation: str
    value: Any
    encoding: str
    created: str


class KvHistory(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    key: str
    entries: list[KvHistoryEntries]
    count: int
    truncated: bool


class KvKeys(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    keys: list[str]
    count: int
    truncated: bool


class KvPurge(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    key: str
    revision: int
    changed: bool


class KvPut(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    key: str
    revision: int
    changed: bool
    ttl_applied: int
    duplicate: bool
    warnings: list[str]


class KvUpdate(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    key: str
    revision: int
    changed: bool
    ttl_applied: int


class Ping(TypedDict, total=False):
    status: Literal["success"]
    server: str
    version: str
    rtt_ms: float
    connect_ms: float
    tls: bool
    client_ip: str


class Say(TypedDict, total=False):
    status: Literal["success"]
    text: str
