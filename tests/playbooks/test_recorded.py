"""Recorded cases of NoETL's own nats tool, each as a step of a playbook that the real local engine runs."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import noetl
import pytest

import recorded
from engine import written

Document = dict[str, Any]

NEEDS = {"template", "secrets", "nourl"}
CASES = [case for case in recorded.load() if NEEDS.issuperset(case.get("needs", ()))]

DIGITS = "the name is text, however it is spelled"
ALIAS = "a credential completes the fields of the step, as NoETL has it for single steps"
LITERAL = "a password is taken literally; auth names a credential"
#: Deliberately not as recorded (docs/noetl-compatibility.md). Each must differ: a change in either direction is one to notice.
DIFFERENT: dict[str, str] = {
    "kv_get_key_from_numeric_string_template": DIGITS,
    "kv_get_key_true_template": DIGITS,
    "object_get_template_name": DIGITS,
    "js_publish_header_template_number": DIGITS,
    "kv_put_ttl_template": "ttl is applied or refused, never ignored",
    "auth_alias_nats_prefixed": "nats_user and nats_password of a credential are read",
    "auth_alias_no_url": ALIAS,
    "auth_alias_overrides_step_fields": ALIAS,
    "auth_alias_unknown_falls_back": "an unknown credential is an error",
    "kv_keys_pattern_number": "a number for a text field is taken as it is written",
    "js_publish_denied_subject": "says `user ro may not publish to denied.x` in place of the word permission",
    "auth_password_is_secret_alias": LITERAL,
    "auth_token_alias": LITERAL,
}


class Playbooks:
    """Runs a case as the only step of a playbook; secrets are credentials of NoETL, variables those of the run."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    async def __call__(self, case: Document, tool: Document, given: Document) -> Document:
        if "tool_auth" in case:
            tool = {**tool, "auth": case["tool_auth"]}
        playbook = written(self.directory, [{"step": "the_step", "tool": tool}])
        with pytest.MonkeyPatch.context() as patch:
            for alias, text in (given["secrets"] or {}).items():
                patch.setenv(f"NOETL_CREDENTIAL_{alias.upper()}", text)
            try:
                outcome = await asyncio.to_thread(noetl.run, playbook, variables=given["variables"] or {})
            except RuntimeError as problem:
                return {"status": "error", "error": {"message": str(problem)}}
        result: Document = json.loads(outcome["step_results"]["the_step"])
        return result


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[recorded.Replay]:
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("NATS_", "NOETL_CREDENTIAL", "NOETL_NATS_TTL")):
                patch.delenv(name)
        replaying = recorded.Replay(Playbooks(tmp_path_factory.mktemp("recorded")))
        yield replaying
        replaying.close()


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_recorded_case(replay: recorded.Replay, case: Document) -> None:
    problems = replay.problems(case, case["want"])
    if case["name"] in DIFFERENT:
        assert problems, "is as recorded now: take it from the list"
        return
    assert not problems


def test_every_difference_is_a_case() -> None:
    assert DIFFERENT.keys() <= {case["name"] for case in CASES}
