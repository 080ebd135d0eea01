from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "scrm.kernel"
    label = "kernel"

    def ready(self) -> None:
        from scrm.kernel.registry import wrapped

        wrapped.add("keys of the house", "kernel_housekey.wrapped")
