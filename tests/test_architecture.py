"""The source tree keeps its own rules: what imports what, what is pure, what is named how, what is tested."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Callable

import pytest

from tests import architecture as rules
from tests.architecture import APPS, PACKAGES, ROOT, sources

# Files beyond about 300 lines, each with its reason.
LONG = {
    "tests/shipments/reconciliation/telling.py": "the words in which the stories of the reconciler's tests are told",
    "actors/admin/readable.py": "what a reader may meet in the admin: one rule for all ways in, to be read as one",
    "tests/shipments/intake/test_report.py": "one table of everything that can be wrong with a report",
}

# Hosts that hand out packages and images; in pieces, so that this file does not name them itself.
REGISTRIES = [
    ".".join(parts)
    for parts in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("golang", "org"),
        ("docker", "io"),
        ("docker", "com"),
        ("ghcr", "io"),
        ("quay", "io"),
        ("gcr", "io"),
        ("mcr", "microsoft"),
        ("conda", "io"),
    ]
]

Rule = Callable[[str, str], list[str]]


def _offences(rule: Rule, *under: str) -> list[str]:
    return [offence for path, text in sources(*under) for offence in rule(path, text)]


@pytest.mark.parametrize(
    ("rule", "under"),
    [
        (rules.direction, APPS),
        (rules.naming, (*PACKAGES, "tests")),
        (rules.housing, APPS),
        (rules.purity, APPS),
        (rules.hidden_ways, APPS),
        (rules.uncollected, (*PACKAGES, "tests")),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_source_keeps_the_rule(rule: Rule, under: tuple[str, ...]) -> None:
    assert sum(1 for _ in sources(*under)) > 10
    assert _offences(rule, *under) == []


def test_long_files_are_listed_with_their_reason() -> None:
    long = {offence.split()[0] for offence in _offences(rules.length, *PACKAGES, "tests")}
    assert long - LONG.keys() == set()
    assert [path for path in LONG if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (rules.direction, "actors/models/actor.py", "from shipments.models import Report"),
        (rules.direction, "actors/admin/actor.py", "import aidtracker.settings"),
        (rules.direction, "shipments/services/queue.py", "from shipments.tasks import reconcile_due"),
        (rules.direction, "shipments/services/queue.py", "def ring():\n    from shipments import tasks"),
        (rules.direction, "shipments/services/queue.py", "from ..api import views"),
        (rules.direction, "shipments/services/queue.py", "from shipments.factories import ReportFactory"),
        (rules.direction, "shipments/models/subject.py", "from shipments.services.queue import mark_due"),
        (rules.direction, "shipments/models/subject.py", "from actors.services.keys import find_key"),
        (rules.direction, "shipments/reconciliation/fold.py", "from shipments.models import Report"),
        (rules.direction, "shipments/api/views.py", "from shipments.admin.panel import Panel"),
        (rules.direction, "shipments/tasks.py", "from aidtracker.celery import app"),
        (rules.naming, "shipments/helpers.py", ""),
        (rules.naming, "shipments/services/utils/text.py", ""),
        (rules.housing, "shipments/spares.py", ""),
        (rules.purity, "shipments/reconciliation/fold.py", "import django.db"),
        (rules.purity, "shipments/reconciliation/fold.py", "import numpy as np"),
        (rules.purity, "shipments/reconciliation/fold.py", "import random"),
        (rules.purity, "shipments/reconciliation/fold.py", "from time import time"),
        (rules.purity, "shipments/reconciliation/fold.py", "from actors.models import Actor"),
        (rules.purity, "shipments/intake/report.py", "from datetime import datetime\nx = datetime.now()"),
        (rules.purity, "shipments/intake/report.py", "import urllib.request"),
        (rules.purity, "shipments/intake/report.py", "x = open('report.json')"),
        (rules.hidden_ways, "shipments/models/report.py", "from django.db.models.signals import post_save"),
        (rules.hidden_ways, "actors/models/actor.py", "from django.dispatch import receiver"),
        (rules.length, "shipments/services/queue.py", "\n" * 321),
        (rules.uncollected, "tests/shipments/queue.py", "def test_queue(): ..."),
        (rules.uncollected, "shipments/test_queue.py", "def test_queue(): ..."),
        (rules.uncollected, "tests/shipments/test_queue.py", "def check_queue(): ..."),
    ],
)
def test_rule_bites(rule: Rule, path: str, text: str) -> None:
    assert len(rule(path, text)) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("shipments/tasks.py", "from shipments.services.queue import claim"),
        ("shipments/api/views.py", "from actors.api.permissions import MayRead"),
        ("shipments/services/queue.py", "from shipments.services.errors import NotHeld"),
        ("shipments/models/subject.py", "from actors.models import Actor"),
        ("shipments/intake/report.py", "import pydantic\nfrom shipments.intake.draft import ReportDraft"),
        ("shipments/reconciliation/vectorised.py", "import numpy as np"),
        ("aidtracker/celery.py", "from shipments.tasks import reconcile_due"),
    ],
)
def test_rules_let_the_right_way_through(path: str, text: str) -> None:
    assert rules.direction(path, text) + rules.purity(path, text) + rules.housing(path, text) == []


def test_pytest_looks_into_every_folder_of_tests() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert options["testpaths"] == ["tests"]
    assert {"python_files", "python_functions", "norecursedirs"} & options.keys() == set()
    assert "--ignore" not in options["addopts"]
    passed_over = {"build", "dist", "node_modules", "venv", "CVS", "_darcs"}
    folders = {path.name for path in (ROOT / "tests").rglob("*") if path.is_dir()}
    assert passed_over & folders == set()
    assert not any("collect_ignore" in text for path, text in sources("tests") if path != "tests/test_architecture.py")


def test_tests_mirror_the_source() -> None:
    folders = [path for app in APPS for path in (ROOT / "tests" / app).rglob("*") if path.is_dir()]
    mirrored = [path.relative_to(ROOT / "tests") for path in folders if path.name != "__pycache__"]
    assert [path.as_posix() for path in mirrored if not (ROOT / path).is_dir()] == []


def test_no_committed_file_names_a_package_registry() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False).stdout
    files = [ROOT / name for name in listed.decode().split("\0") if name] or [
        path for path in ROOT.rglob("*") if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    ]
    texts = {path: path.read_bytes().decode(errors="ignore").lower() for path in files if path.is_file()}
    assert len(texts) > 50
    named = [(str(path), host) for path, text in texts.items() for host in REGISTRIES if host in text]
    assert named == []


@pytest.mark.parametrize("package", ["shipments/services", "shipments/api"])
def test_contents_of_a_large_package_name_each_of_its_modules(package: str) -> None:
    contents = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text(encoding="utf-8"))) or ""
    modules = {
        path.stem for path in (ROOT / package).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    missing = {name for name in modules - {"__init__"} if not re.search(rf"\b{name}\b", contents)}
    assert not missing
