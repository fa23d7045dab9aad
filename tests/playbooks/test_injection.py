"""Hostile values on every way into a nats step and out of it: byte-exact, nothing executes, no playbook breaks.

A run takes many values at once. What is generated is the same each time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nats
import noetl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import noetl_nats as nn
from engine import NOETL, OURS, execute, to, written
from engine import settings as as_options
from nats_server import running

FRAGMENTS = [
    "'", '"', "$(touch PWNED)", "`touch PWNED`", "\\", "\n", "\r\n", "{{ x }}", "{{ workload.url }}", "{{", "}}", "{% x %}",
    "{% if 1 %}", "{# c #}", "EOF", "\nEOF\n", "NN_", "\nNN_00.\n", "==", "!=", '" in "', " in ", "#", "!", "é", "😀", "\u0085",
    "\u2028", "\x01", "\x7f", " ", ";touch PWNED;", "|", "&", "$HOME", "%s", "x", "- a: b",
]  # fmt: skip
VALUE = st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=6).map("".join)


def values(count: int) -> st.SearchStrategy[list[str]]:
    return st.lists(VALUE, min_size=count, max_size=count, unique=True)


def runs(count: int) -> Callable[[Any], Any]:
    return settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],  # a smaller batch would not say more
        suppress_health_check=list(HealthCheck),
    )


def read(text: str) -> Any:
    """A whole value that is itself JSON becomes its value."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def kept_by_a_shell(text: str) -> str:
    """What the engine keeps of a shell step's output."""
    return text.replace("\r\n", "\n").rstrip("\n")


class Place:
    """A server with a bucket and a stream, a directory for playbooks, and a working directory that stays empty."""

    def __init__(self, url: str, root: Path) -> None:
        self.url, self.root, self.cwd = url, root, root / "cwd"
        self.cwd.mkdir()
        nn.run("kv_bucket_apply", {"url": url, "bucket": "B"})
        nn.run("stream_apply", {"url": url, "stream": "S", "config": {"subjects": ["s.>"]}})

    def kv(self, operation: str, key: str, **more: Any) -> dict[str, Any]:
        return {"kind": "nats", "url": self.url, "bucket": "B", "operation": operation, "key": key, **more}

    def run(self, steps: list[dict[str, Any]], variables: dict[str, str] | None = None, **top: Any) -> dict[str, Any]:
        outcome: dict[str, Any] = noetl.run(written(self.root, steps, **top), variables=variables)
        assert not list(self.cwd.iterdir()), "a value has run as a command"
        return outcome

    def value(self, key: str) -> Any:
        return nn.run("kv_get", {"url": self.url, "bucket": "B", "key": key})["value"]

    def seed(self, texts: list[str]) -> None:
        """By another client: g0, g1, ..."""

        async def put() -> None:
            client = await nats.connect(self.url)
            bucket = await client.jetstream().key_value("B")
            for i, text in enumerate(texts):
                await bucket.put(f"g{i}", text.encode())
            await client.close()

        asyncio.run(put())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with running() as server, pytest.MonkeyPatch.context() as patch:
        here = Place(server.url, tmp_path_factory.mktemp("injection"))
        patch.chdir(here.cwd)
        yield here


def everywhere(texts: list[str], reference: Callable[[int], str]) -> dict[str, Any]:
    """A value that holds each reference whole, inside a text and deep below."""
    return {
        "whole": [f"{{{{ {reference(i)} }}}}" for i in range(len(texts))],
        "inside": {f"k{i}": f"<{{{{ {reference(i)} }}}}>" for i in range(len(texts))},
    }


def expected(texts: list[str]) -> dict[str, Any]:
    return {"whole": [read(text) for text in texts], "inside": {f"k{i}": f"<{text}>" for i, text in enumerate(texts)}}


