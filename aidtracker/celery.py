"""The Celery application: a doorbell and a clock. What there is to do is in the database."""

import gc
import os

from celery import Celery
from celery.signals import task_prerun, worker_process_init
from django.conf import settings
from django.db import connections
from kombu import Exchange, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aidtracker.settings")

app = Celery("aidtracker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# The nameless exchange needs no binding in Redis, so a flushed Redis does not lose the next message.
# Webhooks wait for other people's servers: a queue of their own, so that a worker can be had for them alone (-Q).
app.conf.task_queues = [Queue(name, Exchange(""), routing_key=name) for name in ("reconcile", "webhooks")]
app.conf.task_default_queue = "reconcile"
app.conf.task_routes = {"shipments.send_webhooks": {"queue": "webhooks"}}
app.conf.beat_schedule = {
    "sweep": {
        "task": "shipments.sweep",
        "schedule": settings.RECONCILE_SWEEP_SECONDS,
        # A sweep that waited in the queue is worth nothing once the next one is there.
        "options": {"expires": settings.RECONCILE_SWEEP_SECONDS},
    },
    "send-webhooks": {
        "task": "shipments.send_webhooks",
        "schedule": settings.RECONCILE_SWEEP_SECONDS,
        "options": {"expires": settings.RECONCILE_SWEEP_SECONDS},
    },
    "forget_answers": {"task": "shipments.forget_answers", "schedule": 3600},
    "erase_payloads": {"task": "shipments.erase_payloads", "schedule": 3600},
    "drop_old_events": {"task": "shipments.drop_old_events", "schedule": 86_400},
    "forget": {"task": "actors.forget", "schedule": 3600},
    "verify": {"task": "shipments.verify_nightly", "schedule": 86_400},
}


@worker_process_init.connect
def keep_what_is_loaded(**_: object) -> None:
    """Keep the garbage collector away from what was loaded, which stays for good. A batch makes no circles."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


@task_prerun.connect
def replace_what_died(**_: object) -> None:
    """Drop a connection that the server ended since the last task, so that this task begins with another.

    Its pool is dropped too: it waits longer after each failed attempt, and would go on waiting when the server is back.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.is_usable():
            connection.close()
            connection.close_pool()  # type: ignore[attr-defined]  # the stubs are of any database
