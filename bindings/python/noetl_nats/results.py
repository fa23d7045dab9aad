"""The result documents of operations as types, for annotations.

Written by tools/generate.py from the operations; `make generate` writes it again.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict


class AccountInfo(TypedDict, total=False):
    status: Literal["success"]
    memory: int
    storage: int
    streams: int
    consumers: int
    limits: dict[str, Any]
    tiers: dict[str, Any]
    api: dict[str, Any]
    domain: str
    used_pct: dict[str, float]


class Connect(TypedDict, total=False):
    status: Literal["success"]
    instance: str
    format: str
    urls: list[str]
    user: str
    env: list[str]
    context: str
    monitor_url: str


class ConsumerApply(TypedDict, total=False):
    status: Literal["success"]
    stream: str
    consumer: str
    changed: bool
    created: bool
    recreated: bool
    diff: list[Any]
    config: dict[str, Any]
    dry_run: bool
    warnings: list[str]


class ConsumerDelete(TypedDict, total=False):
    status: Literal["success"]
    stream: str
    consumer: str
    changed: bool
    dry_run: bool


class ConsumerInfo(TypedDict, total=False):
    status: str
    stream: str
    consumer: str
    lag: int
    stalled: bool
    nobody_pulls: bool
    num_pending: int
    num_ack_pending: int
    num_redelivered: int
    num_waiting: int
    delivered: dict[str, Any]
    ack_floor: dict[str, Any]
    push_bound: bool
    paused: bool
    priority_groups: list[Any]
    cluster: dict[str, Any]
    config: dict[str, Any]
    created: str


class ConsumerList(TypedDict, total=False):
    status: Literal["success"]
    stream: str
    consumers: list[Any]
    count: int
    truncated: bool


class Deploy(TypedDict, total=False):
    status: Literal["success"]
    instance: str
    target: str
    changed: bool
    action: str
    dry_run: bool
    urls: list[str]
    monitor_url: str
    user: str
    version: str
    pid: int
    pods: list[str]
    store_dir: str
    rendered: str
    diff: Any
    health: str
    warnings: list[str]


class GroupApply(TypedDict, total=False):
    status: Literal["success"]
    stream: str
    group: str
    kind: str
    changed: bool
    created: bool
    diff: list[Any]
    dry_run: bool
    warnings: list[str]


class GroupDelete(TypedDict, total=False):
    status: Literal["success"]
    stream: str
    group: str
    changed: bool
    dry_run: bool


class GroupStatusGroups(TypedDict, total=False):
    group: str
    kind: str
    lag: int
    num_pending: int
    num_ack_pending: int
    num_redelivered: int
    num_waiting: int
    oldest_pending_age_s: float
    lag_s: float
    rate_per_s: float
    eta_s: float
    stalled: bool
    nobody_pulls: bool


class GroupStatus(TypedDict, total=False):
    status: Literal["success"]
    stream: str
    groups: list[GroupStatusGroups]
    count: int


class HealthChecksFindings(TypedDict, total=False):
    level: str
    code: str
    text: str
    evidence: dict[str, Any]
    hint: str


class HealthChecksPerf(TypedDict, total=False):
    name: str
    value: float
    unit: str
    warn: Any
    crit: Any


class HealthChecks(TypedDict, total=False):
    check: str
    name: str
    status: str
    source: str
    duration_ms: float
    findings: list[HealthChecksFindings]
    perf: list[HealthChecksPerf]


class Health(TypedDict, total=False):
    status: str
    exit_code: int
    summary: str
    at: str
    duration_ms: float
    checks: list[HealthChecks]
    text: str
    format: str


class JsAckErrors(TypedDict, total=False):
    index: int
    code: str
    message: str


class JsAck(TypedDict, total=False):
    status: Literal["success"]
    count: int
    confirmed: bool
    errors: list[JsAckErrors]


class JsConsumeMessages(TypedDict, total=False):
    subject: str
    stream_seq: int
    consumer_seq: int
    delivered: int
    pending: int
    data: Any
    encoding: str
    headers: dict[str, Any]
    time: str
    ack_id: str


class JsConsume(TypedDict, total=False):
    status: Literal["success"]
    stream: str
    consumer: str
    count: int
    messages: list[JsConsumeMessages]
    acked: bool
    ack_mode: str
    reason: str
    warnings: list[str]


class JsFetchMessages(TypedDict, total=False):
    subject: str
    stream_seq: int
    consumer_seq: int
    delivered: int
    pending: int
    data: Any
    encoding: str
    headers: dict[str, Any]
    time: str
    ack_id: str


class JsFetch(TypedDict, total=False):
    status: Literal["success"]
    stream: str
    consumer: str
    count: int
    messages: list[JsFetchMessages]
    file: str
    acked: bool
    ack_mode: str
    reason: str
    num_pending: int
    pin_id: str
    warnings: list[str]


class JsGetMsg(TypedDict, total=False):
    status: Literal["success"]
    stream: str
    subject: str
    seq: int
    data: Any
    encoding: str
    time: str
    headers: dict[str, Any]


class JsGetMsgsMessages(TypedDict, total=False):
    subject: str
    seq: int
    data: Any
    encoding: str
    time: str
    headers: dict[str, Any]


class JsGetMsgs(TypedDict, total=False):
    status: Literal["success"]
    stream: str
    count: int
    messages: list[JsGetMsgsMessages]
    next_seq: int
    truncated: bool


class JsInProgressErrors(TypedDict, total=False):
    index: int
    code: str
    message: str


class JsInProgress(TypedDict, total=False):
    status: Literal["success"]
    count: int
    confirmed: bool
    errors: list[JsInProgressErrors]


class JsNakErrors(TypedDict, total=False):
    index: int
    code: str
    message: str


class JsNak(TypedDict, total=False):
    status: Literal["success"]
    count: int
    confirmed: bool
    errors: list[JsNakErrors]


class JsPublish(TypedDict, total=False):
    status: Literal["success"]
    stream: str
    seq: int
    duplicate: bool
    domain: str


class JsPublishManyErrors(TypedDict, total=False):
    index: int
    line: int
    code: str
    message: str


class JsPublishMany(TypedDict, total=False):
    status: str
    count: int
    stored: int
    duplicates: int
    failed: int
    first_seq: int
    last_seq: int
    streams: list[str]
    errors: list[JsPublishManyErrors]
    unknown: list[int]
    not_sent: int
    mode: str
    mode_reason: str
    truncated: bool


class JsStreamInfo(TypedDict, total=False):
    status: Literal["success"]
    stream: str
    config: dict[str, Any]
    state: dict[str, Any]
    cluster: dict[str, Any]
    mirror: dict[str, Any]
    sources: list[Any]


class JsTermErrors(TypedDict, total=False):
    index: int
    code: str
    message: str


class JsTerm(TypedDict, total=False):
    status: Literal["success"]
    count: int
    confirmed: bool
    errors: list[JsTermErrors]


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


class KvGetManyEntries(TypedDict, total=False):
    value: Any
    encoding: str
    revision: int
    created: str


class KvGetMany(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    entries: dict[str, KvGetManyEntries]
    missing: list[str]
    count: int


class KvHistoryEntries(TypedDict, total=False):
    key: str
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


class KvPutMany(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    revisions: dict[str, int]
    count: int
    changed: bool


class KvUpdate(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    key: str
    revision: int
    changed: bool
    ttl_applied: int


class KvWatchEvents(TypedDict, total=False):
    key: str
    revision: int
    operation: str
    value: Any
    encoding: str
    created: str


class KvWatch(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    events: list[KvWatchEvents]
    count: int
    reason: str
    last_revision: int


class LogsLines(TypedDict, total=False):
    time: str
    level: str
    pod: str
    text: str


class Logs(TypedDict, total=False):
    status: Literal["success"]
    instance: str
    lines: list[LogsLines]
    count: int
    truncated: bool
    log_file: str


class Monitoring(TypedDict, total=False):
    status: Literal["success"]
    monitor_url: str
    endpoints: dict[str, Any]
    text: str


class ObjectBucketApply(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    changed: bool
    created: bool
    diff: Any
    config: dict[str, Any]
    dry_run: bool
    warnings: list[str]


class ObjectBucketDelete(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    changed: bool
    messages: int
    dry_run: bool


class ObjectBucketInfo(TypedDict, total=False):
    status: str
    bucket: str
    objects: int
    bytes: int
    ttl: str | float
    max_bytes: int
    storage: str
    replicas: int
    compression: bool
    sealed: bool
    description: str
    metadata: Any
    config: Any


class ObjectBucketList(TypedDict, total=False):
    status: Literal["success"]
    buckets: list[Any]
    count: int


class ObjectDelete(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    name: str
    changed: bool


class ObjectGet(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    name: str
    data: Any
    file: str
    size: int
    digest: str
    mtime: str
    encoding: str


class ObjectInfo(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    name: str
    size: int
    description: Any
    chunks: int
    mtime: str
    digest: str
    headers: Any
    metadata: Any
    link: Any
    deleted: bool


class ObjectListObjects(TypedDict, total=False):
    bucket: str
    name: str
    size: int
    description: Any
    chunks: int
    mtime: str
    digest: str
    headers: Any
    metadata: Any
    link: Any
    deleted: bool


class ObjectList(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    objects: list[ObjectListObjects]
    count: int
    warnings: list[str]


class ObjectPut(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    name: str
    size: int
    digest: str
    chunks: int
    changed: bool
    warnings: list[str]


class Ping(TypedDict, total=False):
    status: Literal["success"]
    server: str
    version: str
    rtt_ms: float
    connect_ms: float
    tls: bool
    client_ip: str


class PortForwardForwards(TypedDict, total=False):
    local: int
    remote: int
    pod: str


class PortForward(TypedDict, total=False):
    status: Literal["success"]
    instance: str
    forwards: list[PortForwardForwards]
    urls: list[str]
    monitor_url: str
    pid: int


class Publish(TypedDict, total=False):
    status: Literal["success"]
    subject: str
    flushed: bool


class RequestReplies(TypedDict, total=False):
    payload: Any
    encoding: str
    headers: dict[str, Any]
    subject: str
    rtt_ms: float


class Request(TypedDict, total=False):
    status: Literal["success"]
    replies: list[RequestReplies]
    count: int


class Restart(TypedDict, total=False):
    status: Literal["success"]
    instance: str
    target: str
    changed: bool
    pid: int
    urls: list[str]
    version: str


class Say(TypedDict, total=False):
    status: Literal["success"]
    text: str


class ServerInfo(TypedDict, total=False):
    status: Literal["success"]
    name: str
    id: str
    version: str
    api_level: int
    cluster: str
    domain: str
    max_payload: int
    jetstream: bool
    features: dict[str, bool]
    user: str
    account: str
    permissions: dict[str, Any]


class SessionCacheGet(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    key: str
    hit: bool
    value: Any
    reason: str


class SessionCacheInvalidate(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    count: int
    changed: bool


class SessionCachePut(TypedDict, total=False):
    status: Literal["success"]
    bucket: str
    key: str
    revision: int
    changed: bool


class StatusVolumes(TypedDict, total=False):
    path: str
    used: str | int
    free: str | int


class StatusServers(TypedDict, total=False):
    name: str
    id: str
    version: str
    pid: int
    started_at: str
    uptime_s: float
    cpu: float
    mem: str | int
    connections: int
    slow_consumers: int


class StatusJetstream(TypedDict, total=False):
    memory: str | int
    max_memory: str | int
    storage: str | int
    max_storage: str | int
    domain: str


class StatusProblems(TypedDict, total=False):
    text: str
    hint: str


class Status(TypedDict, total=False):
    status: Literal["success"]
    instance: str
    running: bool
    deployed: bool
    target: str
    urls: list[str]
    monitor_url: str
    user: str
    version: str
    api_level: int
    pid: int
    pods: list[str]
    volumes: list[StatusVolumes]
    servers: list[StatusServers]
    jetstream: StatusJetstream
    meta_leader: str
    streams: int
    consumers: int
    deployed_at: str
    log_file: str
    problems: list[StatusProblems]


class StreamApply(TypedDict, total=False):
    status: Literal["success"]
    stream: str
    changed: bool
    created: bool
    diff: list[Any]
    config: dict[str, Any]
    dry_run: bool
    warnings: list[str]


class StreamDelete(TypedDict, total=False):
    status: Literal["success"]
    stream: str
    changed: bool
    messages: int
    dry_run: bool


class StreamInfo(TypedDict, total=False):
    status: str
    stream: str
    config: dict[str, Any]
    state: dict[str, Any]
    cluster: dict[str, Any]
    mirror: dict[str, Any]
    sources: list[Any]
    subjects: dict[str, int]
    created: str
    level: int


class StreamList(TypedDict, total=False):
    status: Literal["success"]
    streams: list[Any]
    count: int
    truncated: bool
    offline: dict[str, Any]
    missing: list[Any]


class StreamPurge(TypedDict, total=False):
    status: Literal["success"]
    stream: str
    changed: bool
    purged: int
    dry_run: bool
    warnings: list[str]


class Streams(TypedDict, total=False):
    status: Literal["success"]
    streams: list[Any]
    count: int
    messages: int
    bytes: int
    truncated: bool
    offline: dict[str, Any]
    missing: list[Any]


class TestSteps(TypedDict, total=False):
    name: str
    ok: bool
    ms: float
    text: str


class Test(TypedDict, total=False):
    status: Literal["success"]
    steps: list[TestSteps]
    ms: float
    kept: list[str]


class Undeploy(TypedDict, total=False):
    status: Literal["success"]
    instance: str
    target: str
    changed: bool
    dry_run: bool
    removed: list[str]
    kept: list[str]
