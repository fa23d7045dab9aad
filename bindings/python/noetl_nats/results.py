"""The result documents of operations as types, for annotations.

Written by tools/generate.py from the operations; `make generate` writes it again.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict


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
