from django.apps import AppConfig


class LocalConfig(AppConfig):
    name = "scrm.local"
    label = "local"

    def ready(self) -> None:
        # Every process, pages included, must know our broker before it sends a task.
        from scrm import celery  # noqa: F401