@pytest.mark.parametrize("program", [NOETL, OURS], ids=["noetl run", "noetl-nats run"])
@runs(5)
@given(texts=values(80))
def test_set(place: Place, program: list[str], texts: list[str]) -> None:
    items = [f"{{{{ workload.v{i} }}}}" for i in range(len(texts))]
    steps = [
        {"step": "put", "tool": place.kv("kv_put", "all", value=everywhere(texts, lambda i: f"workload.v{i}")), "next": to("each")},
        {
            "step": "each",
            "loop": {"in": items, "iterator": "item"},
            "tool": place.kv("kv_put", "set.{{ loop_index }}", value={"v": "{{ item }}"}),
        },
    ]  # fmt: skip
    options = as_options({f"v{i}": text for i, text in enumerate(texts)})
    done = execute([*program, str(written(place.root, steps)), "--json", *options], place.cwd)
    assert done.returncode == 0, done.stderr
    assert place.value("all") == expected(texts)
    for i in (0, len(texts) - 1):
        assert place.value(f"set.{i}") == {"v": read(texts[i])}
    assert not list(place.cwd.iterdir())


@runs(8)
@given(texts=values(40))
def test_shell_result(place: Place, texts: list[str]) -> None:
    steps: list[dict[str, Any]] = []
    for i, text in enumerate(texts):
        (place.root / f"text{i}").write_bytes(text.encode())
        tool = {"kind": "shell", "cmds": [f"cat '{place.root}/text{i}'"]}
        steps.append({"step": f"s{i}", "tool": tool, "next": to(f"s{i + 1}" if i + 1 < len(texts) else "put")})
    steps.append({"step": "put", "tool": place.kv("kv_put", "all", value=everywhere(texts, lambda i: f"s{i}.result"))})
    place.run(steps)
    assert place.value("all") == expected([kept_by_a_shell(text) for text in texts])


@runs(8)
@given(texts=values(40))
def test_nats_result(place: Place, texts: list[str]) -> None:
    """From one nats step to the next, through a field, a loop's results and the arguments of a sub-playbook."""
    texts[7] = f"v{texts[7]}v"
    place.seed(texts)
    keys = [f"g{i}" for i in range(len(texts))]
    child = [{"step": "put", "tool": place.kv("kv_put", "child", value={"v": "<{{ workload.v }}>"})}]
    written(place.root, child, "child")
    steps = [
        {
            "step": "get",
            "loop": {"in": keys, "iterator": "key"},
            "tool": place.kv("kv_get", "{{ key }}"),
            "next": to("one"),
        },
        {"step": "one", "tool": place.kv("kv_get", "g7"), "next": to("call")},
        {
            "step": "call",
            "tool": {"kind": "playbook", "path": "child.yaml", "input": {"v": "{{ one.value }}"}},
            "next": to("put"),
        },
        {
            "step": "put",
            "tool": place.kv("kv_put", "all", value=everywhere(texts, lambda i: f"get.results[{i}].value")),
        },
    ]
    place.run(steps)
    # A value that is JSON is read as such where it is read first.
    plain = [i for i, text in enumerate(texts) if read(text) is text]
    got, want = place.value("all"), expected(texts)
    assert [got["whole"][i] for i in plain] == [want["whole"][i] for i in plain]
    assert [got["inside"][f"k{i}"] for i in plain] == [want["inside"][f"k{i}"] for i in plain]
    assert place.value("child")["v"] == f"<{texts[7]}>"


def valid_key(text: str) -> bool:
    allowed = all(c.isascii() and (c.isalnum() or c in "-/_=.") for c in text)
    return bool(text) and allowed and not text.startswith(".") and not text.endswith(".") and ".." not in text


@runs(200)
@given(text=VALUE)
def test_key(place: Place, text: str) -> None:
    steps = [{"step": "put", "tool": place.kv("kv_put", "{{ workload.v }}", value={"v": 1})}]
    if valid_key(text):
        result = json.loads(place.run(steps, {"v": text})["step_results"]["put"])
        assert result["key"] == text
        return
    with pytest.raises(RuntimeError, match=r"(?s)^step 'put': kv_put: key: '") as raised:
        place.run(steps, {"v": text})
    printable = "".join(c if c.isprintable() and c != "\\" else " " for c in text).split()
    assert all(part in str(raised.value) for part in printable)
    assert not any(ord(c) < 0x20 or ord(c) == 0x7F for c in str(raised.value))


