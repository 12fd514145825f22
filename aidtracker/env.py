"""The environment, read strictly: what is missing, misspelt or bad stops the start, all of it named at once.

Variables of ours begin with ``AIDTRACKER_``. DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL keep
the names that hosting providers give them. docker/env.example lists each with its meaning.
"""

import difflib
import os
from ipaddress import ip_network
from typing import Annotated, Literal

from django.core.exceptions import ImproperlyConfigured
from pydantic import AliasChoices, Field, PostgresDsn, RedisDsn, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "AIDTRACKER_"

Words = Annotated[list[str], NoDecode]
Secrets = Annotated[list[Annotated[SecretStr, Field(min_length=32)]], NoDecode]


class Environment(BaseSettings):
    """Every setting an operator has."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    database_url: PostgresDsn = Field(validation_alias=AliasChoices("DATABASE_URL"))
    database_owner_url: PostgresDsn | None = Field(None, validation_alias=AliasChoices("DATABASE_OWNER_URL"))
    redis_url: RedisDsn = Field(validation_alias=AliasChoices("REDIS_URL"))

    secret_key: SecretStr = Field(min_length=32)
    debug: bool = False
    allowed_hosts: Words = ["127.0.0.1", "localhost"]
    csrf_trusted_origins: Words = []
    https: bool = Field(True, description="Cookies and redirects for HTTPS; false only on a laptop.")
    trusted_proxies: int = Field(0, ge=0, le=5)
    database_pool_size: int = Field(16, ge=1, le=100)
    statement_timeout_seconds: int = Field(30, ge=1)
    reads_per_minute: int = Field(6000, ge=1, description="What a key without limits of its own may read.")
    writes_per_minute: int = Field(3000, ge=1, description="Requests that write; a batch or stream is one.")
    strangers_per_minute: int = Field(60, ge=1, description="Requests without a good key, from one address.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] = "json"
    lease_seconds: int = Field(30, ge=1, description="How long a worker may fold until another takes over.")
    sweep_seconds: int = Field(5, ge=1, description="How often what a lost message left behind is looked for.")
    batch_size: int = Field(100, ge=1, le=5000, description="Subjects a worker claims at a time.")
    payloads_kept_days: int = Field(0, ge=0, description="How long quotes and sent messages are kept; 0: for ever.")
    webhook_keys: Secrets = Field([], description="What the secrets of webhooks are sealed with, the newest first.")
    webhook_timeout_seconds: int = Field(15, ge=1, le=30, description="How long a partner's endpoint may take.")
    webhook_plain_http: bool = Field(False, description="Whether webhooks may go without TLS, to port 80.")
    webhook_allowed_networks: Words = []

    @field_validator("allowed_hosts", "csrf_trusted_origins", "webhook_keys", "webhook_allowed_networks", mode="before")
    @classmethod
    def split(cls, value: object) -> object:
        """Lists are separated by commas."""
        return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value

    @field_validator("webhook_allowed_networks")
    @classmethod
    def networks(cls, value: list[str]) -> list[str]:
        """Networks as 10.1.0.0/16; one with bits beyond its mask is a mistake."""
        for word in value:
            ip_network(word)
        return value

    @field_validator("debug", "https", "webhook_plain_http", mode="before")
    @classmethod
    def exact(cls, value: object) -> object:
        """``true`` or ``false``: a coerced "yes" hides a mistake."""
        if isinstance(value, str) and value not in ("true", "false"):
            raise ValueError("must be true or false")
        return value


def read_environment() -> Environment:
    """The settings. Raises ImproperlyConfigured with one line for each problem, never a value."""
    known = {PREFIX + name.upper() for name in Environment.model_fields}
    problems = []
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            close = difflib.get_close_matches(name, sorted(known), n=1)
            problems.append(f"{name} is not a setting" + (f"; did you mean {close[0]}?" if close else ""))
    try:
        environment = Environment()  # type: ignore[call-arg]  # filled from os.environ
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            name = str(fault["loc"][0])
            shown = name if name.isupper() else PREFIX + name.upper()
            problems.append(f"{shown}: {fault['msg']}")
    if problems:
        raise ImproperlyConfigured("The environment is not right:\n  " + "\n  ".join(problems))
    return environment
