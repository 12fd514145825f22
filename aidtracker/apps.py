from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """The composition root: makes the project's Celery application the one that services ring."""

    name = "aidtracker"

    def ready(self) -> None:
        import aidtracker.celery  # noqa: F401  # needs the settings, so not at import
