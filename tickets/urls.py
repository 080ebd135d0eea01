from django.urls import path

from tickets.views import inbox

app_name = "tickets"

urlpatterns = [path("inbox/", inbox.index, name="inbox")]
