from django.urls import path

from commerce.views import pairs, reconciliation

app_name = "commerce"
urlpatterns = [
    path("reconciliation/", reconciliation.index, name="reconciliation"),
    path("pairs/", pairs.index, name="pairs"),
]
