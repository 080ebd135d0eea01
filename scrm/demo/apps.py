from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "scrm.demo"
    label = "demo"
