"""Connections shared evenly among web processes: gunicorn's threaded worker that lets who has fewer go first.

All processes are woken by one connection, and whichever runs first has it. With connections that are kept, what a
moment's chance decided stays for as long as they do: sixteen callers fall on two processes as 3 and 13 as often as 8
and 8. Here whoever has more in use than another leaves a connection alone for some milliseconds, in which the other
takes it. Where nobody does, it is taken after all: a process that is stuck costs milliseconds, and never a connection.
"""

import mmap
import time
from bisect import bisect
from operator import attrgetter
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# How long a connection is left to another process. Its main thread may have to wait for threads that compute.
PATIENCE = 0.016
# How often is looked whether it was taken; a poller waits for whole milliseconds.
MOMENT = 0.001
# Seconds after which a connection that asks nothing counts no more: who keeps hundreds open would else keep its
# process from getting any that ask.
IDLE = 2
# Made before the fork, so that all see it: what each process has in use and one more; 0 where none accepts. A process
# has the slot of its number. Two share one only if either outlives so many others, and are uneven then.
_in_use = memoryview(mmap.mmap(-1, 1024)).cast("i")


def forget(age: int) -> None:
    """Count the process of this number no more: it has ended, however it did."""
    _in_use[age % len(_in_use)] = 0


class EvenWorker(ThreadWorker):
    """Accepts a connection at once where no other process has fewer in use, else once that had time to."""

    def __init__(self, age: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(age, *args, **kwargs)
        self._slot = age % len(_in_use)
        self._left_until = 0.0  # by the clock that never jumps; 0 where nothing is left to another
        self._least = 0  # that any process was seen to have in use
        self._patience = PATIENCE

    def accept(self, listener: Any) -> None:
        """Called where a connection waits: take it, or begin to leave it to another process."""
        if self._is_ahead() and self._patience >= MOMENT:
            self._left_until = time.monotonic() + self._patience
        else:
            super().accept(listener)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """One turn of the loop."""
        _in_use[self._slot] = self._count() + 1 if self.alive else 0
        if self._left_until and self.alive:
            self._leave()
        else:
            super().wait_for_and_dispatch_events(timeout)

    def _leave(self) -> None:
        """A turn of a moment that hears nothing of new connections: what is left to others would end it at once."""
        self.set_accept_enabled(False)
        super().wait_for_and_dispatch_events(MOMENT)
        self.set_accept_enabled(True)
        if not self._is_ahead():
            self._left_until = 0.0
        elif time.monotonic() >= self._left_until:
            self._left_until = 0.0
            # Who never comes is waited for less and less: of many connections none waits longer than twice the first.
            self._patience /= 2
            for listener in self.sockets:
                super().accept(listener)

    def _is_ahead(self) -> bool:
        """Whether another process has fewer. One that is seen to move is waited for as long as any."""
        least = min(filter(None, _in_use), default=0)
        if least != self._least:
            self._least, self._patience = least, PATIENCE
        return self._count() + 1 > least

    def _count(self) -> int:
        """How many connections have a request in hand, or had one just now."""
        idle_since = time.monotonic() + self.cfg.keepalive - IDLE
        # Those that are kept are in the order in which they will have waited for long enough.
        idle = bisect(self.keepalived_conns, idle_since, key=attrgetter("timeout"))
        return self.nr_conns - len(self.pending_conns) - idle
