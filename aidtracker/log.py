"""Logs: one line, an event name, ids as fields, no payloads."""

import logging.config
from typing import Any

import structlog


def configure(*, level: str, log_format: str) -> None:
    """Send structlog's and the standard library's records to stderr, as JSON or for a person to read."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render = structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer()
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "lines": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.format_exc_info,
                        render,
                    ],
                },
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
            # At DEBUG it writes out the tokens that it makes.
            "loggers": {"oauthlib": {"level": "WARNING"}},
            "root": {"handlers": ["stderr"], "level": level},
        }
    )
    structlog.configure(
        # What nobody will read is dropped before anything is made of it.
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
