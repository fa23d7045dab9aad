"""docs/reference: a page for each group of operations, and an index."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import yaml

Schema = dict[str, Any]

EFFECTS = {"read": "reads", "write": "writes", "destroy": "destroys data"}
GENERATED = "<!-- Written by tools/generate.py from the operations; `make generate` writes it again. -->\n"


def type_text(schema: Schema) -> str:
    if "enum" in schema:
        return " \\| ".join(f"`{each}`" for each in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    named = {"duration-text": "duration", "size-text": "size", "date-time": "time"}.get(schema.get("format", ""))
    if named:
        return named
    kind = schema.get("type")
    if kind == "array":
        return f"list of {type_text(schema.get('items', {}))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"map of {type_text(schema['additionalProperties'])}"
    return {None: "any JSON", "string": "text"}.get(kind, str(kind))


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def parameter_rows(schema: Schema) -> str:
    rows = []
    for name, each in schema["properties"].items():
        if each.get("x-common"):
            continue
        notes = []
        if name in schema.get("required", []):
            notes.append("required")
        elif each.get("default") not in (None, "", False, [], {}):
            notes.append(f"default `{json.dumps(each['default'], ensure_ascii=False)}`")
        if "minimum" in each or "maximum" in each:
            notes.append("..".join(f"{each[bound]:g}" if bound in each else "" for bound in ("minimum", "maximum")))
        if each.get("x-aliases"):
            notes.append("also " + ", ".join(f"`{alias}`" for alias in each["x-aliases"]))
        if each.get("x-since"):
            notes.append(f"server {each['x-since']}")
        rows.append(f"| `{name}` | {type_text(each)} | {cell(each['description'])} | {cell('; '.join(notes))} |\n")
    if not rows:
        return ""
    return "\n| parameter | type | | |\n|---|---|---|---|\n" + "".join(rows)


def result_rows(schema: Schema) -> str:
    rows = [
        f"| `{name}` | {type_text(each)} | {cell(each.get('description', ''))} |\n"
        for name, each in schema["properties"].items()
    ]
    return "\n| result | type | |\n|---|---|---|\n" + "".join(rows)


def flag(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    dashed = "--" + name.replace("_", "-")
    if isinstance(value, bool):
        return dashed if value else dashed.replace("--", "--no-", 1)
    return f"{dashed} {shlex.quote(text)}"


def command(operation: Schema, params: dict[str, Any]) -> str:
    properties = operation["input"]["properties"]
    words = ["noetl-nats", *(each.replace("_", "-") for each in (operation["noun"], operation["verb"]) if each)]
    given = dict(params)
    for name, each in properties.items():
        if each.get("x-positional") and name in given:
            value = given.pop(name)
            words.append(shlex.quote(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)))
    words += [flag(name, value) for name, value in given.items()]
    return " ".join(words)


def example_text(operation: Schema, example: Schema) -> str:
    step = {"kind": "nats", "operation": operation["operation"], **example["params"]}
    text = yaml.safe_dump({"tool": step}, sort_keys=False, allow_unicode=True, width=110)
    return f"\n{example['title']}\n\n```yaml\n{text}```\n```sh\n{command(operation, example['params'])}\n```\n"


def section(operation: Schema) -> str:
    facts = [EFFECTS[operation["effect"]]]
    if operation["idempotent"] and operation["effect"] != "read":
        facts.append("running it twice gives the same state")
    if operation["connects"]:
        facts.append(f"server {operation['since']} or newer")
    text = f"\n## {operation['operation']}\n\n{operation['summary']}"
    if operation["description"]:
        text += f"\n\n{operation['description'].rstrip()}"
    text += f"\n\n*{'; '.join(facts)}*\n"
    text += parameter_rows(operation["input"]) + result_rows(operation["output"])
    if operation["errors"]:
        text += "\nErrors: " + ", ".join(f"`{code}`" for code in operation["errors"]) + "\n"
    return text + "".join(example_text(operation, example) for example in operation["examples"])


def common_page(operations: list[Schema]) -> str:
    connecting = next(each for each in operations if each["connects"])
    common = {name: each for name, each in connecting["input"]["properties"].items() if each.get("x-common")}
    rows = parameter_rows({"properties": {name: {**each, "x-common": False} for name, each in common.items()}})
    return (
        f"{GENERATED}# Parameters of every operation that connects\n\n"
        "The Python `Client` takes the connection's once, in `nn.connect`, and every `*_ms` without the ending, in seconds.\n"
        f"{rows}"
    )


def page_name(operation: Schema) -> str:
    return operation["noun"].replace("_", "-") if operation["noun"] else "top"


def files(root: Path, operations: list[Schema]) -> dict[Path, str]:
    folder = root / "docs/reference"
    pages: dict[str, list[Schema]] = {}
    for each in operations:
        pages.setdefault(page_name(each), []).append(each)
    index = f"{GENERATED}# Operations\n\n[Parameters of every operation that connects](common.md)\n"
    out: dict[Path, str] = {folder / "common.md": common_page(operations)}
    for name, members in sorted(pages.items()):
        title = "Deployment, health, core messages" if name == "top" else name
        out[folder / f"{name}.md"] = f"{GENERATED}# {title}\n" + "".join(section(each) for each in members)
        index += f"\n## [{title}]({name}.md)\n\n| operation | |\n|---|---|\n"
        index += "".join(
            f"| [`{each['operation']}`]({name}.md#{each['operation']}) | {cell(each['summary'])} |\n"
            for each in members
        )
    out[folder / "README.md"] = index
    return out
