from django.urls import path

from touchpoints.api import OneWebhook, Webhooks
from touchpoints.events_api import Events, OneDelivery
from touchpoints.looks_api import Looks

urlpatterns = [
    path("events/", Events.as_view(), name="events"),
    path("events/<str:ref>/", OneDelivery.as_view(), name="delivery"),
    path("customers/<str:number>/look-boards/", Looks.as_view(), name="look_boards"),
    path("webhooks/", Webhooks.as_view(), name="webhooks"),
    path("webhooks/<slug:code>/", OneWebhook.as_view(), name="webhook"),
]
app_name = "webhooks_api"
