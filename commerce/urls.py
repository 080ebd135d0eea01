from django.urls import path

from commerce.views import reconciliation

app_name = "commerce"
urlpatterns = [
    path("reconciliation/", reconciliation.index, name="reconciliation"),
]
