"""A method for every operation that has no native form in `_client.py`.

Written by tools/generate.py from the operations; `make generate` writes it again.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Literal

    from . import results

    Progress = Callable[[str], object]

#: Stands for a parameter that was not given, where None is a value.
UNSET: Any = object()


class Operations:
    """Operations over the connection of a `Client`. Each gives its result document; a failure raises the class of its code."""

    __slots__ = ()

    def _run(
        self,
        operation: str,
        params: dict[str, Any],
        timeout: float | None,
        progress: Progress | None,
        connects: bool = True,
        **nullable: Any,
    ) -> Any:
        raise NotImplementedError

    def account_info(self, *, timeout: float | None = None, progress: Progress | None = None) -> results.AccountInfo:
        """Show how much of JetStream this account uses, and its limits."""
        result: results.AccountInfo = self._run("account_info", {}, timeout, progress)
        return result

    def connect(
        self,
        *,
        target: Literal["local", "kubernetes", "k8s"] | None = None,
        instance: str | None = None,
        namespace: str | None = None,
        context: str | None = None,
        kubeconfig: str | None = None,
        kubectl: str | None = None,
        format: Literal["url", "env", "context"] | None = None,
        progress: Progress | None = None,
    ) -> results.Connect:
        """Say how programs connect to a deployed instance.

        target: Where it runs: local (a process on this machine) or kubernetes (k8s).
        instance: Name of the instance; several run side by side.
        namespace: Namespace of target kubernetes; a local instance has none.
        context: Kubernetes: context of the kubeconfig.
        kubeconfig: Kubernetes: path of the kubeconfig.
        kubectl: Kubernetes: the kubectl program.
        format: What to print on a terminal: url (everything in words), env (lines for a shell), context (for
            the nats command line).
        """
        result: results.Connect = self._run(
            "connect",
            {
                "target": target,
                "instance": instance,
                "namespace": namespace,
                "context": context,
                "kubeconfig": kubeconfig,
                "kubectl": kubectl,
                "format": format,
            },
            None,
            progress,
            connects=False,
        )
        return result

    def consumer_apply(
        self,
        stream: str,
        consumer: str,
        *,
        config: Mapping[str, Any] | None = None,
        dry_run: bool | None = None,
        recreate: bool | None = None,
        unset: Sequence[str] | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.ConsumerApply:
        """Create a consumer of a stream, or update it to match a configuration.

        stream: Stream of the consumer.
        consumer: Name of the consumer.
        config: Configuration with the server's names (filter_subjects, ack_wait, max_deliver, ...). Durations
            may be text (30s); a bare number is nanoseconds. What is left out keeps its value. A new consumer is
            a durable pull consumer with ack_policy explicit.
        dry_run: Say what would change, change nothing.
        recreate: Where a field cannot change, delete the consumer and make it again. It goes on where it was;
            messages that were acknowledged out of order may come again.
        unset: Fields to put back to their default.
        """
        result: results.ConsumerApply = self._run(
            "consumer_apply",
            {
                "stream": stream,
                "consumer": consumer,
                "config": config,
                "dry_run": dry_run,
                "recreate": recreate,
                "unset": unset,
            },
            timeout,
            progress,
        )
        return result

    def consumer_delete(
        self,
        stream: str,
        consumer: str,
        *,
        missing_ok: bool | None = None,
        dry_run: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.ConsumerDelete:
        """Delete a consumer; the messages stay in the stream.

        stream: Stream of the consumer.
        consumer: Consumer to delete, with its position.
        missing_ok: Succeed when there is no such consumer.
        dry_run: Say what would go, delete nothing.
        """
        result: results.ConsumerDelete = self._run(
            "consumer_delete",
            {"stream": stream, "consumer": consumer, "missing_ok": missing_ok, "dry_run": dry_run},
            timeout,
            progress,
        )
        return result

    def consumer_info(
        self, stream: str, consumer: str, *, timeout: float | None = None, progress: Progress | None = None
    ) -> results.ConsumerInfo:
        """Show how far a consumer is, and how it is configured.

        stream: Stream of the consumer.
        consumer: Consumer to look at.
        """
        result: results.ConsumerInfo = self._run(
            "consumer_info", {"stream": stream, "consumer": consumer}, timeout, progress
        )
        return result

    def consumer_list(
        self,
        stream: str,
        pattern: str | None = None,
        *,
        details: bool | None = None,
        limit: int | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.ConsumerList:
        """List the consumers of a stream.

        stream: Stream whose consumers to list.
        pattern: Only consumers whose name matches; * is any run of characters.
        details: Tell more than the name of each consumer.
        limit: At most so many; a cut list says truncated.
        """
        result: results.ConsumerList = self._run(
            "consumer_list",
            {"stream": stream, "pattern": pattern, "details": details, "limit": limit},
            timeout,
            progress,
        )
        return result

    def deploy(
        self,
        *,
        target: Literal["local", "kubernetes", "k8s"] | None = None,
        instance: str | None = None,
        namespace: str | None = None,
        context: str | None = None,
        kubeconfig: str | None = None,
        kubectl: str | None = None,
        version: str | None = None,
        port: str | None = None,
        http_port: str | None = None,
        host: str | None = None,
        monitoring: bool | None = None,
        jetstream: Mapping[str, Any] | None = None,
        user: str | None = None,
        password: str | None = None,
        sys_user: str | None = None,
        sys_password: str | None = None,
        accounts: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        binary: str | None = None,
        replicas: int | None = None,
        image: str | None = None,
        node_port: int | None = None,
        cluster: str | None = None,
        resources: Mapping[str, Any] | None = None,
        tls: Mapping[str, Any] | None = None,
        wait: float | None = None,
        dry_run: bool | None = None,
        render: str | None = None,
        progress: Progress | None = None,
    ) -> results.Deploy:
        """Make NATS with JetStream run, and wait until it answers.

        target: Where it runs: local (a process on this machine) or kubernetes (k8s).
        instance: Name of the instance; several run side by side.
        namespace: Namespace of target kubernetes; a local instance has none.
        context: Kubernetes: context of the kubeconfig.
        kubeconfig: Kubernetes: path of the kubeconfig.
        kubectl: Kubernetes: the kubectl program.
        version: Version of nats-server that it must be. Local: the program found must have it; default: the one
            that is installed.
        port: Port for clients; auto takes a free one and keeps it.
        http_port: Port for monitoring; auto takes a free one and keeps it.
        host: Local: address to listen on. The default is not reachable from other machines.
        monitoring: Whether there is a monitoring port.
        jetstream: JetStream's limits and storage; names as in nats-server's configuration.
        user: User of the account NOETL, which has JetStream.
        password: Its password. env:NAME and file:PATH are read from there.
        sys_user: User of the system account.
        sys_password: Its password. env:NAME and file:PATH are read from there.
        accounts: More accounts, or more users and limits of NOETL and $SYS; as in nats-server's configuration.
        config: Anything else of nats-server's configuration, merged over ours; null takes a member out.
        binary: Local: the nats-server program. Default: NOETL_NATS_SERVER, the one of the package nats-server-
            bin beside us, then PATH.
        replicas: Kubernetes: number of servers, 1, 3 or 5. A local instance is one server.
        image: Kubernetes: image of the server.
        node_port: Kubernetes: port of the nodes for clients.
        cluster: Kubernetes: name of the cluster of servers.
        resources: Kubernetes: requests and limits of the pods.
        tls: Kubernetes: certificates of the server; a local instance has no TLS yet.
        wait: How long to wait until it is ready, in seconds.
        dry_run: Only say what would change.
        render: Write the server's configuration to this file and do nothing else.
        """
        result: results.Deploy = self._run(
            "deploy",
            {
                "target": target,
                "instance": instance,
                "namespace": namespace,
                "context": context,
                "kubeconfig": kubeconfig,
                "kubectl": kubectl,
                "version": version,
                "port": port,
                "http_port": http_port,
                "host": host,
                "monitoring": monitoring,
                "jetstream": jetstream,
                "user": user,
                "password": password,
                "sys_user": sys_user,
                "sys_password": sys_password,
                "accounts": accounts,
                "config": config,
                "binary": binary,
                "replicas": replicas,
                "image": image,
                "node_port": node_port,
                "cluster": cluster,
                "resources": resources,
                "tls": tls,
                "wait_ms": None if wait is None else round(wait * 1000),
                "dry_run": dry_run,
                "render": render,
            },
            None,
            progress,
            connects=False,
        )
        return result

    def group_apply(
        self,
        stream: str,
        group: str,
        *,
        kind: Literal["shared", "overflow", "pinned", "prioritized", "partitioned_static", "partitioned_elastic"]
        | None = None,
        filters: Sequence[str] | None = None,
        ack_wait: str | float | None = None,
        max_deliver: int | None = None,
        backoff: Sequence[str | float] | None = None,
        max_ack_pending: int | None = None,
        partitions: int | None = None,
        partition_filters: Sequence[str] | None = None,
        members: Sequence[str] | None = None,
        member_mappings: Sequence[Any] | None = None,
        max_buffered_msgs: int | None = None,
        max_buffered_bytes: str | int | None = None,
        dlq: bool | None = None,
        dry_run: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.GroupApply:
        """Create a group of workers on a stream, or update it to match.

        stream: Stream whose messages the group shares.
        group: Name of the group; the consumer has it too.
        kind: shared: every worker takes what comes next. The other kinds are not built yet. In a playbook:
            group_kind.
        filters: Only messages whose subject matches one of these.
        ack_wait: Deliver a message again when it is not acknowledged for so long (30s unless given).
        max_deliver: Give a message up after so many deliveries; -1: never.
        backoff: Waits between the deliveries of a message, in place of ack_wait.
        max_ack_pending: Messages that may be unacknowledged at once: at least workers times batch. -1: no
            limit.
        partitions: Partitioned kinds only.
        partition_filters: Partitioned kinds only.
        members: Partitioned kinds only.
        member_mappings: Partitioned kinds only.
        max_buffered_msgs: partitioned_elastic only.
        max_buffered_bytes: partitioned_elastic only.
        dlq: Keep messages that were given up in a dead letter stream (not built yet).
        dry_run: Say what would change, change nothing.
        """
        result: results.GroupApply = self._run(
            "group_apply",
            {
                "stream": stream,
                "group": group,
                "kind": kind,
                "filters": filters,
                "ack_wait": ack_wait,
                "max_deliver": max_deliver,
                "backoff": backoff,
                "max_ack_pending": max_ack_pending,
                "partitions": partitions,
                "partition_filters": partition_filters,
                "members": members,
                "member_mappings": member_mappings,
                "max_buffered_msgs": max_buffered_msgs,
                "max_buffered_bytes": max_buffered_bytes,
                "dlq": dlq,
                "dry_run": dry_run,
            },
            timeout,
            progress,
        )
        return result

    def group_delete(
        self,
        stream: str,
        group: str,
        *,
        keep_buffer: bool | None = None,
        missing_ok: bool | None = None,
        dry_run: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.GroupDelete:
        """Delete a group of workers; the messages stay in the stream.

        stream: Stream of the group.
        group: Group to delete, with its position.
        keep_buffer: partitioned_elastic only: keep the group's own stream.
        missing_ok: Succeed when there is no such group.
        dry_run: Say what would go, delete nothing.
        """
        result: results.GroupDelete = self._run(
            "group_delete",
            {
                "stream": stream,
                "group": group,
                "keep_buffer": keep_buffer,
                "missing_ok": missing_ok,
                "dry_run": dry_run,
            },
            timeout,
            progress,
        )
        return result

    def group_status(
        self,
        stream: str,
        group: str | None = None,
        *,
        sample: float | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.GroupStatus:
        """Show how far the groups of a stream are behind.

        stream: Stream of the groups.
        group: One group; without it all that group_apply made.
        sample: Watch for so long to measure rate_per_s and eta_s; 0: do not.
        """
        result: results.GroupStatus = self._run(
            "group_status",
            {"stream": stream, "group": group, "sample_ms": None if sample is None else round(sample * 1000)},
            timeout,
            progress,
        )
        return result

    def health(
        self,
        *,
        checks: Sequence[Literal["all", "connection", "server", "jetstream", "js", "stream", "consumer", "kv"]]
        | None = None,
        stream: str | None = None,
        consumer: str | None = None,
        bucket: str | None = None,
        thresholds: Mapping[str, Any] | None = None,
        fail_on: Literal["critical", "warning", "unknown", "never"] | None = None,
        format: Literal["text", "json", "nagios"] | None = None,
        wait: float | None = None,
        instance: str | None = None,
        monitor_url: str | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.Health:
        """Look what is wrong, and say what fixes it.

        checks: Which checks: connection, server, jetstream, stream, consumer, kv, or all. Default: connection,
            server (where its monitoring is known), jetstream, stream, consumer.
        stream: Only this stream, or those that fit a pattern with *; a name that does not exist is critical.
        consumer: Only this consumer, or a pattern.
        bucket: Only this KV bucket, or a pattern (check kv).
        thresholds: From when on something is bad: {"rtt_warn": "5ms", "stream": {"fill_critical": 98}}. Names
            are NAME_warn and NAME_critical; 0 is off.
        fail_on: From which level on the operation fails: critical, warning, unknown, never. Default: critical
            on the command line, else never.
        format: text, json (one line) or nagios (exit status 0 to 3) as the `text` of the result; a command
            prints that.
        wait: Look again until nothing is critical or unknown, for at most this long.
        instance: Deployed instance to look at, when no url is given.
        monitor_url: The server's monitoring, http://HOST:8222; default: that of the instance. Without it, the
            server's own state needs the system account.
        """
        result: results.Health = self._run(
            "health",
            {
                "checks": checks,
                "stream": stream,
                "consumer": consumer,
                "bucket": bucket,
                "thresholds": thresholds,
                "fail_on": fail_on,
                "format": format,
                "wait_ms": None if wait is None else round(wait * 1000),
                "instance": instance,
                "monitor_url": monitor_url,
            },
            timeout,
            progress,
        )
        return result

    def js_ack(
        self,
        ack_ids: Sequence[str],
        *,
        double: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.JsAck:
        """Acknowledge messages: they are not delivered again.

        ack_ids: What js_consume and js_fetch give as ack_id with ack_mode manual.
        double: Wait until the consumer has confirmed each one.
        """
        result: results.JsAck = self._run("js_ack", {"ack_ids": ack_ids, "double": double}, timeout, progress)
        return result

    def js_consume(
        self,
        stream: str,
        consumer: str,
        *,
        batch: int | None = None,
        timeout: float | None = None,
        ack: bool | None = None,
        ack_mode: Literal["on_fetch", "none", "manual", "on_success"] | None = None,
        max_bytes: str | int | None = None,
        duration: float | None = None,
        idle: float | None = None,
        until: Literal["limit", "idle", "caught_up"] | None = None,
        encoding: Literal["auto", "utf-8", "text", "json", "base64"] | None = None,
        group: str | None = None,
        min_pending: int | None = None,
        min_ack_pending: int | None = None,
        priority: int | None = None,
        progress: Progress | None = None,
    ) -> results.JsConsume:
        """Fetch messages from a pull consumer, and acknowledge them.

        stream: Stream of the consumer.
        consumer: Pull consumer to fetch from; it must exist.
        batch: At most so many messages (1 to 1000).
        timeout: How long to wait when no message is there (0 to 5000); 0 takes only what is there.
        ack: Acknowledge what was fetched: true is ack_mode on_fetch, false is none.
        ack_mode: on_fetch: acknowledge before returning; on_success: when the result is out; none: leave them
            pending; manual: leave them pending and give an ack_id for each.
        max_bytes: At most so many bytes in one request.
        duration: Go on fetching for so long, until batch is full.
        idle: With duration_ms: stop when no message came for so long.
        until: With duration_ms: limit (batch is full), idle (nothing came for idle_ms), caught_up (nothing
            waits behind the last message).
        encoding: How data is shown: auto (JSON if it parses, else text), text, base64.
        group: Priority group of the consumer.
        min_pending: Overflow group: fetch only when so many messages wait.
        min_ack_pending: Overflow group: fetch only when so many messages are unacknowledged.
        priority: Prioritized group: 0 is served first, 9 last.
        """
        result: results.JsConsume = self._run(
            "js_consume",
            {
                "stream": stream,
                "consumer": consumer,
                "batch": batch,
                "timeout_ms": None if timeout is None else round(timeout * 1000),
                "ack": ack,
                "ack_mode": ack_mode,
                "max_bytes": max_bytes,
                "duration_ms": None if duration is None else round(duration * 1000),
                "idle_ms": None if idle is None else round(idle * 1000),
                "until": until,
                "encoding": encoding,
                "group": group,
                "min_pending": min_pending,
                "min_ack_pending": min_ack_pending,
                "priority": priority,
            },
            None,
            progress,
        )
        return result

    def js_get_msg(
        self,
        stream: str,
        seq: int | None = None,
        *,
        last: bool | None = None,
        subject: str | None = None,
        next: bool | None = None,
        encoding: Literal["auto", "utf-8", "text", "json", "base64"] | None = None,
        consistent: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.JsGetMsg:
        """Read one stored message of a stream.

        stream: Stream to read from.
        seq: The message with this sequence; wins over last and subject.
        last: The last message (of subject, when that is given).
        subject: The last message of this subject, or filter.
        next: The first message at or after seq on subject.
        encoding: How data is shown: auto (JSON if it parses, else text), text, base64.
        consistent: Ask the stream's leader; else any replica may answer.
        """
        result: results.JsGetMsg = self._run(
            "js_get_msg",
            {
                "stream": stream,
                "seq": seq,
                "last": last,
                "subject": subject,
                "next": next,
                "encoding": encoding,
                "consistent": consistent,
            },
            timeout,
            progress,
        )
        return result

    def js_in_progress(
        self,
        ack_ids: Sequence[str],
        *,
        double: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.JsInProgress:
        """Say that messages are still being worked on: their ack_wait begins anew.

        ack_ids: What js_consume and js_fetch give as ack_id with ack_mode manual.
        double: Wait until the consumer has confirmed each one.
        """
        result: results.JsInProgress = self._run(
            "js_in_progress", {"ack_ids": ack_ids, "double": double}, timeout, progress
        )
        return result

    def js_nak(
        self,
        ack_ids: Sequence[str],
        *,
        delay: str | float | None = None,
        double: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.JsNak:
        """Give messages back: they are delivered again, at once or after a delay.

        ack_ids: What js_consume and js_fetch give as ack_id with ack_mode manual.
        delay: Deliver them again only after this time; without it, at once.
        double: Wait until the consumer has confirmed each one.
        """
        result: results.JsNak = self._run(
            "js_nak", {"ack_ids": ack_ids, "delay": delay, "double": double}, timeout, progress
        )
        return result

    def js_stream_info(
        self, stream: str, *, timeout: float | None = None, progress: Progress | None = None
    ) -> results.JsStreamInfo:
        """Show a stream as NoETL's own tool does; a missing one is an error.

        stream: Stream to look at.
        """
        result: results.JsStreamInfo = self._run("js_stream_info", {"stream": stream}, timeout, progress)
        return result

    def js_term(
        self,
        ack_ids: Sequence[str],
        *,
        reason: str | None = None,
        double: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.JsTerm:
        """Give messages up: they are not delivered again, though nobody has processed them.

        ack_ids: What js_consume and js_fetch give as ack_id with ack_mode manual.
        reason: Why; the server's advisory of the termination has it.
        double: Wait until the consumer has confirmed each one.
        """
        result: results.JsTerm = self._run(
            "js_term", {"ack_ids": ack_ids, "reason": reason, "double": double}, timeout, progress
        )
        return result

    def kv_bucket_apply(
        self,
        bucket: str,
        *,
        description: str | None = None,
        history: int | None = None,
        ttl: str | float | None = None,
        limit_marker_ttl: str | float | None = None,
        max_value_size: str | int | None = None,
        max_bytes: str | int | None = None,
        storage: Literal["file", "memory"] | None = None,
        replicas: int | None = None,
        compression: bool | None = None,
        placement: Mapping[str, Any] | None = None,
        republish: Mapping[str, Any] | None = None,
        mirror: Any = UNSET,
        sources: Sequence[Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        dry_run: bool | None = None,
        allow_destructive: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.KvBucketApply:
        """Create a KV bucket, or update it to match.

        bucket: Name of the bucket.
        description: What the bucket is for.
        history: Values kept of each key; a new bucket keeps 1.
        ttl: How long a value lives: seconds, or text like 5m, 7d; 0: for ever.
        limit_marker_ttl: Lets single keys have a ttl; the marker of an expired key stays for this time, at
            least 1s.
        max_value_size: Largest value, like 10KiB; -1: no limit.
        max_bytes: Largest size of the bucket, like 512MiB; -1: no limit. A full bucket refuses writes.
        storage: Where it is stored; cannot be changed.
        replicas: Copies in a cluster: 1, 3 or 5.
        compression: Store values compressed.
        placement: Where in a cluster: {cluster, tags}.
        republish: Publish every change again: {src, dest, headers_only}.
        mirror: Make it a copy of this bucket: a name, or {bucket, external}.
        sources: Take in the keys of these buckets: names, or {bucket, external, ...}.
        metadata: Free texts to keep with the bucket.
        dry_run: Say what would change, change nothing.
        allow_destructive: Also make changes that delete stored values or cannot be taken back.
        """
        result: results.KvBucketApply = self._run(
            "kv_bucket_apply",
            {
                "bucket": bucket,
                "description": description,
                "history": history,
                "ttl": ttl,
                "limit_marker_ttl": limit_marker_ttl,
                "max_value_size": max_value_size,
                "max_bytes": max_bytes,
                "storage": storage,
                "replicas": replicas,
                "compression": compression,
                "placement": placement,
                "republish": republish,
                "sources": sources,
                "metadata": metadata,
                "dry_run": dry_run,
                "allow_destructive": allow_destructive,
            },
            timeout,
            progress,
            mirror=mirror,
        )
        return result

    def kv_bucket_delete(
        self,
        bucket: str,
        *,
        missing_ok: bool | None = None,
        dry_run: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.KvBucketDelete:
        """Delete a KV bucket with all its keys.

        bucket: Name of the bucket.
        missing_ok: Succeed also when there is no such bucket.
        dry_run: Only say what would be deleted.
        """
        result: results.KvBucketDelete = self._run(
            "kv_bucket_delete", {"bucket": bucket, "missing_ok": missing_ok, "dry_run": dry_run}, timeout, progress
        )
        return result

    def kv_bucket_info(
        self,
        bucket: str,
        *,
        count_keys: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.KvBucketInfo:
        """Show one KV bucket: what it holds and how it is set up.

        bucket: Name of the bucket.
        count_keys: Also count the keys that have a value.
        """
        result: results.KvBucketInfo = self._run(
            "kv_bucket_info", {"bucket": bucket, "count_keys": count_keys}, timeout, progress
        )
        return result

    def kv_bucket_list(
        self,
        pattern: str | None = None,
        *,
        details: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.KvBucketList:
        """List KV buckets.

        pattern: Only buckets whose name matches; * stands for any characters.
        details: Show each bucket as kv_bucket_info does, in place of its name.
        """
        result: results.KvBucketList = self._run(
            "kv_bucket_list", {"pattern": pattern, "details": details}, timeout, progress
        )
        return result

    def kv_delete(
        self,
        bucket: str,
        key: str,
        *,
        revision: int | None = None,
        dry_run: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.KvDelete:
        """Delete one key of a KV bucket; its history stays.

        bucket: Bucket of the key.
        key: Key to delete.
        revision: Delete only if this is the key's last revision.
        dry_run: Only say whether there is something to delete.
        """
        result: results.KvDelete = self._run(
            "kv_delete", {"bucket": bucket, "key": key, "revision": revision, "dry_run": dry_run}, timeout, progress
        )
        return result

    def kv_purge(
        self,
        bucket: str,
        key: str,
        *,
        revision: int | None = None,
        ttl: str | float | None = None,
        dry_run: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.KvPurge:
        """Remove one key of a KV bucket with its history; a marker stays.

        bucket: Bucket of the key.
        key: Key to purge.
        revision: Purge only if this is the key's last revision.
        ttl: The marker expires after this time: seconds, or text like 30s, 5m.
        dry_run: Only say whether there is something to purge.
        """
        result: results.KvPurge = self._run(
            "kv_purge",
            {"bucket": bucket, "key": key, "revision": revision, "ttl": ttl, "dry_run": dry_run},
            timeout,
            progress,
        )
        return result

    def logs(
        self,
        *,
        target: Literal["local", "kubernetes", "k8s"] | None = None,
        instance: str | None = None,
        namespace: str | None = None,
        context: str | None = None,
        kubeconfig: str | None = None,
        kubectl: str | None = None,
        tail: int | None = None,
        since: str | None = None,
        grep: str | None = None,
        level: Literal["trace", "debug", "info", "warning", "warn", "error", "fatal"] | None = None,
        previous: bool | None = None,
        follow: float | None = None,
        container: str | None = None,
        progress: Progress | None = None,
    ) -> results.Logs:
        """Show the last lines of the server's log.

        target: Where it runs: local (a process on this machine) or kubernetes (k8s).
        instance: Name of the instance; several run side by side.
        namespace: Namespace of target kubernetes; a local instance has none.
        context: Kubernetes: context of the kubeconfig.
        kubeconfig: Kubernetes: path of the kubeconfig.
        kubectl: Kubernetes: the kubectl program.
        tail: The last so many lines that match.
        since: Only lines from then on: how long ago (10m), or a time (RFC 3339).
        grep: Only lines that match this extended regular expression.
        level: Only lines of this level and above.
        previous: Only lines of earlier server processes, not of the one that runs.
        follow: Also wait this long for new lines, in seconds, and show them as they come.
        container: Kubernetes: the container.
        """
        result: results.Logs = self._run(
            "logs",
            {
                "target": target,
                "instance": instance,
                "namespace": namespace,
                "context": context,
                "kubeconfig": kubeconfig,
                "kubectl": kubectl,
                "tail": tail,
                "since": since,
                "grep": grep,
                "level": level,
                "previous": previous,
                "follow_ms": None if follow is None else round(follow * 1000),
                "container": container,
            },
            None,
            progress,
            connects=False,
        )
        return result

    def monitoring(
        self,
        endpoints: Sequence[str] | None = None,
        *,
        monitor_url: str | None = None,
        format: Literal["data", "prometheus"] | None = None,
        timeout: float | None = None,
        instance: str | None = None,
        progress: Progress | None = None,
    ) -> results.Monitoring:
        """The server's monitoring pages as data, or as metrics for Prometheus.

        monitor_url: The server's monitoring, http://HOST:8222; default: that of the instance.
        endpoints: Which pages to read; options go behind a question mark: connz?subs=1.
        format: data, or prometheus: metrics as text.
        timeout: Time for all pages, in seconds.
        instance: Deployed instance to look at, when no monitor_url is given.
        """
        result: results.Monitoring = self._run(
            "monitoring",
            {
                "monitor_url": monitor_url,
                "endpoints": endpoints,
                "format": format,
                "timeout_ms": None if timeout is None else round(timeout * 1000),
                "instance": instance,
            },
            None,
            progress,
            connects=False,
        )
        return result

    def object_bucket_apply(
        self,
        bucket: str,
        *,
        description: str | None = None,
        ttl: str | float | None = None,
        max_bytes: str | int | None = None,
        storage: Literal["file", "memory"] | None = None,
        replicas: int | None = None,
        compression: bool | None = None,
        placement: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        dry_run: bool | None = None,
        allow_destructive: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.ObjectBucketApply:
        """Create an object bucket, or update it to match.

        bucket: Name of the bucket.
        description: What the bucket is for.
        ttl: How long an object lives: seconds, or text like 5m, 7d; 0: for ever.
        max_bytes: Largest size of the bucket, like 512MiB; -1: no limit. A full bucket refuses writes.
        storage: Where it is stored; cannot be changed.
        replicas: Copies in a cluster: 1, 3 or 5.
        compression: Store objects compressed.
        placement: Where in a cluster: {cluster, tags}.
        metadata: Free texts to keep with the bucket.
        dry_run: Say what would change, change nothing.
        allow_destructive: Also make changes that delete stored objects or cannot be taken back.
        """
        result: results.ObjectBucketApply = self._run(
            "object_bucket_apply",
            {
                "bucket": bucket,
                "description": description,
                "ttl": ttl,
                "max_bytes": max_bytes,
                "storage": storage,
                "replicas": replicas,
                "compression": compression,
                "placement": placement,
                "metadata": metadata,
                "dry_run": dry_run,
                "allow_destructive": allow_destructive,
            },
            timeout,
            progress,
        )
        return result

    def object_bucket_delete(
        self,
        bucket: str,
        *,
        missing_ok: bool | None = None,
        dry_run: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.ObjectBucketDelete:
        """Delete an object bucket with all its objects.

        bucket: Name of the bucket.
        missing_ok: Succeed also when there is no such bucket.
        dry_run: Only say what would be deleted.
        """
        result: results.ObjectBucketDelete = self._run(
            "object_bucket_delete", {"bucket": bucket, "missing_ok": missing_ok, "dry_run": dry_run}, timeout, progress
        )
        return result

    def object_bucket_info(
        self, bucket: str, *, timeout: float | None = None, progress: Progress | None = None
    ) -> results.ObjectBucketInfo:
        """Show one object bucket: what it holds and how it is set up.

        bucket: Name of the bucket.
        """
        result: results.ObjectBucketInfo = self._run("object_bucket_info", {"bucket": bucket}, timeout, progress)
        return result

    def object_bucket_list(
        self,
        pattern: str | None = None,
        *,
        details: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.ObjectBucketList:
        """List object buckets.

        pattern: Only buckets whose name matches; * stands for any characters.
        details: Show each bucket as object_bucket_info does, in place of its name.
        """
        result: results.ObjectBucketList = self._run(
            "object_bucket_list", {"pattern": pattern, "details": details}, timeout, progress
        )
        return result

    def object_delete(
        self,
        bucket: str,
        name: str,
        *,
        missing_ok: bool | None = None,
        dry_run: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.ObjectDelete:
        """Delete one object.

        bucket: Bucket of the object.
        name: Name of the object.
        missing_ok: Succeed also when there is no such object.
        dry_run: Only say whether there is something to delete.
        """
        result: results.ObjectDelete = self._run(
            "object_delete",
            {"bucket": bucket, "name": name, "missing_ok": missing_ok, "dry_run": dry_run},
            timeout,
            progress,
        )
        return result

    def object_info(
        self, bucket: str, name: str, *, timeout: float | None = None, progress: Progress | None = None
    ) -> results.ObjectInfo:
        """Show one object without reading it.

        bucket: Bucket of the object.
        name: Name of the object.
        """
        result: results.ObjectInfo = self._run("object_info", {"bucket": bucket, "name": name}, timeout, progress)
        return result

    def object_list(
        self,
        bucket: str,
        *,
        pattern: str | None = None,
        deleted: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.ObjectList:
        """List the objects of a bucket.

        bucket: Bucket to list.
        pattern: Only names that match as a whole; * stands for any characters.
        deleted: Also those that were deleted.
        """
        result: results.ObjectList = self._run(
            "object_list", {"bucket": bucket, "pattern": pattern, "deleted": deleted}, timeout, progress
        )
        return result

    def ping(
        self, *, count: int | None = None, timeout: float | None = None, progress: Progress | None = None
    ) -> results.Ping:
        """Connect and measure the round trip.

        count: How many round trips to measure.
        """
        result: results.Ping = self._run("ping", {"count": count}, timeout, progress)
        return result

    def port_forward(
        self,
        *,
        target: Literal["local", "kubernetes", "k8s"] | None = None,
        instance: str | None = None,
        namespace: str | None = None,
        context: str | None = None,
        kubeconfig: str | None = None,
        kubectl: str | None = None,
        ports: Sequence[int] | None = None,
        pod: str | None = None,
        background: bool | None = None,
        duration: float | None = None,
        progress: Progress | None = None,
    ) -> results.PortForward:
        """Make the ports of an instance reachable from this machine.

        target: Where it runs: local (a process on this machine) or kubernetes (k8s).
        instance: Name of the instance; several run side by side.
        namespace: Namespace of target kubernetes; a local instance has none.
        context: Kubernetes: context of the kubeconfig.
        kubeconfig: Kubernetes: path of the kubeconfig.
        kubectl: Kubernetes: the kubectl program.
        ports: Kubernetes: ports of the server to reach from here. Default: clients and monitoring.
        pod: Kubernetes: the pod.
        background: Kubernetes: go on forwarding after this command has ended.
        duration: Kubernetes: forward this long, in seconds.
        """
        result: results.PortForward = self._run(
            "port_forward",
            {
                "target": target,
                "instance": instance,
                "namespace": namespace,
                "context": context,
                "kubeconfig": kubeconfig,
                "kubectl": kubectl,
                "ports": ports,
                "pod": pod,
                "background": background,
                "duration_ms": None if duration is None else round(duration * 1000),
            },
            None,
            progress,
            connects=False,
        )
        return result

    def restart(
        self,
        *,
        target: Literal["local", "kubernetes", "k8s"] | None = None,
        instance: str | None = None,
        namespace: str | None = None,
        context: str | None = None,
        kubeconfig: str | None = None,
        kubectl: str | None = None,
        wait: float | None = None,
        progress: Progress | None = None,
    ) -> results.Restart:
        """Stop NATS gently and start it again with the same settings and data.

        target: Where it runs: local (a process on this machine) or kubernetes (k8s).
        instance: Name of the instance; several run side by side.
        namespace: Namespace of target kubernetes; a local instance has none.
        context: Kubernetes: context of the kubeconfig.
        kubeconfig: Kubernetes: path of the kubeconfig.
        kubectl: Kubernetes: the kubectl program.
        wait: How long stopping and starting may take, in seconds.
        """
        result: results.Restart = self._run(
            "restart",
            {
                "target": target,
                "instance": instance,
                "namespace": namespace,
                "context": context,
                "kubeconfig": kubeconfig,
                "kubectl": kubectl,
                "wait_ms": None if wait is None else round(wait * 1000),
            },
            None,
            progress,
            connects=False,
        )
        return result

    def say(
        self, text: str, *, fail: bool | None = None, hint: str | None = None, progress: Progress | None = None
    ) -> results.Say:
        """Show a text to the person who runs the playbook, or fail with it.

        text: What to say; may have several lines.
        fail: End with this text as the error: failed_precondition.
        hint: What the person can do about it; shown with the error.
        """
        result: results.Say = self._run(
            "say", {"text": text, "fail": fail, "hint": hint}, None, progress, connects=False
        )
        return result

    def server_info(self, *, timeout: float | None = None, progress: Progress | None = None) -> results.ServerInfo:
        """Show which server answers, what it can do, and who we are there."""
        result: results.ServerInfo = self._run("server_info", {}, timeout, progress)
        return result

    def session_cache_get(
        self,
        key: str,
        *,
        bucket: str | None = None,
        sliding: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.SessionCacheGet:
        """Look a session up in the session cache.

        bucket: Bucket of the sessions.
        key: Key of the session.
        sliding: A hit lets the session live on: it is written again.
        """
        result: results.SessionCacheGet = self._run(
            "session_cache_get", {"bucket": bucket, "key": key, "sliding": sliding}, timeout, progress
        )
        return result

    def session_cache_invalidate(
        self,
        key: str | None = None,
        *,
        bucket: str | None = None,
        filters: Sequence[str] | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.SessionCacheInvalidate:
        """Forget sessions of the session cache.

        bucket: Bucket of the sessions.
        key: Key of the session to forget. Or give filters.
        filters: Forget all sessions whose key matches one of these NATS wildcards (user.7.>).
        """
        result: results.SessionCacheInvalidate = self._run(
            "session_cache_invalidate", {"bucket": bucket, "key": key, "filters": filters}, timeout, progress
        )
        return result

    def session_cache_put(
        self,
        key: str,
        value: Any,
        *,
        bucket: str | None = None,
        ttl: str | float | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.SessionCachePut:
        """Keep a session in the session cache.

        bucket: Bucket of the sessions; made on first use.
        key: Key of the session.
        value: The session: an object with user_id (number), is_active (bool), roles (list), expires_at (time),
            and more.
        ttl: This session lives for so long, if shorter than the bucket's: seconds, or text like 5m.
        """
        result: results.SessionCachePut = self._run(
            "session_cache_put", {"bucket": bucket, "key": key, "ttl": ttl}, timeout, progress, value=value
        )
        return result

    def status(
        self,
        *,
        target: Literal["local", "kubernetes", "k8s"] | None = None,
        instance: str | None = None,
        namespace: str | None = None,
        context: str | None = None,
        kubeconfig: str | None = None,
        kubectl: str | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.Status:
        """Say what runs, where, and with what in it.

        target: Where it runs: local (a process on this machine) or kubernetes (k8s).
        instance: Name of the instance; several run side by side.
        namespace: Namespace of target kubernetes; a local instance has none.
        context: Kubernetes: context of the kubeconfig.
        kubeconfig: Kubernetes: path of the kubeconfig.
        kubectl: Kubernetes: the kubectl program.
        timeout: Time to ask the server, in seconds.
        """
        result: results.Status = self._run(
            "status",
            {
                "target": target,
                "instance": instance,
                "namespace": namespace,
                "context": context,
                "kubeconfig": kubeconfig,
                "kubectl": kubectl,
                "timeout_ms": None if timeout is None else round(timeout * 1000),
            },
            None,
            progress,
            connects=False,
        )
        return result

    def stream_apply(
        self,
        stream: str | None = None,
        *,
        config: Mapping[str, Any],
        dry_run: bool | None = None,
        allow_destructive: bool | None = None,
        unset: Sequence[str] | None = None,
        on_missing: Literal["create", "error"] | None = None,
        recreate: Literal["never"] | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.StreamApply:
        """Create a stream, or update it to match a configuration.

        stream: Name of the stream; config.name does as well.
        config: Configuration with the server's names (subjects, retention, max_age, ...). Durations and sizes
            may be text (7d, 5GiB); a bare number is nanoseconds or bytes. What is left out keeps its value.
        dry_run: Say what would change, change nothing.
        allow_destructive: Also make changes that delete stored messages or cannot be taken back.
        unset: Fields to put back to their default.
        on_missing: What to do when there is no such stream.
        recreate: Streams are never deleted to change a field.
        """
        result: results.StreamApply = self._run(
            "stream_apply",
            {
                "stream": stream,
                "config": config,
                "dry_run": dry_run,
                "allow_destructive": allow_destructive,
                "unset": unset,
                "on_missing": on_missing,
                "recreate": recreate,
            },
            timeout,
            progress,
        )
        return result

    def stream_delete(
        self,
        stream: str,
        *,
        missing_ok: bool | None = None,
        dry_run: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.StreamDelete:
        """Delete a stream with all its messages and consumers.

        stream: Stream to delete, with its messages and consumers.
        missing_ok: Succeed when there is no such stream.
        dry_run: Say what would go, delete nothing.
        """
        result: results.StreamDelete = self._run(
            "stream_delete", {"stream": stream, "missing_ok": missing_ok, "dry_run": dry_run}, timeout, progress
        )
        return result

    def stream_info(
        self,
        stream: str,
        *,
        subjects_filter: str | None = None,
        deleted: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.StreamInfo:
        """Show the configuration and the state of a stream.

        stream: Stream to look at.
        subjects_filter: Also count the messages of each subject that matches, for example '>'.
        deleted: Also list the sequences of deleted messages (state.deleted).
        """
        result: results.StreamInfo = self._run(
            "stream_info", {"stream": stream, "subjects_filter": subjects_filter, "deleted": deleted}, timeout, progress
        )
        return result

    def stream_list(
        self,
        pattern: str | None = None,
        *,
        subject: str | None = None,
        details: bool | None = None,
        limit: int | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.StreamList:
        """List the streams of the account.

        pattern: Only streams whose name matches; * is any run of characters.
        subject: Only streams that take a subject which this filter overlaps.
        details: Tell more than the name of each stream.
        limit: At most so many; a cut list says truncated.
        """
        result: results.StreamList = self._run(
            "stream_list",
            {"pattern": pattern, "subject": subject, "details": details, "limit": limit},
            timeout,
            progress,
        )
        return result

    def stream_purge(
        self,
        stream: str,
        *,
        subject: str | None = None,
        up_to_seq: int | None = None,
        keep: int | None = None,
        dry_run: bool | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.StreamPurge:
        """Remove messages from a stream, which itself stays.

        stream: Stream to remove messages from.
        subject: Only messages whose subject matches this filter.
        up_to_seq: Only messages below this sequence.
        keep: All but the last so many.
        dry_run: Count what would go, remove nothing.
        """
        result: results.StreamPurge = self._run(
            "stream_purge",
            {"stream": stream, "subject": subject, "up_to_seq": up_to_seq, "keep": keep, "dry_run": dry_run},
            timeout,
            progress,
        )
        return result

    def streams(
        self,
        pattern: str | None = None,
        *,
        subject: str | None = None,
        limit: int | None = None,
        instance: str | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.Streams:
        """Every stream with its messages, size, limits and consumers.

        pattern: Only streams whose name matches; * is any run of characters.
        subject: Only streams that take a subject which this filter overlaps.
        limit: At most so many; a cut list says truncated.
        instance: Deployed instance to look at, when no url is given.
        """
        result: results.Streams = self._run(
            "streams", {"pattern": pattern, "subject": subject, "limit": limit, "instance": instance}, timeout, progress
        )
        return result

    def test(
        self,
        *,
        keep: bool | None = None,
        instance: str | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> results.Test:
        """A round trip through everything: stream, publish, consume, key-value with TTL, objects.

        keep: Leave stream and buckets there, to look at them.
        instance: Deployed instance to test, when no url is given.
        """
        result: results.Test = self._run("test", {"keep": keep, "instance": instance}, timeout, progress)
        return result

    def undeploy(
        self,
        *,
        target: Literal["local", "kubernetes", "k8s"] | None = None,
        instance: str | None = None,
        namespace: str | None = None,
        context: str | None = None,
        kubeconfig: str | None = None,
        kubectl: str | None = None,
        purge: bool | None = None,
        backup: str | None = None,
        wait: float | None = None,
        dry_run: bool | None = None,
        progress: Progress | None = None,
    ) -> results.Undeploy:
        """Stop NATS and remove the deployment; the data stays unless purge is given.

        target: Where it runs: local (a process on this machine) or kubernetes (k8s).
        instance: Name of the instance; several run side by side.
        namespace: Namespace of target kubernetes; a local instance has none.
        context: Kubernetes: context of the kubeconfig.
        kubeconfig: Kubernetes: path of the kubeconfig.
        kubectl: Kubernetes: the kubectl program.
        purge: Remove the data too, and all else of the instance.
        backup: Folder to back up the data to before a purge; not built yet.
        wait: How long the server may take to stop, in seconds; then it is killed.
        dry_run: Only say what would be removed and kept.
        """
        result: results.Undeploy = self._run(
            "undeploy",
            {
                "target": target,
                "instance": instance,
                "namespace": namespace,
                "context": context,
                "kubeconfig": kubeconfig,
                "kubectl": kubectl,
                "purge": purge,
                "backup": backup,
                "wait_ms": None if wait is None else round(wait * 1000),
                "dry_run": dry_run,
            },
            None,
            progress,
            connects=False,
        )
        return result
