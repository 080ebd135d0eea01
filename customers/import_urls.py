from django.urls import path

from customers.views import imports

app_name = "imports"
urlpatterns = [
    path("", imports.index, name="index"),
    path("new/", imports.new, name="new"),
    path("<int:pk>/map/", imports.mapping, name="map"),
    path("<int:pk>/check/", imports.check, name="check"),
    path("<int:pk>/run/", imports.run, name="run"),
    path("<int:pk>/progress/", imports.progress, name="progress"),
    path("<int:pk>/check/again/", imports.again, name="again"),
    path("<int:pk>/stop/", imports.stop, name="stop"),
    path("<int:pk>/failed.csv", imports.failed, name="failed"),
]
