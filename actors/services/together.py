"""What several threads of a process ask for at the same time is done once, for all of them.

    thread ─┐              nobody is at work ─> takes all that wait ─ one piece of work ─> to each what it asked for
    thread ─┼─ waiting ─┤
    thread ─┘              somebody is       ─> waits to be taken by whoever is at work next

Of a statement, and of a transaction, most is the same for one and for eight. Who comes alone is served alone and at
once; whoever is first of several waits for those of its kind that are on their way, and for nobody else. Whoever was
taken and was given nothing is served by itself, as if there were nobody else: where the shared work failed, whatever
the reason, and where the thread that had it in hand was ended.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog

Asked = TypeVar("Asked")
Given = TypeVar("Given")

log = structlog.get_logger(__name__)


@dataclass(eq=False, kw_only=True)
class _Waiting(Generic[Asked, Given]):
    """What one thread waits for. ``is_settled`` with nothing ``given``: it is that thread's to do."""

    asked: Asked
    like: Hashable
    # It was settled, or is the next to look. Each has its own: whoever is woken for another's sake is only in the way.
    changed: threading.Condition
    given: list[Given] = field(default_factory=list)
    is_settled: bool = False


@dataclass(eq=False, kw_only=True)
class Together(Generic[Asked, Given]):
    """Does ``work`` for whatever waits for it and is alike, for ``most`` at once; gives each its own.

    Nobody waits longer than ``patience`` (seconds) to be taken, nor than ``gather`` for those that are on their way.
    """

    name: str
    work: Callable[[Sequence[Asked]], Sequence[Given]]
    most: int
    patience: float
    gather: float = 0.0
    # Guards the three below. Held while they are read or changed, never at work.
    lock: threading.RLock = field(default_factory=threading.RLock)
    waiting: list[_Waiting[Asked, Given]] = field(default_factory=list)
    at_work: set[Hashable] = field(default_factory=set)
    coming: dict[int, Hashable] = field(default_factory=dict)  # by thread, whose it is

    def __post_init__(self) -> None:
        # Some of those that were on their way are all here, or gone.
        self.gathered = threading.Condition(self.lock)

    @contextmanager
    def on_the_way(self, whose: Hashable) -> Iterator[None]:
        """Inside, the thread may come to ``give``: others of ``whose`` that are there before wait for it a moment."""
        with self.lock:
            self.coming[threading.get_ident()] = whose
        try:
            yield
        finally:
            with self.lock:
                self._arrive()

    def give(self, asked: Asked, *, like: Hashable) -> Given:
        """What ``work`` gives for ``asked``, done with whatever waits that is ``like`` it.

        Raises what it raises by itself. Not to be called inside a transaction: others wait for what is done in it.
        """
        own = _Waiting[Asked, Given](asked=asked, like=like, changed=threading.Condition(self.lock))
        if taken := self._take(own):
            try:
                self._serve(taken)
            finally:
                self._settle(taken)
        (given,) = own.given or self.work([asked])
        return given

    def _take(self, own: _Waiting[Asked, Given]) -> list[_Waiting[Asked, Given]]:
        """Those that are the caller's to serve, ``own`` first; none where another has it, or it waited too long."""
        until = time.monotonic() + self.patience
        with self.lock:
            whose = self._arrive()
            self.waiting.append(own)
            try:
                while not own.is_settled:
                    is_taken = own not in self.waiting
                    if not is_taken and own.like not in self.at_work:
                        break
                    left = None if is_taken else until - time.monotonic()
                    if left is not None and left <= 0:
                        return []
                    own.changed.wait(left)
                else:
                    return []
                self._gather(own.like, whose)
            finally:
                # Whoever is ended while it waits leaves nothing behind, nor keeps to itself that it was to be the next.
                if own in self.waiting:
                    self.waiting.remove(own)
                    if own.like not in self.at_work:
                        self._wake_next(own.like)
            taken = [own, *[each for each in self.waiting if each.like == own.like][: self.most - 1]]
            self.waiting[:] = [each for each in self.waiting if each not in taken]
            self.at_work.add(own.like)
            return taken

    def _arrive(self) -> Hashable:
        """Whose the thread is that was on its way; None where it was not, or is no more. ``lock`` is held."""
        whose = self.coming.pop(threading.get_ident(), None)
        if whose not in self.coming.values():
            self.gathered.notify_all()
        return whose

    def _gather(self, like: Hashable, whose: Hashable) -> None:
        """Wait for those of ``whose`` that are on their way. Nobody else takes them. ``lock`` is let go meanwhile."""
        self.at_work.add(like)
        try:
            self.gathered.wait_for(lambda: whose not in self.coming.values(), self.gather)
        except BaseException:
            self.at_work.discard(like)
            raise

    def _wake_next(self, like: Hashable) -> None:
        """Have the first that waits and is ``like`` look, now that nobody is at work for it. ``lock`` is held."""
        for each in self.waiting:
            if each.like == like:
                each.changed.notify()
                return

    def _settle(self, taken: Sequence[_Waiting[Asked, Given]]) -> None:
        """Wake those that were taken, and whoever is next."""
        with self.lock:
            for each in taken:
                each.is_settled = True
                each.changed.notify()
            self.at_work.discard(taken[0].like)
            self._wake_next(taken[0].like)

    def _serve(self, taken: Sequence[_Waiting[Asked, Given]]) -> None:
        """Give each its own; nothing to any of several where they cannot be served together."""
        try:
            given = self.work([each.asked for each in taken])
        except Exception as error:
            if len(taken) == 1:
                raise
            log.warning("together.apart", work=self.name, threads=len(taken), error=type(error).__name__)
            return
        for each, one in zip(taken, given, strict=True):
            each.given.append(one)
