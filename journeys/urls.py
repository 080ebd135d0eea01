from django.urls import path

from journeys.views import clients, coverage, interests

app_name = "journeys"

urlpatterns = [
    path("clients/", clients.today, name="today"),
    path("clients/interests/", interests.index, name="interests"),
    path("clients/team/", coverage.index, name="coverage"),
    path("clients/team/<int:person_id>/", coverage.show, name="kept"),
    path("clients/team/<int:person_id>/pass-on/", coverage.create, name="hand_over"),
    path("clients/<str:number>/", clients.show, name="client"),
    path("clients/<str:number>/care/", clients.care, name="care"),
    path("clients/<str:number>/care/<int:mark_id>/take-back/", clients.take_back, name="take_back_care"),
    path("clients/<str:number>/health/", clients.health, name="health"),
    path("clients/<str:number>/interests/", interests.create, name="new_interest"),
    path("clients/<str:number>/interests/<int:interest_id>/", interests.update, name="interest"),
]
