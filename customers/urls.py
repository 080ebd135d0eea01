from django.urls import path

from customers.views import clients, customers, picture, reveals

app_name = "customers"

urlpatterns = [
    path("customers/", customers.index, name="index"),
    path("customers/search/", customers.search, name="search"),
    path("customers/picture/", picture.show, name="picture"),
    path("customers/<str:number>/", customers.show, name="show"),
    path("customers/<str:number>/timeline/", customers.timeline, name="timeline"),
    path("customers/<str:number>/panels/<slug:name>/", customers.panel, name="panel"),
    path("customers/<str:number>/identities/<int:identity_id>/reveal/", reveals.create, name="reveal"),
    path("clients/", clients.index, name="clients"),
]
