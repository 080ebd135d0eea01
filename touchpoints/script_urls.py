from django.urls import path

from touchpoints.views import scripts, touchmap

app_name = "scripts"

urlpatterns = [
    path("touchpoints/", touchmap.index, name="touchpoints"),
    path("scripts/", scripts.index, name="index"),
    path("scripts/new/", scripts.new, name="new"),
    path("scripts/<int:script_id>/", scripts.show, name="show"),
    path("scripts/<int:script_id>/<slug:verb>/", scripts.turn, name="turn"),
    path("customers/<str:number>/talk/<int:talk_id>/scripts/", scripts.pick, name="pick"),
]
