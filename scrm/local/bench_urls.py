"""The product's addresses and, beside them, the bare pages they are measured against."""

from customers.bench import urlpatterns as bare
from scrm.urls import handler400, handler403, handler404, handler500
from scrm.urls import urlpatterns as ours

urlpatterns = [*bare, *ours]

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
