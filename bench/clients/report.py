"""The results of a run as tables."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

from fixtures import MB
from goals import OURS, Speeds, Verdict
from workloads import Result, Workload

Results = dict[str, dict[str, list[Result]]]  # workload -> peer -> one result for each round
Imports = dict[str, dict[str, float]]

BASE = "nats-py"
NAN = float("nan")
# What counts as "the limit". `nats bench fetch` starts its clock at the first message and prefetches: never a limit.
LIMITS = ("raw", "c-client", "nats bench async 1000", "nats bench atomic 1000", "nats bench fast 500")


def median(values: Iterable[float]) -> float:
    given = list(values)
    return statistics.median(given) if given else NAN


def number(value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def good(results: Sequence[Result]) -> list[Result]:
    return [each for each in results if not each.get("error")]


def shown(workload: Workload, result: Result) -> float:
    """The number of the table, in the workload's unit."""
    if workload.unit == "ms/step":
        return float(result["p50_us"]) / 1000
    return float(result["rate"]) / (MB if workload.unit == "MB/s" else 1)


def speeds(workloads: Sequence[Workload], results: Results) -> Speeds:
    """Medians where higher is faster. Wrong results are no results."""
    found: Speeds = {}
    for workload in workloads:
        for peer, runs in results.get(workload.id, {}).items():
            right = good(runs)
            if right and len(right) == len(runs) and not any(each.get("bad") for each in right):
                middle = median(shown(workload, each) for each in right)
                found.setdefault(workload.id, {})[peer] = 1 / middle if workload.unit == "ms/step" else middle
    return found


def loads(results: Results) -> dict[str, float]:
    by_workload = {
        name: [run["load"] for runs in rows.values() for run in good(runs)] for name, rows in results.items()
    }
    return {name: median(values) for name, values in by_workload.items() if values}


def numbers(
    results: Results, imports: Imports, growth: dict[tuple[str, str], list[tuple[int, float]]]
) -> dict[str, float]:
    """What the bounds of goals.py name."""
    found: dict[str, float] = {}
    if OURS in imports:
        found["import noetl_nats"] = imports[OURS]["import_ms"]
        found["import noetl_nats, memory"] = imports[OURS]["rss_kb"]
    for name, rows in results.items():
        added = [run["added_kb"] for run in good(rows.get(OURS, [])) if "added_kb" in run]
        if added:
            found[f"{name}, memory added"] = median(added)
    for (family, peer), sizes in growth.items():
        if peer == OURS and len(sizes) == 3:
            for factor, (_, seconds) in zip((10, 100), sizes[1:], strict=True):
                found[f"growth {family}, {factor}x the work"] = seconds / sizes[0][1]
    return found


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Empty without rows."""
    if not rows:
        return ""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def table(workloads: Sequence[Workload], results: Results) -> str:
    head = [
        "workload",
        "peer",
        "median",
        "spread",
        "x nats-py",
        "of the limit",
        "p50 us",
        "client us",
        "server us",
        "load",
        "bad",
    ]
    rows: list[list[str]] = []
    for workload in workloads:
        rows += _rows(workload, results.get(workload.id, {}))
    return markdown(head, rows)


def _rows(workload: Workload, results: dict[str, list[Result]]) -> list[list[str]]:
    values = {peer: [shown(workload, run) for run in good(runs)] for peer, runs in results.items()}
    lower_is_better = workload.unit == "ms/step"
    sign = 1 if lower_is_better else -1
    best = min if lower_is_better else max
    limit = best((median(values[peer]) for peer in LIMITS if values.get(peer)), default=NAN)
    base = median(values.get(BASE, []))
    rows = []
    for peer in sorted(results, key=lambda name: sign * (median(values[name]) if values[name] else 0)):
        right = good(results[peer])
        if not right:
            rows.append([workload.id, peer, f"failed: {results[peer][0]['error'][:80]}", *[""] * 8])
            continue
        middle = median(values[peer])
        ratio, share = (base / middle, limit / middle) if lower_is_better else (middle / base, middle / limit)
        units = [run["n"] / (MB if workload.unit == "MB/s" else 1) for run in right]
        client, server = (
            median(run[key] / count * 1e6 for run, count in zip(right, units, strict=True))
            for key in ("cpu", "server_cpu")
        )
        rows.append(
            [
                workload.id,
                peer,
                f"{number(middle)} {workload.unit}",
                f"{number(min(values[peer]))}-{number(max(values[peer]))}",
                number(ratio),
                number(share),
                number(median(run["p50_us"] for run in right if "p50_us" in run)),
                number(client),
                number(server),
                f"{median(run['load'] for run in right):.1f}",
                str(sum(run.get("bad") or 0 for run in right)),
            ]
        )
    return rows


def growth(workloads: Sequence[Workload], results: Results) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """(family, peer) -> (n, seconds), by n."""
    found: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for workload in workloads:
        if workload.growth is None:
            continue
        family, n = workload.growth
        for peer, runs in results.get(workload.id, {}).items():
            if good(runs):
                found.setdefault((family, peer), []).append((n, median(run["s"] for run in good(runs))))
    return {key: sorted(sizes) for key, sizes in sorted(found.items())}


def growth_table(sizes_of: dict[tuple[str, str], list[tuple[int, float]]]) -> str:
    rows = []
    for (family, peer), sizes in sizes_of.items():
        if len(sizes) > 1:
            (n1, s1), (n2, s2) = sizes[-2:]
            exponent = math.log(s2 / s1) / math.log(n2 / n1) if n1 != n2 else NAN
            rows.append([family, peer, ", ".join(f"{n}: {s:.4g}" for n, s in sizes), f"{exponent:.2f}"])
    return markdown(["family", "peer", "seconds at n", "exponent (1 = linear)"], rows)


def limits_table(samples: dict[str, list[float]]) -> str:
    rows = [[name, number(median(each)), f"{number(min(each))}-{number(max(each))}"] for name, each in samples.items()]
    return markdown(["limit", "median", "spread"], rows)


def imports_table(imports: Imports) -> str:
    rows = [
        [name, f"{each['import_ms']:.1f}", f"{each['rss_kb']:.0f}", f"{each['total_kb']:.0f}"]
        for name, each in imports.items()
    ]
    return markdown(["module", "import ms", "adds KiB", "process KiB"], rows)


def goals_table(verdicts: Sequence[Verdict]) -> str:
    words = {True: "reached", False: "NOT reached"}
    rows = [
        [
            each.workload,
            each.text,
            f"{each.goal:g}" + (f" (limit seen {each.limit})" if each.limit else ""),
            number(each.measured),
            "-" if each.load is None else f"{each.load:.1f}",
            words[each.reached],
        ]
        for each in verdicts
        if each.measured is not None and each.reached is not None
    ]
    counts = [f"{sum(row[-1] == word for row in rows)} {word}" for word in words.values()]
    unmeasured = [f"{each.workload} ({each.text})" for each in verdicts if each.measured is None]
    if unmeasured:
        counts.append(f"{len(unmeasured)} not measured: {'; '.join(unmeasured)}")
    table = markdown(["workload", "what", "goal", "measured", "load", ""], rows)
    return f"{table}\n\nGoals: {', '.join(counts)}.".lstrip()
