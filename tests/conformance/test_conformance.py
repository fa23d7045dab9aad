"""Every case through every door. The C++ door is tests/server/conformance_test.cpp."""

from __future__ import annotations

import pytest

import noetl_nats as nn
from cases import Case, Step, all_cases
from doors import DOORS, NATIVE, Door
from nats_server import Server
from subset import differences


def with_url(step: Step, url: str) -> dict[str, object]:
    params = {name: url if value == "$url" else value for name, value in step.params.items()}
    return {"url": url, **params} if nn.describe(step.operation)["connects"] else params


def run_case(case: Case, door: Door, url: str) -> None:
    for step in case.given:
        result = door(step.operation, with_url(step, url))
        assert "error" not in result, f"given {step.operation}: {result}"
        assert not differences(step.expected, result), f"given {step.operation}: {result}"
    for step in (case.when, *case.afterwards):
        result = door(step.operation, with_url(step, url))
        wrong = differences(step.expected, result)
        assert not wrong, f"{step.operation}: " + "; ".join(wrong) + f"\nresult: {result}"


def has_native(case: Case) -> bool:
    return any(step.operation in NATIVE for step in (*case.given, case.when, *case.afterwards))


# Without a native method the client is the same door as "python".
PAIRS = [(case, door) for case in all_cases() for door in DOORS if door != "client" or has_native(case)]


@pytest.mark.parametrize(("case", "door"), PAIRS, ids=[f"{case}: {door}" for case, door in PAIRS])
def test_case(case: Case, door: str, server: Server) -> None:
    run_case(case, DOORS[door], server.url)


def test_there_are_cases() -> None:
    assert all_cases()
