"""Every case through every door. The C++ door is tests/server/conformance_test.cpp."""

from __future__ import annotations

from typing import Any

import pytest

import noetl_nats as nn
from cases import Case, Step, all_cases
from doors import DOORS, NATIVE, Door
from nats_server import Server
from subset import differences


def with_url(step: Step, url: str) -> dict[str, object]:
    params = {name: url if value == "$url" else value for name, value in step.params.items()}
    return {"url": url, **params} if nn.describe(step.operation)["connects"] else params


#: What a native object does not carry: the document's encoding, and what its method does not return.
NOT_NATIVE = {"encoding", "changed", "created", "bucket"}


def expected_of(step: Step, door: Door) -> Any:
    if door is not DOORS["client"] or step.operation not in NATIVE or not isinstance(step.expected, dict):
        return step.expected
    kept = {name: value for name, value in step.expected.items() if name not in NOT_NATIVE}
    if isinstance(kept.get("error"), dict):  # the path of a parameter belongs to the document
        kept["error"] = {name: value for name, value in kept["error"].items() if name != "message"}
    return kept


def run_case(case: Case, door: Door, url: str) -> None:
    for step in case.given:
        result = door(step.operation, with_url(step, url))
        assert "error" not in result, f"given {step.operation}: {result}"
        assert not differences(expected_of(step, door), result), f"given {step.operation}: {result}"
    for step in (case.when, *case.afterwards):
        result = door(step.operation, with_url(step, url))
        wrong = differences(expected_of(step, door), result)
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