@runs(14)
@given(texts=values(30))
def test_header(place: Place, texts: list[str]) -> None:
    refused = [text for text in texts if "\n" in text or "\r" in text]
    accepted = {f"h{i}": f"v{text}v" for i, text in enumerate(text for text in texts if text not in refused)}
    headers = {name: f"{{{{ workload.{name} }}}}" for name in accepted}
    tool = {"kind": "nats", "url": place.url, "operation": "js_publish", "subject": "s.x", "data": "p"}
    outcome = place.run([{"step": "send", "tool": {**tool, "headers": headers}}], accepted)
    sequence = json.loads(outcome["step_results"]["send"])["seq"]
    got = nn.run("js_get_msg", {"url": place.url, "stream": "S", "seq": sequence})["headers"]
    assert got == accepted
    for text in refused[:3]:
        with pytest.raises(RuntimeError, match=r"^step 'send': js_publish: headers\.X-Hostile: "):
            place.run([{"step": "send", "tool": {**tool, "headers": {"X-Hostile": "{{ workload.v }}"}}}], {"v": text})


CONDITIONS = [
    "{{ g%d.value == workload.v%d }}",
    "{{ workload.v%d in g%d.value }}",
    "{{ not (g%d.value != workload.v%d) }}",
    "{{ g%d.value == workload.v%d and g0.status == 'success' }}",
]


@pytest.mark.parametrize("condition", CONDITIONS)
@runs(4)
@given(texts=values(20))
def test_condition(place: Place, condition: str, texts: list[str]) -> None:
    """A chain: each value must equal itself, and must not equal the next one."""
    texts = [f"v{text}v" for text in texts]  # no value is JSON, and none is empty
    place.seed(texts)
    steps: list[dict[str, Any]] = []
    for i in range(len(texts)):
        other = (i + 1) % len(texts)
        wrong = f"{{{{ g{i}.value == workload.v{other} }}}}"
        arcs = [
            {"step": "wrong", "when": wrong},
            {"step": f"g{i + 1}" if i + 1 < len(texts) else "done", "when": condition % (i, i)},
        ]
        steps.append({"step": f"g{i}", "tool": place.kv("kv_get", f"g{i}"), "next": {"arcs": arcs}})
    steps += [{"step": name, "tool": {"kind": "shell", "cmds": [f"echo {name}"]}} for name in ("wrong", "done")]
    outcome = place.run(steps, {f"v{i}": text for i, text in enumerate(texts)})
    assert outcome["executed_steps"] == [f"g{i}" for i in range(len(texts))] + ["done"]


@runs(8)
@given(texts=values(10))
def test_inclusive_condition(place: Place, texts: list[str]) -> None:
    """The engine compares here; the text that it compares with stands in the playbook."""
    place.seed(texts)
    steps = [step(name, "echo hi") for name in ("wrong", "done")]
    for i in reversed(range(len(texts))):
        following = f"g{i + 1}" if i + 1 < len(texts) else "done"
        arcs = [
            {"step": "wrong", "when": f"{{{{ g{i}.status == 'not_found' }}}}"},
            {"step": following, "when": f"{{{{ g{i}.status == 'success' }}}}"},
        ]
        following_arcs = {"spec": {"mode": "inclusive"}, "arcs": arcs}
        steps.insert(0, {"step": f"g{i}", "tool": place.kv("kv_get", f"g{i}"), "next": following_arcs})
    assert place.run(steps)["executed_steps"] == [f"g{i}" for i in range(len(texts))] + ["done"]


@pytest.mark.parametrize("where", ["inclusive arc", "exclusive arc", "step", "case"])
@runs(3)
@given(texts=values(20))
def test_no_value_opens_a_condition(place: Place, where: str, texts: list[str]) -> None:
    """What only `deploy` may pass: the value that is compared is hostile. Refused before the run would be fine."""
    place.seed(texts)
    steps = [step("wrong", "echo wrong"), step("done", "echo done")]
    for i in reversed(range(len(texts))):
        when = f"{{{{ g{i}.value == 'deploy' }}}}"
        following = f"g{i + 1}" if i + 1 < len(texts) else "done"
        arcs: list[dict[str, str]] = [{"step": "wrong", "when": when}, {"step": following}]
        node: dict[str, Any] = {"step": f"g{i}", "tool": place.kv("kv_get", f"g{i}"), "next": {"arcs": arcs}}
        if where == "inclusive arc":
            node["next"]["spec"] = {"mode": "inclusive"}
        if where == "case":
            node |= {"case": [{"when": when, "then": {"next": [{"step": "wrong"}]}}], "next": to(following)}
        if where == "step":
            node["next"] = {"spec": {"mode": "inclusive"}, **to(f"w{i}", following)}
            steps.insert(0, {**step(f"w{i}", "echo wrong"), "when": when})
        steps.insert(0, node)
    assert place.run(steps)["executed_steps"] == [f"g{i}" for i in range(len(texts))] + ["done"]


