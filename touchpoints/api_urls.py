from django.urls import path

from touchpoints.api import OneWebhook, Webhooks

urlpatterns = [
    path("webhooks/", Webhooks.as_view(), name="webhooks"),
    path("webhooks/<slug:code>/", OneWebhook.as_view(), name="webhook"),
]
app_name = "webhooks_api"
