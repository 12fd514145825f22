"""docker/: every setting is explained and passed on, and the owner's login goes to the migration alone."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from aidtracker.env import PREFIX, Environment
from aidtracker.local.state import ROOT

DOCKER = ROOT / "docker"
# Compose makes these from the passwords; env.example names them in its head.
ADDRESSES = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"}
SERVICES = ("web", "worker", "scheduler")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DOCKER / "compose.yml").read_text(encoding="utf-8")))


def settings() -> dict[str, Any]:
    """Each setting of the service by the name it has in the environment, with its default."""
    return {
        (PREFIX + name.upper() if (name.upper() not in ADDRESSES) else name.upper()): field
        for name, field in Environment.model_fields.items()
    }


def example() -> dict[str, str]:
    """The variables of env.example, those that are commented out included."""
    text = (DOCKER / "env.example").read_text(encoding="utf-8")
    return dict(re.findall(r"^#?([A-Z][A-Z_]+)=(.*)$", text, re.M))


def test_every_setting_is_in_the_example() -> None:
    text = (DOCKER / "env.example").read_text(encoding="utf-8")
    assert [name for name in settings() if not re.search(rf"\b{name}\b", text)] == []


def test_example_names_no_setting_that_is_none() -> None:
    assert [name for name in example() if name.startswith(PREFIX) and name not in settings()] == []


def test_defaults_in_the_example_are_those_of_the_settings() -> None:
    in_compose = {"AIDTRACKER_ALLOWED_HOSTS": "localhost", "AIDTRACKER_TRUSTED_PROXIES": "1"}
    for name, field in settings().items():
        if name in ADDRESSES or field.is_required():
            continue
        default = ",".join(field.default) if isinstance(field.default, list) else str(field.default)
        shown = default.lower() if isinstance(field.default, bool) else default
        assert example()[name] == in_compose.get(name, shown), name


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_reaches_the_service(compose: dict[str, Any], service: str) -> None:
    passed_on = compose["services"][service]["environment"]
    unwanted = {"AIDTRACKER_DEBUG", "DATABASE_OWNER_URL"}
    assert set(settings()) - set(passed_on) == unwanted


@pytest.mark.parametrize("service", SERVICES)
def test_owner_and_superuser_are_kept_from_the_service(compose: dict[str, Any], service: str) -> None:
    text = str(compose["services"][service])
    assert "OWNER_PASSWORD" not in text
    assert "POSTGRES_PASSWORD" not in text
    assert "env_file" not in compose["services"][service]


@pytest.mark.parametrize("service", [*SERVICES, "migrate"])
def test_service_has_no_more_rights_than_it_needs(compose: dict[str, Any], service: str) -> None:
    described = compose["services"][service]
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert described["security_opt"] == ["no-new-privileges:true"]


def test_only_the_web_port_is_published_and_only_on_this_machine(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert list(published) == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in published["web"])


def test_database_has_its_checkpoints_far_apart_and_forgets_nothing(compose: dict[str, Any]) -> None:
    command = compose["services"]["postgres"]["command"]
    said = dict(each.split("=") for each in command if "=" in each)
    assert {"max_wal_size", "checkpoint_timeout"} <= said.keys()
    assert not {"fsync", "synchronous_commit", "full_page_writes"} & said.keys()


def test_variables_that_compose_reads_are_in_the_example() -> None:
    read = set(re.findall(r"\$\{([A-Z_]+)", (DOCKER / "compose.yml").read_text(encoding="utf-8")))
    assert read - set(example()) == set()


def test_laptop_part_and_its_servers_stay_out_of_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "aidtracker/local" in ignored
    copied = re.findall(r"^COPY (?!--from)(.*)$", (DOCKER / "Dockerfile").read_text(encoding="utf-8"), re.M)
    assert not any("requirements-dev" in line or "tests" in line for line in copied)


def test_service_imports_nothing_of_the_laptop_part() -> None:
    """Outside aidtracker/local, which the image leaves out, only manage.py asks for it, and looks first."""
    importers = [
        str(path.relative_to(ROOT))
        for folder in ("aidtracker", "actors", "shipments")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not path.is_relative_to(ROOT / "aidtracker" / "local")
        and re.search(r"aidtracker\.local|from \.local|aidtracker import local", path.read_text(encoding="utf-8"))
    ]
    assert importers == []
    assert "LOCAL.is_dir()" in Path(ROOT / "manage.py").read_text(encoding="utf-8")
