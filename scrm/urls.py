"""Every address of the product; a test walks them all."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny

from scrm import metering, start
from staff.views import doorway

# What the API speaks is no secret; what it holds is.
schema = SpectacularAPIView.as_view(permission_classes=[AllowAny], authentication_classes=[])

urlpatterns = [
    path("", doorway.root, name="root"),
    path("start/", start.show, name="first_start"),
    path("healthz", start.alive, name="alive"),
    path("readyz", start.ready, name="ready"),
    path("metrics", metering.show, name="metrics"),
    path("", include("staff.urls")),
    path("", include("touchpoints.urls")),
    path("", include("touchpoints.talk_urls")),
    path("", include("touchpoints.script_urls")),
    path("", include("touchpoints.reception_urls")),
    path("", include("touchpoints.look_urls")),
    path("", include("tickets.urls")),
    path("", include("tickets.knowledge_urls")),
    path("", include("loyalty.urls")),
    path("", include("loyalty.drop_urls")),
    path("commerce/", include("commerce.urls")),
    path("api/v1/", include("commerce.api_urls")),
    path("api/v1/", include("customers.api_urls")),
    path("api/v1/", include("customers.segment_api_urls")),
    path("api/v1/", include("touchpoints.api_urls")),
    path("api/v1/", include("loyalty.api_urls")),
    path("api/v1/", include("tickets.api_urls")),
    path("api/v1/", include("journeys.api_urls")),
    path("webhooks/", include("touchpoints.webhook_urls")),
    path("api/schema/", schema, name="schema"),
    path("imports/", include("customers.import_urls")),
    path("", include("customers.segment_urls")),
    path("", include("customers.urls")),
    path("", include("journeys.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "scrm.kernel.failures.bad"
handler403 = "scrm.kernel.failures.forbidden"
handler404 = "scrm.kernel.failures.missing"
handler500 = "scrm.kernel.failures.broken"
