"""What the terminal shows of the logs while everything runs: warnings and worse, one line each."""

import json
import re
import time
from dataclasses import dataclass, field

from . import say
from .processes import Child

WORTH_SHOWING = {"warning", "error", "critical"}
# Gunicorn's and Celery's own lines: [2026-05-20 10:00:00 +0000] [12] [ERROR] Worker (pid:13) was sent SIGKILL!
_BRACKETED = re.compile(r"\[(WARNING|ERROR|CRITICAL)\b|^(WARNING|ERROR|CRITICAL)\b|\b(WARNING|ERROR|CRITICAL)/")
AGAIN_AFTER = 60.0  # seconds until the same line is worth showing once more


@dataclass
class LogWatch:
    """Reads on in each child's log from where it left off, and shows a line that repeats once a minute."""

    read_to: dict[str, int] = field(default_factory=dict)
    shown_at: dict[str, float] = field(default_factory=dict)

    def show_new(self, child: Child) -> None:
        if child.log is None:
            return
        with child.log.open("rb") as file:
            file.seek(self.read_to.get(child.name, child.log_from))
            text = file.read()
        whole, _, _ = text.rpartition(b"\n")
        if not whole:
            return
        self.read_to[child.name] = self.read_to.get(child.name, child.log_from) + len(whole) + 1
        for line in whole.decode(errors="replace").splitlines():
            if (shown := worth_showing(line)) is not None:
                self._show(f"{child.name}: {shown}")

    def _show(self, line: str) -> None:
        now = time.monotonic()
        if now - self.shown_at.get(line, -AGAIN_AFTER) >= AGAIN_AFTER:
            self.shown_at[line] = now
            say.line(line)


def worth_showing(line: str) -> str | None:
    """The line as a person reads it, or None for what can stay in the log."""
    if not line.startswith("{"):
        return line if _BRACKETED.search(line) else None
    try:
        record = json.loads(line)
    except ValueError:
        return line
    if not isinstance(record, dict) or str(record.get("level", "")).lower() not in WORTH_SHOWING:
        return None
    left_out = {"level", "event", "timestamp", "logger", "exception"}
    facts = " ".join(f"{name}={value}" for name, value in record.items() if name not in left_out)
    last_line = str(record.get("exception", "")).strip().rpartition("\n")[2]
    event = str(record.get("event", "")).partition("\n")[0]
    return " ".join(part for part in (f"{record['level']}:", event, facts, last_line) if part)