def step(name: str, command: str, *following: str) -> dict[str, Any]:
    return {"step": name, "tool": {"kind": "shell", "cmds": [command]}, "next": to(*following)}


@runs(10)
@given(texts=values(20))
def test_into_the_shell_through_a_quoted_heredoc(place: Place, texts: list[str]) -> None:
    """As the documentation recommends for values of others."""
    texts = [f"v{text}v" for text in texts if "\nEOF\n" not in text]
    place.seed(texts)
    steps: list[dict[str, Any]] = []
    for i in range(len(texts)):
        steps.append({"step": f"g{i}", "tool": place.kv("kv_get", f"g{i}"), "next": to(f"s{i}")})
        command = f"cat <<'EOF'\n{{{{ g{i}.value }}}}\nEOF"
        steps.append(step(f"s{i}", command, *([f"g{i + 1}"] if i + 1 < len(texts) else [])))
    results = place.run(steps)["step_results"]
    assert [results[f"s{i}"] for i in range(len(texts))] == [kept_by_a_shell(text) for text in texts]


def test_blanks_at_the_ends_of_a_value(place: Place) -> None:
    place.seed(["  blanks \t"])
    get = {"step": "get", "tool": place.kv("kv_get", "g0"), "next": to("show")}
    outcome = place.run([get, step("show", "printf %s '<{{ get.value }}>'")])
    assert outcome["final_result"] == "<  blanks \t>"


def test_blanks_at_the_ends_are_lost_where_the_engine_hands_over(place: Place) -> None:
    """A limit of the engine (docs/playbooks.md)."""
    place.seed(["  blanks \t"])
    get = {"step": "get", "tool": place.kv("kv_get", "g0"), "next": to("show")}
    show = {**step("show", "printf %s '<{{ input.v }}>'"), "input": {"v": "{{ get.value }}"}}
    assert place.run([get, show])["final_result"] == "<blanks>"


def test_a_shell_command_with_results_is_as_any_other(place: Place) -> None:
    """Larger than an argument may be, one index behind another, the shell's own name and input, its exit status."""
    large = "x" * 240_000
    nn.run("kv_put", {"url": place.url, "bucket": "B", "key": "big", "value": {"text": large, "rows": [[1, "b"]]}})
    get = {"step": "get", "tool": place.kv("kv_get", "big"), "next": to("show")}
    command = "t='{{ get.value.text }}'; echo $0 ${#t} {{ get.value.rows[0][1] }} [{{ get.value.no }}] {{ workload.url }} {{ x }}"
    outcome = place.run([get, step("show", command)], workload={"url": "u"})
    assert outcome["final_result"] == "bash 240000 b [] u {{ x }}"
    with pytest.raises(RuntimeError, match=r"exit code: Some\(3\)"):
        place.run([get, step("show", "exit $(( {{ get.revision }} * 0 + 3 ))")])


def test_a_shell_command_reads_the_standard_input_of_the_run(place: Place) -> None:
    place.seed(["v"])
    get = {"step": "get", "tool": place.kv("kv_get", "g0"), "next": to("show")}
    playbook = written(place.root, [get, step("show", "read line; echo {{ get.value }} $line")])
    done = execute([*NOETL, str(playbook), "--json"], place.cwd, stdin="typed\n")
    assert json.loads(done.stdout)["final_result"] == "v typed"


@pytest.mark.parametrize("stored", ["blanks ", " blanks", "blanks\n"])
def test_blanks_at_the_ends_count_in_a_condition(place: Place, stored: str) -> None:
    place.seed([stored])
    arcs = [{"step": "without", "when": "{{ get.value == 'blanks' }}"}, {"step": "with"}]
    get = {"step": "get", "tool": place.kv("kv_get", "g0"), "next": {"arcs": arcs}}
    assert place.run([get, step("without", "echo without"), step("with", "echo with")])["final_result"] == "with"
