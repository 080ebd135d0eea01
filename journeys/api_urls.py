from django.urls import path

from journeys import api

urlpatterns = [
    path("recommendations/", api.ForVisitor.as_view(), name="visitor"),
    path("customers/<str:number>/recommendations/", api.ForPerson.as_view(), name="person"),
]
app_name = "journeys_api"
