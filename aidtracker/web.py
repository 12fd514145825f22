"""Gunicorn's settings, for laptop and service alike: gunicorn -c python:aidtracker.web aidtracker.wsgi

WEB_BIND, WEB_PROCESSES and WEB_THREADS come from the environment; docker/env.example says what they mean.
"""

import ctypes
import gc
import os

from gunicorn.workers.base import Worker

from aidtracker.evenly import forget

M_ARENA_MAX = -8  # malloc.h of glibc

bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_PROCESSES", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
worker_class = "aidtracker.evenly.EvenWorker"
# The application is read once and shared. It opens no connection while it is read; each process makes
# its own pool at its first query, after the fork.
preload_app = True
# A stuck request ends with its process; the statement timeout of the database is shorter than this.
timeout = 60
graceful_timeout = 20
keepalive = 30
# The most that gunicorn reads: `fields` alone may have 2,000 letters. Longer ones are answered 414.
limit_request_line = 8190
max_requests = 10_000
max_requests_jitter = 1_000
# Heartbeats on a disk that may be slow would get a healthy process killed.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
accesslog = None
errorlog = "-"
control_socket_disable = True
proc_name = "aidtracker-web"


def child_exit(server: object, worker: Worker) -> None:
    """Have the others count a process that has ended no more, be it by `kill -9`."""
    forget(worker.age)


def post_fork(server: object, worker: object) -> None:
    """Keep the process small, and the collector away from what was loaded: it stays for good.

    Threads share one heap. With a heap for each, every thread would keep as much as its largest answer took. As Python
    runs one thread at a time, they hardly ever wait for each other.
    """
    if hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(M_ARENA_MAX, 1)
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
