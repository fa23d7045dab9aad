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

    def ping(
        self, *, count: int | None = None, timeout: float | None = None, progress: Progress | None = None
    ) -> results.Ping:
        """Connect and measure the round trip.

        count: How many round trips to measure.
        """
        result: results.Ping = self._run("ping", {"count": count}, timeout, progress)
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
