from django.urls import path

from journeys.views import clients, coverage, held, interests, outlooks, packages, value

app_name = "journeys"

urlpatterns = [
    path("packages/", packages.index, name="packages"),
    path("packages/new/", packages.create, name="new_package"),
    path("packages/<slug:code>/", packages.show, name="package"),
    path("packages/<slug:code>/edit/", packages.edit, name="edit_package"),
    path("packages/<slug:code>/publish/", packages.publish, name="publish_package"),
    path("packages/<slug:code>/retire/", packages.retire, name="retire_package"),
    path("clients/<str:number>/packages/", held.show, name="packages_of"),
    path("clients/<str:number>/packages/give/", held.create, name="give_package"),
    path("clients/<str:number>/packages/<int:held_id>/end/", held.destroy, name="end_package"),
    path("clients/<str:number>/packages/<int:held_id>/use/", held.use, name="use_benefit"),
    path("clients/<str:number>/packages/uses/<int:use_id>/take-back/", held.take_back, name="take_back_use"),
    path("value/", value.index, name="value"),
    path("value/borders/", value.edit, name="value_borders"),
    path("value/<str:worth>/<str:need>/", value.show, name="value_cell"),
    path("clients/<str:number>/value/", outlooks.show, name="outlook"),
    path("clients/<str:number>/value/need/", outlooks.create, name="set_need"),
    path("clients/<str:number>/value/need/<int:word_id>/", outlooks.destroy, name="take_back_need"),
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
