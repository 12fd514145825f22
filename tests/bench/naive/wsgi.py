"""The naive way's web application."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.naive.settings"
# The tasks need their Celery application wherever they are sent from.
from tests.bench.naive.celery import app  # noqa: F401

application = get_wsgi_application()
