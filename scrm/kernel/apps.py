from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "scrm.kernel"
    label = "kernel"
