"""The chart of a run: how many times faster than nats-py, one row a workload, on a logarithmic axis.

Positions are percentages and sizes are pixels, so that it fills any width and its text stays as large as it is. Light and
dark follow the reader's settings; shapes, not colours, tell the series apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape
from typing import Any

from goals import PYTHON, Speeds
from report import BASE, LIMITS

LEFT, RIGHT = 2.0, 96.0  # percent of the width between which the axis lies
TOP, ROW = 118, 40  # pixels
TICKS = (1, 2, 5, 10, 20, 50, 100)
OTHERS = (*PYTHON[1:], "natscli")

STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328;
         paint-order: stroke; stroke: #ffffff; stroke-width: 4px }
  .title { font-size: 16px; font-weight: 600 } .quiet { fill: #59636e; font-size: 12px } .end { text-anchor: end }
  .middle { text-anchor: middle } .value { font-weight: 600 }
  .back { fill: #ffffff } .grid { stroke: #d1d9e0 } .one { stroke: #59636e; stroke-dasharray: 3 3 }
  .way { stroke: #0969da; stroke-width: 4; stroke-linecap: round; opacity: .35 } .ours { fill: #0969da }
  .other { fill: #ffffff; stroke: #bc4c00; stroke-width: 2 } .limit { stroke: #1f2328; stroke-width: 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; stroke: #0d1117 } .quiet { fill: #9198a1 } .back { fill: #0d1117 }
    .grid { stroke: #3d444d } .one { stroke: #9198a1 }
    .way { stroke: #4493f8 } .ours { fill: #4493f8 } .other { fill: #0d1117; stroke: #f0883e } .limit { stroke: #f0f6fc }
  }
"""


class Row:
    """The ratios of one workload; None where the run has no number."""

    def __init__(self, name: str, peers: dict[str, float]) -> None:
        base = peers[BASE]

        def best(names: Iterable[str]) -> float | None:
            return max((peers[each] / base for each in names if each in peers), default=None)

        self.name = name
        self.ours = best(each for each in peers if each.startswith("noetl") and "(" not in each)
        self.other = best(OTHERS)
        self.limit = best(LIMITS)

    @property
    def all(self) -> list[float]:
        return [each for each in (self.ours, self.other, self.limit) if each is not None]


def draw(speeds: Speeds, environment: dict[str, Any]) -> str:
    rows = [Row(name, peers) for name, peers in speeds.items() if BASE in peers and not name.startswith("growth")]
    low, high = _range(rows)
    axis = _Axis(low, high)
    bottom = TOP + ROW * len(rows)
    versions = environment.get("versions", {})
    about = f"nats-server {environment['server']}, Python {environment['python']}, nats-py {versions.get(BASE, '?')}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="{bottom + 34}" role="img" aria-labelledby="t">',
        f'<title id="t">noetl-nats, other clients and the limit, as multiples of nats-py, for {len(rows)} workloads</title>',
        f"<style>{STYLE}</style>",
        '<rect class="back" width="100%" height="100%"/>',
        '<text class="title" x="12" y="26">Times faster than nats-py</text>',
        f'<text class="quiet" x="12" y="46">{escape(about)}</text>',
        f'<text class="quiet" x="12" y="63">{_conditions(environment)}</text>',
        *_legend(),
        *axis.grid(bottom),
    ]
    for number, row in enumerate(rows):
        parts += _row(row, axis, TOP + ROW * number)
    return "\n".join([*parts, "</svg>", ""])


def _conditions(environment: dict[str, Any]) -> str:
    scale = "" if environment["scale"] == 1 else f", sizes x {environment['scale']:g}"
    started = str(environment["started"]).split()[0]
    return f"medians of {environment['rounds']}, {environment['cpus']} cores{scale}, {started}"


def _range(rows: Iterable[Row]) -> tuple[float, float]:
    values = [value for row in rows for value in row.all]
    return min([0.8, *values]) * 0.95, max([2.0, *values]) * 1.1


class _Axis:
    def __init__(self, low: float, high: float) -> None:
        self._low, self._width = math.log(low), math.log(high) - math.log(low)
        self._ticks = [tick for tick in TICKS if low <= tick <= high]

    def at(self, value: float) -> str:
        share = (math.log(value) - self._low) / self._width
        return f"{LEFT + share * (RIGHT - LEFT):.2f}%"

    def grid(self, bottom: int) -> list[str]:
        lines = []
        for tick in self._ticks:
            at = self.at(tick)
            kind = "one" if tick == 1 else "grid"
            lines.append(f'<line class="{kind}" x1="{at}" x2="{at}" y1="{TOP - 8}" y2="{bottom + 4}"/>')
            lines.append(f'<text class="quiet middle" x="{at}" y="{bottom + 22}">{tick}x</text>')
        return lines


def _legend() -> list[str]:
    return [
        '<circle class="ours" cx="18" cy="84" r="6"/><text x="30" y="88">noetl-nats</text>',
        '<circle class="other" cx="124" cy="84" r="5"/><text x="135" y="88">best other client</text>',
        '<line class="limit" x1="258" x2="258" y1="77" y2="91"/><text x="267" y="88">limit</text>',
    ]


def _row(row: Row, axis: _Axis, top: int) -> list[str]:
    middle = top + 24
    value = "not measured" if row.ours is None else f"{row.ours:.3g}x"
    parts = [
        f'<text x="12" y="{top + 11}">{escape(row.name)}</text>',
        f'<text class="{"quiet" if row.ours is None else "value"} end" x="100%" dx="-12" y="{top + 11}">{value}</text>',
    ]
    if row.limit is not None:
        at = axis.at(row.limit)
        parts.append(f'<line class="limit" x1="{at}" x2="{at}" y1="{middle - 7}" y2="{middle + 7}"/>')
    if row.ours is not None:
        start, end = axis.at(1), axis.at(row.ours)
        parts.append(f'<line class="way" x1="{start}" x2="{end}" y1="{middle}" y2="{middle}"/>')
    if row.other is not None:
        parts.append(f'<circle class="other" cx="{axis.at(row.other)}" cy="{middle}" r="5"/>')
    if row.ours is not None:
        parts.append(f'<circle class="ours" cx="{axis.at(row.ours)}" cy="{middle}" r="6"/>')
    return parts
