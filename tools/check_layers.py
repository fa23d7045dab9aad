#!/usr/bin/env python3
"""Checks who includes whom against the layers of cpp/CMakeLists.txt. Prints every wrong include; exit 1 when there is one.

The build makes most of these impossible already (a layer sees only the headers of those that it links to). This check also
finds what a compiler accepts: a third-party header outside of its layer, an operation that includes another one, a public
header that needs a private one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "cpp" / "src"
PUBLIC = ROOT / "cpp" / "include"
BINDINGS = ROOT / "bindings" / "python" / "src"

# A third-party library belongs to one layer (architecture, section 2); the rest sees our types.
OWNERS = {
    "nats/": {"wire"},
    "yaml-cpp/": {"yaml"},
    "boost/context/": {"python"},
    "boost/": {"sys"},
    "openssl/": {"wire", "sys", "base", "jetstream"},
    "CLI/": {"cli"},
    "pybind11/": {"python"},
}
# Public headers (noetl/nats/x.hpp) that belong to a layer above base.
PUBLIC_OF = {"operation": "engine", "registry": "engine", "runtime": "engine", "client": "engine"}
# The module is a surface: public headers and `noetl`, and below the client's typed door jetstream and the message type.
PYTHON_USES = {"base", "wire", "jetstream", "engine", "noetl"}

INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^">]+)[">]', re.MULTILINE)
LAYER = re.compile(r"^nn_layer\((\w+)([^)]*)\)", re.MULTILINE)


@dataclass(frozen=True)
class Wrong:
    file: Path
    include: str
    why: str

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}: includes {self.include}: {self.why}"


def layers(cmake: str) -> dict[str, set[str]]:
    """Every layer with all that it may include, its users' links included (they are PUBLIC)."""
    direct: dict[str, set[str]] = {}
    for name, arguments in LAYER.findall(cmake):
        words = arguments.split()
        uses = words[words.index("USES") + 1 :] if "USES" in words else []
        direct[name] = {word for word in uses if word.islower() and "::" not in word}
    closed: dict[str, set[str]] = {}

    def close(name: str) -> set[str]:
        if name not in closed:
            closed[name] = set()
            for used in direct[name]:
                closed[name] |= {used} | close(used)
        return closed[name]

    return {name: close(name) for name in direct}


def files_of(folder: Path) -> Iterator[Path]:
    yield from sorted(each for each in folder.rglob("*") if each.suffix in {".cpp", ".hpp"})


def includes(file: Path) -> list[str]:
    return INCLUDE.findall(file.read_text(encoding="utf-8"))


def foreign(layer: str, file: Path) -> Iterator[Wrong]:
    for include in includes(file):
        owners = next((owners for prefix, owners in OWNERS.items() if include.startswith(prefix)), {layer})
        if layer not in owners:
            yield Wrong(file, include, f"only {', '.join(sorted(owners))} may use this library")


def layer_of(include: str) -> str | None:
    """The layer that owns a header of ours; None for anybody else's (sys/wait.h is the system's)."""
    public = re.fullmatch(r"noetl/nats/(\w+)\.hpp", include)
    if public:
        return PUBLIC_OF.get(public[1], "base")
    return include.split("/", 1)[0] if (SOURCES / include).is_file() else None


def wrong_layers(layer: str, file: Path, allowed: set[str]) -> Iterator[Wrong]:
    for include in includes(file):
        owner = layer_of(include)
        if owner is not None and owner != layer and owner not in allowed:
            yield Wrong(file, include, f"{layer} may include {', '.join(sorted(allowed)) or 'nothing of ours'}")


def between_operations(file: Path) -> Iterator[Wrong]:
    for include in includes(file):
        if include.startswith("ops/") and include != "ops/list.inc":
            yield Wrong(file, include, "an operation includes no other; share through jetstream, deploy or health")


def leaked_nats(known: dict[str, set[str]]) -> Iterator[Wrong]:
    """Headers of wire that pull in nats.c are wire's own."""
    private = {
        f"wire/{each.name}"
        for each in files_of(SOURCES / "wire")
        if each.suffix == ".hpp" and "nats/nats.h" in includes(each)
    }
    for layer in known:
        for file in files_of(SOURCES / layer) if layer != "wire" else ():
            for include in includes(file):
                if include in private:
                    yield Wrong(file, include, "this header shows nats.c, which is wire's secret")


def find_wrong() -> list[Wrong]:
    known = layers((ROOT / "cpp" / "CMakeLists.txt").read_text(encoding="utf-8"))
    found: list[Wrong] = []
    for layer, allowed in known.items():
        for file in files_of(SOURCES / layer):
            found += foreign(layer, file)
            found += wrong_layers(layer, file, allowed)
            if layer == "ops":
                found += between_operations(file)
    for file in files_of(PUBLIC):
        found += foreign("public", file)
        found += wrong_layers("public", file, {"base", "engine"})
    for file in files_of(BINDINGS):
        found += foreign("python", file)
        found += wrong_layers("python", file, PYTHON_USES)
    return found + list(leaked_nats(known))


def main() -> int:
    found = find_wrong()
    for wrong in found:
        print(wrong, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
