from django.apps import AppConfig


class ShipmentsConfig(AppConfig):
    """What was asked, offered and moved, what was said of it, and what we conclude."""

    name = "shipments"
    default_auto_field = "django.db.models.BigAutoField"
