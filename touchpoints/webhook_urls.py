from django.urls import path

from touchpoints.views import webhooks

app_name = "webhooks"
urlpatterns = [
    path("", webhooks.index, name="index"),
    path("<slug:code>/", webhooks.show, name="show"),
    path("<slug:code>/test/", webhooks.test, name="test"),
    path("<slug:code>/pause/", webhooks.pause, name="pause"),
    path("<slug:code>/resume/", webhooks.resume, name="resume"),
    path("<slug:code>/end/", webhooks.end, name="end"),
    path("<slug:code>/secret/", webhooks.rotate, name="rotate"),
    path("<slug:code>/replay/", webhooks.replay, name="replay"),
]
