"""Django's settings. What an operator may change comes from the environment (env.py); the rest is fixed here."""

import logging
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import dj_database_url

from aidtracker import log
from aidtracker.env import read_environment
from aidtracker.site.theme import UNFOLD  # noqa: F401  # django-unfold reads it from here

BASE_DIR = Path(__file__).resolve().parent.parent
env = read_environment()

SECRET_KEY = env.secret_key.get_secret_value()
DEBUG = env.debug
ALLOWED_HOSTS = env.allowed_hosts
CSRF_TRUSTED_ORIGINS = env.csrf_trusted_origins

INSTALLED_APPS = [
    "aidtracker",
    "aidtracker.site",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "aidtracker.site.apps.SiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_structlog",
    "actors",
    "shipments",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "aidtracker.request_log.RequestLog",
    # Before whatever may refuse a request, so that refusals have an id too.
    "aidtracker.api.headers.CommonHeaders",
    "aidtracker.api.lengths.KnownLength",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "aidtracker.site.messages.PageMessages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "aidtracker.site.headers.AdminHeaders",
]

ROOT_URLCONF = "aidtracker.urls"
WSGI_APPLICATION = "aidtracker.wsgi.application"
APPEND_SLASH = False
AUTH_USER_MODEL = "actors.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def _database(url: str) -> dict[str, Any]:
    """A database by URL. Times and statement limits are the session's, so that no query hangs for ever."""
    timeout = env.statement_timeout_seconds * 1000
    settings: dict[str, Any] = {**dj_database_url.parse(url, conn_max_age=0)}
    settings["OPTIONS"] = {
        **settings.get("OPTIONS", {}),
        "options": f"-c statement_timeout={timeout} -c idle_in_transaction_session_timeout={timeout}",
    }
    return settings


DATABASES = {"default": _database(str(env.database_url))}
# Hot reads are planned once a connection (actors.services.prepared), for any values: their rows are found by key.
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 5
DATABASES["default"]["OPTIONS"]["options"] += " -c plan_cache_mode=force_generic_plan"
# What is read is in memory or on an SSD: a row is found by its index, not by walking a small register for each row.
DATABASES["default"]["OPTIONS"]["options"] += " -c random_page_cost=1.1"
# Over a million shipments some reads look dear enough to be compiled, which takes longer than they do.
DATABASES["default"]["OPTIONS"]["options"] += " -c jit=off"
# Likewise some look worth sharing out among processes, which takes longer to start than it takes to read some rows.
DATABASES["default"]["OPTIONS"]["options"] += " -c max_parallel_workers_per_gather=0"
# One at a time as they are asked for: one that is made beforehand comes after whoever asks first, who makes a second.
DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 0, "max_size": env.database_pool_size, "timeout": 5}
# Migrations run as the owner: manage.py migrate --database=owner. Web and workers never get this role.
if env.database_owner_url:
    DATABASES["owner"] = _database(str(env.database_owner_url))
    # No limits: an index over millions of rows takes as long as it takes.
    DATABASES["owner"]["OPTIONS"]["options"] = ""

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "aidtracker.site.formats"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / ".local" / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SECURE_SSL_REDIRECT = env.https
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if env.https else 0
# Whether the other names of its domain speak HTTPS alone is not ours to say: subdomains, the preload list.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.trusted_proxies else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.https
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# The package's own defaults. It asks for each at every request, and to find it missing takes longer than to log.
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = DJANGO_STRUCTLOG_TRUST_UPSTREAM_CORRELATION_ID = False
DJANGO_STRUCTLOG_USER_ID_FIELD = "pk"
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = True
DJANGO_STRUCTLOG_STATUS_DEFAULT_LOG_LEVEL = DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.INFO
DJANGO_STRUCTLOG_STATUS_2XX_LOG_LEVEL = logging.INFO

LOGGING_CONFIG = None
log.configure(level=env.log_level, log_format=env.log_format)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "actors.api.authentication.CallerAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["actors.api.permissions.Undeclared"],
    "DEFAULT_RENDERER_CLASSES": ["actors.api.rendering.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "actors.api.rendering.Negotiation",
    "DEFAULT_PARSER_CLASSES": ["aidtracker.api.parsing.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "aidtracker.api.errors.problem_response",
    # ?format= would be a parameter that no view has named.
    "URL_FORMAT_OVERRIDE": None,
    "NUM_PROXIES": env.trusted_proxies,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

READS_PER_MINUTE = env.reads_per_minute
WRITES_PER_MINUTE = env.writes_per_minute
STRANGERS_PER_MINUTE = env.strangers_per_minute

SPECTACULAR_SETTINGS = {
    "TITLE": "aidtracker",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # Choices stay where they are used: the hook that names them would number "kind" by its contents.
    "POSTPROCESSING_HOOKS": ["aidtracker.api.schema.complete"],
}

# The queue is the Due table; Celery only rings the bell (shipments/tasks.py). Its settings make the
# bell comfortable, nothing depends on them.
CELERY_BROKER_URL = str(env.redis_url)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A broker that is away must not hold up an answer: the row is written, the sweep will find it.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
}
CELERY_TIMEZONE = "UTC"
# A worker keeps its connection, and with it what is planned, over so many tasks; with a sweep every few seconds that is
# an hour or two. By itself Celery's part for Django makes both anew for each task, and a pool around them. One that
# died is replaced before the next task (aidtracker/celery.py).
CELERY_DB_REUSE_MAX = 1000

RECONCILE_LEASE_SECONDS = env.lease_seconds
RECONCILE_SWEEP_SECONDS = env.sweep_seconds
RECONCILE_BATCH_SIZE = env.batch_size

PAYLOADS_KEPT_DAYS = env.payloads_kept_days

WEBHOOK_KEYS = [each.get_secret_value() for each in env.webhook_keys] or [SECRET_KEY]
WEBHOOK_TIMEOUT_SECONDS = env.webhook_timeout_seconds
WEBHOOK_PLAIN_HTTP = env.webhook_plain_http
WEBHOOK_ALLOWED_NETWORKS = [ip_network(each) for each in env.webhook_allowed_networks]
