"""What a person at the terminal reads: one line a step, with its time, and a clear end when something is wrong."""

import itertools
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Refusal(Exception):
    """Set-up or start cannot go on; the text is the one line that tells a person how to mend it."""


def line(text: str = "") -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Tell what is going on, count the seconds on a terminal, and close with the time it took."""
    began = time.monotonic()
    done = threading.Event()
    ticker = threading.Thread(target=_tick, args=(what, began, done), daemon=True)
    if sys.stderr.isatty():
        ticker.start()
    else:
        line(f"{what} ...")
    try:
        yield
    except BaseException:
        _stop(ticker, done)
        line(f"{what}: failed after {time.monotonic() - began:.1f} s")
        raise
    _stop(ticker, done)
    line(f"{what}: done in {time.monotonic() - began:.1f} s")


def _tick(what: str, began: float, done: threading.Event) -> None:
    for mark in itertools.cycle("|/-\\"):
        print(f"\r{what} {mark} {time.monotonic() - began:.0f} s ", end="", file=sys.stderr, flush=True)
        if done.wait(0.2):
            return


def _stop(ticker: threading.Thread, done: threading.Event) -> None:
    done.set()
    if ticker.is_alive():
        ticker.join()
        print("\r\033[K", end="", file=sys.stderr)
