"""The rules of the source tree, as functions from a file's text to its offences.

    aidtracker -> shipments -> actors                                   between packages
    edges -> generation -> factories -> services -> models -> pure      inside an app, and across apps

Each rule takes a path and a text, so that a test can show that it bites.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
APPS = ("actors", "shipments")
PACKAGES = (*APPS, "aidtracker")

# The rooms of an app, from the ground up. A room may use those of its own floor and below.
FLOORS = (
    {"reconciliation", "intake", "wording", "moments"},
    {"identifiers", "marking", "models", "querysets", "access"},
    {"services"},
    {"factories"},
    {"generation"},
    {"api", "admin", "tasks", "management", "exports", "apps"},
)
DATA = {"cases", "vocabularies", "migrations", "templates", "static"}
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
EDGES = FLOORS[-1]

PURE = ("shipments/reconciliation/", "shipments/intake/", "actors/wording.py", "actors/moments.py")
# What a pure module may use: nothing that knows the time, the machine, chance or anybody else.
PURE_IMPORTS = {
    *("__future__", "abc", "bisect", "collections", "contextlib", "copy", "dataclasses", "datetime", "decimal"),
    *("difflib", "enum", "fractions", "functools", "graphlib", "hashlib", "heapq", "itertools", "json", "math"),
    *("operator", "re", "string", "textwrap", "tomllib", "types", "typing", "unicodedata"),
}
PURE_EXTRAS = {
    # Forms, and two tables of the world that come with their package: countries and time zones.
    "shipments/intake/": {"pydantic", "pydantic_core", "annotated_types", "msgspec", "pycountry", "zoneinfo"},
    "shipments/reconciliation/vectorised.py": {"numpy"},
    # What goes in and comes out is made by the million: frozen in C, where a dataclass sets each field in Python.
    "shipments/reconciliation/": {"msgspec"},
}
CLOCKS = {"now", "utcnow", "today"}
SIDE_EFFECTS = {"open", "print", "input", "exec", "eval", "__import__"}

FORBIDDEN_NAMES = {"utils", "util", "common", "core", "helpers", "helper", "misc"}
# Django's ways to hide what runs when, and what points at what.
HIDDEN_WAYS = ("django.dispatch", "django.db.models.signals", "django.contrib.contenttypes.fields")

MAX_LINES = 320


def sources(*under: str) -> Iterator[tuple[str, str]]:
    """(path from the root, text) of each Python file in the top-level folders ``under``."""
    for folder in under:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text()


def imports(path: str, text: str) -> Iterator[str]:
    """The full name of everything that ``text`` imports, wherever in it and however written."""
    package = path.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def direction(path: str, text: str) -> list[str]:
    """Imports that go up: from an app to the project, from actors to shipments, from a floor to a higher one."""
    package, room = path.split("/")[0], _room(path)
    if package not in APPS or room in DATA:
        return []
    return [f"{path} imports {name}" for name in imports(path, text) if _goes_up(package, room, *name.split(".")[:2])]


def _goes_up(package: str, room: str, to_package: str, to_room: str = "") -> bool:
    if to_package not in PACKAGES:
        return False
    if PACKAGES.index(to_package) > PACKAGES.index(package):
        return True
    if room not in FLOOR or to_room not in FLOOR:
        return to_room in FLOOR
    if room in EDGES and to_room in EDGES:
        return to_room != room  # the admin is not built of the API, nor a task of a command
    return FLOOR[to_room] > FLOOR[room]


def naming(path: str, _text: str) -> list[str]:
    """A module whose name says nothing of what is in it."""
    parts = path.removesuffix(".py").split("/")
    return [f"{path}: {part!r} says nothing of what is in it" for part in parts if part in FORBIDDEN_NAMES]


def housing(path: str, _text: str) -> list[str]:
    """A module of an app that stands in no room of it, so that no direction holds for it."""
    is_at_home = path.split("/")[0] not in APPS or _room(path) in FLOOR.keys() | DATA | {"__init__"}
    return [] if is_at_home else [f"{path} stands in no room of an app"]


def purity(path: str, text: str) -> list[str]:
    """What a pure module does that could make the same input give another output."""
    if not path.startswith(PURE):
        return []
    extras = {name for prefix, names in PURE_EXTRAS.items() if path.startswith(prefix) for name in names}
    ours = tuple(f"{prefix.removesuffix('.py').strip('/').replace('/', '.')}." for prefix in PURE)
    found = [
        f"{path} imports {name}"
        for name in imports(path, text)
        if name.split(".")[0] not in PURE_IMPORTS | extras and not f"{name}.".startswith(ours)
    ]
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
            found.append(f"{path}:{node.lineno} asks a clock")
        if isinstance(node.func, ast.Name) and node.func.id in SIDE_EFFECTS:
            found.append(f"{path}:{node.lineno} calls {node.func.id}")
    return found


def hidden_ways(path: str, text: str) -> list[str]:
    """Signals and generic keys in our own apps."""
    if path.split("/")[0] not in APPS or _room(path) == "migrations":
        return []
    return [f"{path} imports {name}" for name in imports(path, text) if name.startswith(HIDDEN_WAYS)]


def length(path: str, text: str) -> list[str]:
    """A file that is too long to be read at once. Migrations are written by a machine."""
    lines = text.count("\n")
    return [f"{path} has {lines} lines"] if lines > MAX_LINES and "/migrations/" not in path else []


def uncollected(path: str, text: str) -> list[str]:
    """A file with tests that pytest does not find by its name, or the other way round."""
    tests = [
        node.name
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.name.startswith(("test_", "Test"))
    ]
    # hypothesis makes a test out of a state machine: TestX = Machine.TestCase
    tests += [
        target.id
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.startswith("Test")
    ]
    is_named = path.split("/")[-1].startswith("test_")
    if is_named and not tests:
        return [f"{path} has no tests"]
    if tests and (not is_named or not path.startswith("tests/")):
        return [f"{path} has tests that pytest does not look for"]
    return []


def _room(path: str) -> str:
    """The first word below the package: shipments/services/queue.py stands in services."""
    return path.split("/")[1].removesuffix(".py") if "/" in path else ""
