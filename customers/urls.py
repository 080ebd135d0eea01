from django.urls import path

from customers.views import clients, customers, merges, pairs, picture, privacy, reveals

app_name = "customers"

urlpatterns = [
    path("customers/", customers.index, name="index"),
    path("customers/search/", customers.search, name="search"),
    path("customers/picture/", picture.show, name="picture"),
    path("customers/<str:number>/", customers.show, name="show"),
    path("customers/<str:number>/timeline/", customers.timeline, name="timeline"),
    path("customers/<str:number>/panels/<slug:name>/", customers.panel, name="panel"),
    path("customers/<str:number>/identities/<int:identity_id>/reveal/", reveals.create, name="reveal"),
    path("customers/<str:number>/moved/", customers.moved, name="moved"),
    path("customers/<str:number>/merge/", pairs.new, name="merge_with"),
    path("customers/<str:number>/privacy/", privacy.show, name="privacy"),
    path("customers/<str:number>/privacy/file/", privacy.export, name="export"),
    path("customers/<str:number>/privacy/erasure/", privacy.destroy, name="erase"),
    path("merges/", pairs.index, name="pairs"),
    path("merges/together/", merges.create_many, name="merge_many"),
    path("merges/pairs/<int:pair_id>/", pairs.show, name="pair"),
    path("merges/pairs/<int:pair_id>/decision/", pairs.update, name="pair_decision"),
    path("merges/pairs/<int:pair_id>/merge/", merges.create, name="merge_pair"),
    path("merges/<int:operation_id>/", merges.show, name="merge"),
    path("merges/<int:operation_id>/undo/", merges.destroy, name="unmerge"),
    path("clients/", clients.index, name="clients"),
]
