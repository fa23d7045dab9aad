"""docs/playbooks.md: every YAML example runs under the real engine and prints what the text block below it shows.

A ```yaml block that begins with "- step:" is put into the frame that the document shows first. A ```sh block "noetl run
example.yaml ..." gives options for the ```text block that follows it; `...` in a text stands for anything. An example without
a text block has to succeed.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import noetl_nats as nn
from nats_server import Server, running
from noetl_run import noetl_run

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "playbooks.md"
URL = "nats://127.0.0.1:4222"
COMMAND = "noetl run example.yaml"


@dataclass
class Example:
    line: int
    text: str
    #: Options of `noetl run`, environment variables, and what is seen (None: only that it succeeds).
    runs: list[tuple[list[str], dict[str, str], str | None]] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        return self.text.startswith("apiVersion:")


def blocks() -> Iterator[tuple[int, str, str]]:
    for found in re.finditer(r"^```([^\n]+)\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL):
        yield DOCUMENT.read_text()[: found.start()].count("\n") + 1, found[1], found[2]


def command_of(text: str) -> tuple[list[str], dict[str, str]] | None:
    if COMMAND not in text:
        return None
    before, after = text.split(COMMAND)
    return shlex.split(after), dict(word.split("=", 1) for word in shlex.split(before))


def examples() -> list[Example]:
    found: list[Example] = []
    options: tuple[list[str], dict[str, str]] = ([], {})
    for line, kind, text in blocks():
        if kind == "yaml":
            found.append(Example(line, text))
            options = ([], {})
        elif kind == "sh":
            options = command_of(text) or options
        elif kind == "text":
            found[-1].runs.append((*options, text))
    return found


EXAMPLES = examples()


def frame() -> str:
    """The first example up to its steps."""
    head, _ = EXAMPLES[0].text.split("workflow:\n")
    return head + "workflow:\n"


def prepare(server: Server) -> None:
    nn.run("kv_bucket_apply", {"url": server.url, "bucket": "sessions"})
    nn.run("stream_apply", {"url": server.url, "stream": "ORDERS", "config": {"subjects": ["orders.>"]}})
    nn.run("group_apply", {"url": server.url, "stream": "ORDERS", "group": "billing"})


def seen(stderr: str, server: Server) -> list[str]:
    """What an author sees below the banners, as on the default port."""
    lines = [line.strip() for line in stderr.replace(server.url.rsplit(":", 1)[1], "4222").splitlines()]
    banners = ("runtime:", "📋", "API Version:", "🔹")
    return [line for line in lines if line and not line.startswith(banners)]


def matches(want: str, got: list[str]) -> bool:
    expected = [".*".join(map(re.escape, line.strip().split("..."))) for line in want.splitlines()]
    return len(expected) == len(got) and all(map(re.fullmatch, expected, got))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_example(example: Example, tmp_path: Path) -> None:
    text = example.text if example.complete else frame() + "".join(f"  {line}\n" for line in example.text.splitlines())
    playbook = tmp_path / "example.yaml"
    for options, variables, want in example.runs or [([], {}, None)]:
        with running() as server:
            prepare(server)
            playbook.write_text(text.replace(URL, server.url))
            env: dict[str, Any] = {name: value.replace(URL, server.url) for name, value in variables.items()}
            done = noetl_run(playbook, *options, cwd=tmp_path, **env)
            got = seen(done.stderr, server)
            assert done.returncode == int(want is not None and "Error: " in want), done.stderr
            assert want is None or matches(want, got), f"{want}\n--- instead:\n" + "\n".join(got)


def test_every_block_is_of_a_kind_that_is_tested() -> None:
    assert {kind for _, kind, _ in blocks()} <= {"yaml", "sh", "text"}
    assert len(EXAMPLES) > 10
