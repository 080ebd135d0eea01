from django.urls import path

from customers.segment_api import Members, OneMember, Segments

urlpatterns = [
    path("segments/", Segments.as_view(), name="segments"),
    path("segments/<slug:code>/members/", Members.as_view(), name="members"),
    path("segments/<slug:code>/members/<str:number>/", OneMember.as_view(), name="member"),
]
app_name = "segments_api"
