"""The goals of the data plane, in one place, and whether a run has reached them.

Ratios of medians from one interleaved run; "limit" is the best that was seen anywhere (a raw socket, or this client on its
best day) when the goal was set.
"""

from __future__ import annotations

from dataclasses import dataclass

NATS_PY = ("nats-py",)
PYTHON = ("nats-py", "nats-py+uvloop", "natsio", "natsrpy", "nats-core")
OURS = "noetl_nats"


@dataclass(frozen=True)
class Ratio:
    """``ours`` is at least ``goal`` times as fast as the fastest of ``against``."""

    workload: str
    against: tuple[str, ...]
    goal: float
    limit: str = ""
    ours: tuple[str, ...] = (OURS,)  # the fastest of them counts


@dataclass(frozen=True)
class Bound:
    """A measured number is at most ``goal``."""

    what: str
    goal: float
    unit: str


def _step(workload: str) -> tuple[Ratio, ...]:
    ours = ("noetl-nats cli",)
    return (
        Ratio(workload, NATS_PY, 25, "86", ours),
        Ratio(workload, ("natscli",), 3.3, ours=ours),
        Ratio(workload, NATS_PY, 6, "11", ("noetl_nats.run",)),
    )


def _one_by_one(workload: str, goal: float, limit: str) -> tuple[Ratio, ...]:
    return (
        Ratio(workload, NATS_PY, goal, limit),
        Ratio(workload, ("c-client",), 1.4),
        Ratio(workload, PYTHON, 1),
    )


def _publish(size: str, goal: float, limit: str) -> tuple[Ratio, ...]:
    workload = f"publish_many {size} file"
    return (
        Ratio(workload, NATS_PY, goal, limit),
        Ratio(workload, ("c-client",), 1),
        Ratio(workload, ("nats bench async 1000",), 1.3),
    )


def _fetch(size: str, goal: float, limit: str) -> tuple[Ratio, ...]:
    workload = f"fetch+ack {size} file"
    return (Ratio(workload, NATS_PY, goal, limit), Ratio(workload, ("natsio",), 3))


RATIOS: tuple[Ratio, ...] = (
    *_step("proc kv_get"),
    *_step("proc kv_put"),
    *_step("proc publish"),
    *_one_by_one("kv_get", 3, "3.5-4"),
    *_one_by_one("kv_put", 3, "3.5-4"),
    *_one_by_one("js_publish", 3, "3.5-4"),
    *_one_by_one("request", 2, "2.5"),
    *_publish("100B", 5.5, "6.5"),
    *_publish("1KB", 4.5, "5.2"),
    *_publish("16KB", 1.65, "1.8"),
    Ratio("publish_many fast 100B file", NATS_PY, 6.5, "7.5"),
    Ratio("publish_many fast 100B file", ("nats bench fast 500",), 0.9),
    Ratio("publish_many atomic 100B file", NATS_PY, 3.3, "3.5"),
    Ratio("publish_many atomic 100B file", ("nats bench atomic 1000",), 0.95),
    *_fetch("100B", 6, "7"),
    *_fetch("1KB", 4.8, "5.7"),
    Ratio("kv_get_many 5k", NATS_PY, 13, "16"),
    Ratio("kv_get_many 5k", ("c-client",), 1),
    Ratio("kv_keys 50k", NATS_PY, 8, "10"),
    Ratio("kv_watch 10k", NATS_PY, 2.4, "3.2"),
    Ratio("kv_history 64", NATS_PY, 5, "7"),
    Ratio("object_put 64MB", NATS_PY, 2.8, "3.5"),
    Ratio("object_get 64MB", NATS_PY, 8, "9.8"),
    Ratio("object_get 64MB", ("natsio",), 1.05),
    # Tasks and threads are two workloads that share a fixture: each of ours against those of its own kind.
    Ratio("kv_get x100 tasks / 16 threads", NATS_PY, 2.8, "5.9", ("noetl_nats.aio",)),
    Ratio("kv_get x100 tasks / 16 threads", NATS_PY, 2, "", (OURS,)),
    Ratio("kv_get x100 tasks / 16 threads", PYTHON, 1, ours=(OURS, "noetl_nats.aio")),
)

# The names are those that report.bounds gives its numbers.
BOUNDS: tuple[Bound, ...] = (
    Bound("import noetl_nats", 12, "ms"),
    Bound("import noetl_nats, memory", 8 * 1024, "KiB"),
    Bound("object_put 64MB, memory added", 10 * 1024, "KiB"),
    Bound("object_get 64MB, memory added", 10 * 1024, "KiB"),
    Bound("growth publish_many, 10x the work", 11, "x"),
    Bound("growth fetch+ack, 10x the work", 11, "x"),
    Bound("growth kv_keys, 10x the work", 11, "x"),
    Bound("growth publish_many, 100x the work", 110, "x"),
    Bound("growth fetch+ack, 100x the work", 110, "x"),
    Bound("growth kv_keys, 100x the work", 110, "x"),
)


@dataclass(frozen=True)
class Verdict:
    workload: str
    text: str  # what the goal is
    goal: float
    limit: str
    measured: float | None  # None: this run has no number for it
    higher_is_better: bool = True
    load: float | None = None

    @property
    def reached(self) -> bool | None:
        if self.measured is None:
            return None
        return self.measured >= self.goal if self.higher_is_better else self.measured <= self.goal


Speeds = dict[str, dict[str, float]]  # workload -> peer -> median; higher is faster


def judge(speeds: Speeds, numbers: dict[str, float], loads: dict[str, float]) -> list[Verdict]:
    """``numbers``: what BOUNDS name; ``loads``: the machine's load during each workload."""
    verdicts = []
    for ratio in RATIOS:
        peers = speeds.get(ratio.workload, {})
        ours = [peers[name] for name in ratio.ours if name in peers]
        theirs = [peers[name] for name in ratio.against if name in peers]
        measured = max(ours) / max(theirs) if ours and theirs else None
        against = ratio.against[0] if len(ratio.against) == 1 else "every other Python client"
        text = f"{' or '.join(ratio.ours)} against {against}"
        load = loads.get(ratio.workload)
        verdicts.append(Verdict(ratio.workload, text, ratio.goal, ratio.limit, measured, load=load))
    for bound in BOUNDS:
        text = f"at most {bound.goal:g} {bound.unit}"
        verdicts.append(Verdict(bound.what, text, bound.goal, "", numbers.get(bound.what), higher_is_better=False))
    return verdicts
