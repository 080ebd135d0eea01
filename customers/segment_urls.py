from django.urls import path

from customers.views import segment_builder, segment_hands, segments

app_name = "segments"

urlpatterns = [
    path("segments/", segments.index, name="index"),
    path("segments/new/", segment_builder.new, name="new"),
    path("segments/<slug:code>/", segments.show, name="show"),
    path("segments/<slug:code>/rule/", segment_builder.edit, name="edit"),
    path("segments/<slug:code>/publish/", segments.publish, name="publish"),
    path("segments/<slug:code>/retire/", segments.retire, name="retire"),
    path("segments/<slug:code>/check/", segment_hands.check, name="check"),
    path("segments/<slug:code>/hands/", segment_hands.create, name="hand"),
    path("segments/<slug:code>/hands/<int:row_id>/", segment_hands.destroy, name="let_go"),
    path("customers/<str:number>/segments/", segment_hands.of_customer, name="of_customer"),
]
