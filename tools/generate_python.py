"""The generated half of the Python package: a method of `Client` and a result type for every operation."""

from __future__ import annotations

import ast
import keyword
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Schema = dict[str, Any]

HEAD = '"""{doc}\n\nWritten by tools/generate.py from the operations; `make generate` writes it again.\n"""\n\n'
METHODS_HEAD = (
    HEAD.format(doc="A method for every operation that has no native form in `_client.py`.")
    + '''\
from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Literal

    from . import results

    Progress = Callable[[str], object]

#: Stands for a parameter that was not given, where None is a value.
UNSET: Any = object()


class Operations:
    """Operations over the connection of a `Client`. Each gives its result document; a failure raises the class of its code."""

    __slots__ = ()

    def _run(
        self,
        operation: str,
        params: dict[str, Any],
        timeout: float | None,
        progress: Progress | None,
        connects: bool = True,
        **nullable: Any,
    ) -> Any:
        raise NotImplementedError

'''
)
RESULTS_HEAD = (
    HEAD.format(doc="The result documents of operations as types, for annotations.")
    + """\
from __future__ import annotations

from typing import Any, Literal, TypedDict

"""
)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a method."""

    field: str
    name: str
    type: str
    doc: str
    required: bool
    positional: bool
    nullable: bool
    milliseconds: bool

    @property
    def annotated(self) -> str:
        if self.nullable:
            return f"{self.name}: Any" if self.required else f"{self.name}: Any = UNSET"
        return f"{self.name}: {self.type}" if self.required else f"{self.name}: {self.type} | None = None"

    @property
    def value(self) -> str:
        """What goes into the parameters: seconds become milliseconds."""
        if not self.milliseconds:
            return self.name
        return f"None if {self.name} is None else round({self.name} * 1000)"


def type_of(schema: Schema, nested: str = "Mapping[str, Any]") -> str:
    """The Python type that a schema accepts (or, for results, gives: `nested` names the type of objects)."""
    if "enum" in schema:
        return "Literal[" + ", ".join(repr(each).replace("'", '"') for each in schema["enum"]) + "]"
    if "const" in schema:
        return f'Literal["{schema["const"]}"]'
    kind = schema.get("type")
    if isinstance(kind, list):
        names = {"string": "str", "number": "float", "integer": "int", "boolean": "bool"}
        return " | ".join(names[each] for each in kind)
    if kind == "array":
        items = type_of(schema.get("items", {}), nested)
        return f"Sequence[{items}]" if nested.startswith("Mapping") else f"list[{items}]"
    if kind == "object":
        members = schema.get("additionalProperties")
        if isinstance(members, dict):
            inside = type_of(members, nested)
            return f"Mapping[str, {inside}]" if nested.startswith("Mapping") else f"dict[str, {inside}]"
        return nested if "properties" in schema or nested.startswith("Mapping") else "dict[str, Any]"
    return {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}.get(str(kind), "Any")


def parameters(operation: Schema) -> list[Parameter]:
    schema = operation["input"]
    properties: dict[str, Schema] = schema["properties"]
    found = []
    for field, each in properties.items():
        if each.get("x-common"):
            continue
        milliseconds = field.endswith("_ms") and each.get("type") == "integer" and field[:-3] not in properties
        name = field[:-3] if milliseconds else field
        found.append(
            Parameter(
                field=field,
                name=name + "_" if keyword.iskeyword(name) else name,
                type="float" if milliseconds else type_of(each),
                doc=each["description"].replace("in milliseconds", "in seconds").replace("Milliseconds", "Seconds"),
                required=field in schema.get("required", []),
                positional=bool(each.get("x-positional")),
                nullable=type_of(each) == "Any",
                milliseconds=milliseconds,
            )
        )
    return found


def class_name(operation: str) -> str:
    return "".join(part.capitalize() for part in operation.split("_"))


def method(operation: Schema) -> str:
    known = parameters(operation)
    positional = [each for each in known if each.positional]
    # A parameter with a default may not stand before one without.
    positional.sort(key=lambda each: not each.required)
    named = [each for each in known if not each.positional]
    has_timeout = any(each.name == "timeout" for each in known)
    signature = ["self", *(each.annotated for each in positional), "*", *(each.annotated for each in named)]
    if operation["connects"] and not has_timeout:
        signature.append("timeout: float | None = None")
    signature.append("progress: Progress | None = None")

    about = [operation["summary"], ""]
    about += [f"{each.name}: {each.doc}" for each in known]
    docs = "\n".join(textwrap.fill(line, 104, subsequent_indent="    ") for line in about).rstrip()
    docs = docs.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    plain = ", ".join(f'"{each.field}": {each.value}' for each in known if not each.nullable)
    nullable = "".join(f", {each.field}={each.name}" for each in known if each.nullable)
    timeout = "timeout" if operation["connects"] and not has_timeout else "None"
    local = "" if operation["connects"] else ", connects=False"
    result = f"results.{class_name(operation['operation'])}"
    call = f'self._run("{operation["operation"]}", {{{plain}}}, {timeout}, progress{local}{nullable})'
    text = (
        f"def {operation['operation']}({', '.join(signature)}) -> {result}:\n"
        f'    """{textwrap.indent(docs, "    ").lstrip()}\n    """\n'
        f"    result: {result} = {call}\n    return result\n\n"
    )
    return textwrap.indent(text, "    ")


def result_types(name: str, schema: Schema) -> str:
    """The type of a result and, before it, those of its members that are objects with known members."""
    before = ""
    lines = []
    for field, each in schema.get("properties", {}).items():
        members = each.get("additionalProperties")
        inner = each.get("items", members if isinstance(members, dict) else each)
        nested = name + class_name(field)
        if "properties" in inner:
            before += result_types(nested, inner)
        lines.append((field, type_of(each, nested)))
    if all(field.isidentifier() and not keyword.iskeyword(field) for field, _ in lines):
        members = "".join(f"    {field}: {kind}\n" for field, kind in lines) or "    pass\n"
        return f"{before}class {name}(TypedDict, total=False):\n{members}\n\n"
    members = ", ".join(f'"{field}": {kind}' for field, kind in lines)
    return f'{before}{name} = TypedDict("{name}", {{{members}}}, total=False)\n\n\n'


def native_methods(client: Path) -> set[str]:
    """Operations that `_client.py` writes by hand, because they take and give bytes and objects rather than documents."""
    tree = ast.parse(client.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == "Client":
            found |= {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
    return found


def formatted(source: str) -> str:
    ruff = Path(sys.executable).with_name("ruff")
    done = subprocess.run([ruff, "format", "-"], input=source, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"ruff does not accept the generated code:\n{done.stderr}")
    return done.stdout


def files(root: Path, operations: list[Schema]) -> dict[Path, str]:
    package = root / "bindings/python/noetl_nats"
    native = native_methods(package / "_client.py")
    methods = "".join(method(each) for each in operations if each["operation"] not in native)
    results = "".join(result_types(class_name(each["operation"]), each["output"]) for each in operations)
    return {
        package / "_client_ops.py": formatted(METHODS_HEAD + methods),
        package / "results.py": formatted(RESULTS_HEAD + results),
    }
