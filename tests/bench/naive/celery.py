"""The naive way's Celery application."""

import os

from celery import Celery

# Whatever the bench itself runs with: with other settings the tasks would be unknown, and thrown away.
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.naive.settings"

app = Celery("naive")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
