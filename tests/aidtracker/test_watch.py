"""Which lines of the logs a person sees while everything runs."""

from pathlib import Path

import pytest

from aidtracker.local import processes, watch


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('{"event": "request_finished", "level": "info"}', None),
        ('{"event": "report_held", "level": "warning", "code": "XX"}', "warning: report_held code=XX"),
        ('{"event": "Unknown task.\\nLong story", "level": "error", "logger": "celery"}', "error: Unknown task."),
        (
            '{"event": "fold_failed", "level": "error", "exception": "Traceback\\n  ...\\nValueError: no"}',
            "error: fold_failed ValueError: no",
        ),
        ("[2026-05-20 10:00:00 +0000] [12] [INFO] Booting worker", None),
        (
            "[2026-05-20 10:00:00 +0000] [12] [ERROR] Worker (pid:13) was sent SIGKILL!",
            "[2026-05-20 10:00:00 +0000] [12] [ERROR] Worker (pid:13) was sent SIGKILL!",
        ),
        ("{ not JSON", "{ not JSON"),
        ("an ordinary line about an ERRORS table", None),
    ],
)
def test_line(line: str, shown: str | None) -> None:
    assert watch.worth_showing(line) == shown


@pytest.fixture
def child(tmp_path: Path) -> processes.Child:
    log = tmp_path / "worker.log"
    log.write_bytes(b'{"event": "of an earlier run", "level": "error"}\n')
    child = processes.spawn("worker", ["true"], log=log, env={}, cwd=tmp_path)
    child.process.wait()
    return child


def test_only_whole_new_lines_of_this_run_are_shown_once(
    child: processes.Child, capsys: pytest.CaptureFixture[str]
) -> None:
    assert child.log is not None
    logs = watch.LogWatch()
    with child.log.open("ab") as log:
        log.write(b'{"event": "first", "level": "error"}\n{"event": "half')
        log.flush()
        logs.show_new(child)
        logs.show_new(child)
        log.write(b'", "level": "error"}\n')
    logs.show_new(child)
    assert capsys.readouterr().err == "worker: error: first\nworker: error: half\n"


def test_line_that_repeats_is_shown_once_a_minute(
    child: processes.Child, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert child.log is not None
    logs = watch.LogWatch()
    for now in (1000.0, 1059.0, 1061.0):
        monkeypatch.setattr(watch.time, "monotonic", lambda now=now: now)
        with child.log.open("ab") as log:
            log.write(b'{"event": "again", "level": "warning"}\n')
        logs.show_new(child)
    assert capsys.readouterr().err.count("worker: warning: again\n") == 2
