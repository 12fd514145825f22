""".local/: secrets that stay secret, locks that end with their holder, ports."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from aidtracker.local import state


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOCAL_STATE", str(tmp_path / "state"))
    return state.home()


def test_secret_is_made_once_and_read_by_its_user_alone(home: Path) -> None:
    first = state.secret("key")
    assert state.secret("key") == first
    assert state.secret("other") != first
    path = home / "secrets" / "key"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_strangers_list_nothing(home: Path) -> None:
    assert home.stat().st_mode & 0o777 == 0o711


def test_lock_is_held_by_one_process_and_ends_with_it(home: Path) -> None:
    holder = (
        f"import sys, time; sys.path.insert(0, {str(state.ROOT)!r})\n"
        "from aidtracker.local.state import lock\n"
        "with lock('servers', wait=False) as held:\n"
        "    print(held, flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", holder], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "True\n"
        with state.lock("servers", wait=False) as held:
            assert not held
        with state.lock("setup", wait=False) as other:
            assert other
        process.kill()
        process.wait()
    with state.lock("servers", wait=False) as held:
        assert held


def test_preferred_port_is_kept_while_it_is_free(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        assert not state.port_is_free(taken)
        assert state.free_port(taken) != taken
    assert state.free_port(taken) == taken


def test_notes_of_a_run_that_was_cut_short_are_no_notes(home: Path) -> None:
    (home / "run.json").write_text('{"pid": 1')
    assert state.read_run() == {}
    state.write_run(pid=2)
    assert state.read_run() == {"pid": 2}
    assert (home / "run.json").stat().st_mode & 0o777 == 0o600
