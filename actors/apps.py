from django.apps import AppConfig


class ActorsConfig(AppConfig):
    """Who takes part, who speaks, how far they are trusted, and who may call us."""

    name = "actors"
    default_auto_field = "django.db.models.BigAutoField"
