"""Child processes that end when they should: with a stop in order, and with their parent however it dies.

Each child leads a process group of its own. So Ctrl-C reaches the supervisor alone, which then stops its children one
after another; and whatever a child started can be ended with it.
"""

import ctypes
import ctypes.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1  # linux/prctl.h
LINUX = sys.platform.startswith("linux")
_libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True) if LINUX else None


@dataclass(kw_only=True)
class Child:
    name: str
    log: Path | None  # None: it writes to the terminal
    process: "subprocess.Popen[bytes]"
    stop_signal: signal.Signals
    log_from: int = 0
    asked: bool = False

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def ask_to_stop(self) -> None:
        """Send the signal to stop, once: a second one makes Celery and Gunicorn drop their work."""
        if not self.asked and not self.has_ended():
            self.asked = True
            self.process.send_signal(self.stop_signal)

    def stop(self, *, grace: float = 20.0) -> None:
        """Ask it to end, wait, then end its whole group; safe to call twice."""
        if not self.has_ended():
            self.ask_to_stop()
            try:
                self.process.wait(grace)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        end_group(self.process.pid)

    def tail(self, lines: int = 20) -> str:
        """The last lines it wrote to its log since it was started."""
        if self.log is None:
            return ""
        with self.log.open("rb") as file:
            file.seek(self.log_from)
            text = file.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])


def spawn(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path | None,
    env: Mapping[str, str],
    cwd: Path,
    stop_signal: signal.Signals = signal.SIGTERM,
    death_signal: signal.Signals | None = None,
    become: Callable[[], None] | None = None,
    stdin: bytes | None = None,
    pass_fds: Sequence[int] = (),
) -> Child:
    """Start a child that writes to `log` (None: to the terminal).

    Call it from the main thread: the kernel ties the child's end to the thread that started it.

    become        runs in the child first, to give up rights (postgres.py)
    death_signal  what the kernel sends it when this process dies (Linux); the stop signal unless given
    """
    parent = os.getpid()
    on_death = death_signal or stop_signal

    def enter() -> None:
        if become is not None:
            become()
        # After `become`: a change of credentials clears the request.
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(on_death), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    with log.open("ab") if log is not None else nullcontext() as output:
        began_at = output.tell() if output is not None else 0
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
            preexec_fn=enter,
            pass_fds=pass_fds,
        )
    if stdin is not None:
        _feed(process.stdin, stdin)
    return Child(name=name, log=log, process=process, stop_signal=stop_signal, log_from=began_at)


def _feed(pipe: IO[bytes] | None, text: bytes) -> None:
    assert pipe is not None
    try:
        with pipe:
            pipe.write(text)
    except BrokenPipeError:
        pass  # it ended already; whoever waits for it says why


def end_group(leader: int) -> None:
    """Kill whatever is left of the group that `leader` led, and wait until it is gone."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.killpg(leader, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # PermissionError: macOS, for a group of zombies
            return
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
