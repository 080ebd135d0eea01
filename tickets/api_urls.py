from django.urls import path

from tickets import api

app_name = "cases_api"

urlpatterns = [
    path("cases/", api.Cases.as_view(), name="cases"),
    path("cases/<int:number>/", api.OneCase.as_view(), name="case"),
    path("cases/<int:number>/entries/", api.Words.as_view(), name="entries"),
]
