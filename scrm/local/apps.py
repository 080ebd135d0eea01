from django.apps import AppConfig


class LocalConfig(AppConfig):
    name = "scrm.local"
    label = "local"
