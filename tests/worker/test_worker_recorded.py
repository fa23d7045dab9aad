"""The recorded cases of NoETL's tool, dispatched by the worker."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

import recorded
from worker_steps import Credentials, Document, dispatch, dispatch_list

# The cases want what users of the Rust tool rely on. Users of the worker's Python tool rely on what that did here:
AS_RECORDED = {
    "kv_get_key_from_numeric_string_template",
    "kv_get_key_true_template",
    "kv_put_true",
    "kv_put_false",
    "js_publish_bool",
    "kv_put_value_template_bool",
    "kv_put_value_template_exponent_text",
    "kv_put_value_template_null_text",
    "kv_put_value_template_quoted",
    "kv_put_value_template_syntax_error",
    "object_get_template_name",
}
# And this is deliberately like neither (docs/worker.md):
DIFFERENT: dict[str, Document] = {
    "kv_put_ttl_template": {"error": {"codes": [], "mentions": ["does not expire single keys"]}},
    "js_publish_header_template_number": {
        "result": {"stream": "S", "seq": 1},
        "state": [{"probe": "last", "stream": "S", "subject": "s.a", "headers": ["Nats-Msg-Id: 123"]}],
    },
    "object_put_object": {"result": {"status": "success", "size": 23}},
    "object_put_list": {"result": {"status": "success", "size": 6}},
    "object_get_binary_as_utf8": {"error": {"codes": ["data_loss"], "mentions": ["UTF-8", "encoding: base64"]}},
    "js_get_msg_binary": {"error": {"codes": ["data_loss"], "mentions": ["UTF-8", "encoding: base64"]}},
    "auth_alias_nats_prefixed": {"result": {"value": "x"}},
    "auth_alias_no_url": {"result": {"value": "x"}},
    "auth_alias_unknown_falls_back": {"error": {"codes": ["unauthenticated"], "mentions": ["nope"]}},
    "auth_alias_overrides_step_fields": {"error": {"codes": ["unauthenticated"], "mentions": ["wrong"]}},
}


def wanted(case: Document) -> Document:
    if case["name"] in AS_RECORDED:
        was = case["python"]
        return {
            "state": was.get("state"),
            "result": {key: value for key, value in was["result"].items() if value is not None},
        }
    return DIFFERENT[case["name"]] if case["name"] in DIFFERENT else case["want"]


class Recorder:
    """Dispatches a case; keeps the whole document, of which a step sees only ``data`` where there is one."""

    def __init__(self, worker: Any, known: dict[str, Document]) -> None:
        self.as_list = False
        self.worker = worker
        self.known = known

    async def __call__(self, case: Document, tool: Document, given: Document) -> Document:
        from noetl.tools import nats as module

        ours = module.execute_nats_task
        seen: list[Document] = []

        async def execute_nats_task(*args: Any, **options: Any) -> Document:
            seen.append(await ours(*args, **options))
            return seen[-1]

        self.known.clear()
        self.known.update({name: json.loads(text) for name, text in (given["secrets"] or {}).items()})
        if "tool_auth" in case:
            tool = {**tool, "auth": case["tool_auth"]}
        module.execute_nats_task = execute_nats_task
        try:
            if self.as_list:
                tool = {**tool, "input": {"name": tool["name"]}} if "name" in tool else tool
                value = await dispatch_list(
                    self.worker, {k: v for k, v in tool.items() if k != "name"}, given["variables"] or {}
                )
            else:
                value = await dispatch(self.worker, tool)
        except Exception as problem:
            code = getattr(problem, "code", None)
            return {"status": "error", "error": {"code": code, "message": f"{type(problem).__name__}: {problem}"}}
        finally:
            module.execute_nats_task = ours
        assert value == seen[-1].get("data", seen[-1])
        return seen[-1]


@pytest.fixture(scope="module")
def recorder(worker: Any, credentials: Credentials) -> Recorder:
    return Recorder(worker, credentials.known)


@pytest.fixture(scope="module")
def replay(recorder: Recorder) -> Iterator[recorded.Replay]:
    replaying = recorded.Replay(recorder)
    yield replaying
    replaying.close()


# Not for this tool: another kind of step, features that only the Rust worker has, a mapping that NoETL's model refuses.
ELSEWHERE = re.compile("sub_|auth_password_is_secret_alias|auth_token_alias|kv_get_config_array")

# Templates of a step with one tool are rendered by NoETL's server, those of a list of tools by the worker.
CASES = [
    pytest.param(case, as_list, id=f"{case['name']}{' in a list' * as_list}")
    for case in recorded.load()
    if not ELSEWHERE.match(case["name"])
    for as_list in (False, True)
    if as_list or "template" not in case.get("needs", ())
]


@pytest.mark.parametrize(("case", "as_list"), CASES)
def test_recorded_cases(
    replay: recorded.Replay, recorder: Recorder, known: object, case: Document, as_list: bool
) -> None:
    recorder.as_list = as_list
    problems = replay.problems(case, wanted(case))
    assert not problems or case["want"]["level"] == "should"
    print(*problems)
