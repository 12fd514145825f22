"""Setting up: .venv is made once, and again only where a lock or Python has changed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aidtracker.local import setup
from aidtracker.local.state import ROOT

LOCK = "six==1.17.0 \\\n    --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two locks and a .venv that was made from them, without the minutes that would take."""
    (tmp_path / "requirements.txt").write_text(LOCK)
    (tmp_path / "requirements-dev.txt").write_text("uv==0.13.9 \\\n    --hash=sha256:00\nvine==5.1.0\n")
    python = setup.interpreter(tmp_path)
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (tmp_path / ".venv" / "aidtracker-stamp").write_text(setup.fingerprint(tmp_path))
    return tmp_path


def test_environment_made_from_these_locks_is_used_as_it_is(project: Path) -> None:
    assert setup.is_current(project)


@pytest.mark.parametrize("name", setup.LOCKS)
def test_changed_lock_is_noticed(project: Path, name: str) -> None:
    lock = project / name
    lock.write_text(lock.read_text().replace("1", "2", 1))
    assert not setup.is_current(project)


def test_other_python_is_noticed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "base_prefix", "/opt/another-python")
    assert not setup.is_current(project)


def test_removed_interpreter_is_noticed(project: Path) -> None:
    setup.interpreter(project).unlink()
    assert not setup.is_current(project)


def test_installation_cut_short_is_not_taken_for_whole(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(command: list[str | Path]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(setup, "_is_ours", lambda environment: True)
    monkeypatch.setattr(setup, "_uv", lambda root: Path("uv"))
    monkeypatch.setattr(setup, "_run", fail)
    with pytest.raises(KeyboardInterrupt):
        setup.make(project)
    assert not setup.is_current(project)


def test_installer_is_taken_from_the_lock_with_its_hashes(project: Path) -> None:
    assert setup._block(project / "requirements-dev.txt", "uv") == "uv==0.13.9 \\\n    --hash=sha256:00\n"


def test_last_package_of_a_lock_is_found_whole(project: Path) -> None:
    assert setup._block(project / "requirements-dev.txt", "vine") == "vine==5.1.0\n"


def test_environment_is_made_for_real_with_one_package(tmp_path: Path) -> None:
    """The whole way, with the smallest of locks: venv, installer, hashes, stamp."""
    shutil.copy(ROOT / "requirements-dev.txt", tmp_path / "requirements-dev.txt")
    block = setup._block(tmp_path / "requirements-dev.txt", "uv")
    (tmp_path / "requirements-dev.txt").write_text(block)
    (tmp_path / "requirements.txt").write_text(setup._block(ROOT / "requirements.txt", "vine"))
    setup.make(tmp_path)
    assert setup.is_current(tmp_path)
    said = subprocess.run(
        [setup.interpreter(tmp_path), "-c", "import vine; print(vine.__version__)"], capture_output=True, text=True
    )
    assert said.stdout.strip() == "5.1.0"


def test_package_that_is_not_what_the_lock_says_is_refused(tmp_path: Path) -> None:
    (tmp_path / "requirements-dev.txt").write_text(setup._block(ROOT / "requirements-dev.txt", "uv"))
    wrong = setup._block(ROOT / "requirements.txt", "vine").replace("--hash=sha256:", "--hash=sha256:00")
    (tmp_path / "requirements.txt").write_text(wrong)
    with pytest.raises(setup.say.Refusal, match=r"(?i)hash"):
        setup.make(tmp_path)
    assert not setup.is_current(tmp_path)


def test_nothing_but_the_standard_library_is_needed_to_start(tmp_path: Path) -> None:
    """What runs before Django is installed must not want anything that is installed."""
    modules = [f"aidtracker.local.{path.stem}" for path in sorted((ROOT / "aidtracker" / "local").glob("*.py"))]
    wanted = [name for name in modules if not name.endswith(("__init__", ".prepare"))]
    asked = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import " + ", ".join(wanted)
    done = subprocess.run(
        [getattr(sys, "_base_executable", sys.executable), "-I", "-S", "-c", asked],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr


def test_locks_name_no_place_but_the_packages() -> None:
    for name in setup.LOCKS:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index-url" not in text
        assert "--find-links" not in text
