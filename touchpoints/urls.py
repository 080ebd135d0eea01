from django.urls import path

from touchpoints.views import counter, team, visits

app_name = "counter"

urlpatterns = [
    path("counter/", counter.home, name="home"),
    path("counter/search/", counter.search, name="search"),
    path("counter/scan/", counter.scan, name="scan"),
    path("counter/visits/", visits.create, name="receive"),
    path("counter/visits/<int:visit_id>/end/", visits.end, name="see_off"),
    path("counter/visits/<int:visit_id>/take-back/", visits.take_back, name="take_back"),
    path("counter/customers/<str:number>/", counter.show, name="show"),
    path("counter/customers/<str:number>/turned/", counter.turned, name="turned"),
    path("q/<slug:token>/", counter.code, name="code"),
    path("team/", team.show, name="team"),
]
