from django.urls import path

from loyalty.views import drop_letters, drops

app_name = "drops"

urlpatterns = [
    path("loyalty/drops/", drops.index, name="index"),
    path("loyalty/drops/new/", drops.new, name="new"),
    path("loyalty/drops/felt/", drops.felt, name="felt"),
    path("loyalty/drops/<slug:code>/", drops.show, name="show"),
    path("loyalty/drops/<slug:code>/live/", drops.live, name="live"),
    path("loyalty/drops/<slug:code>/arm/", drops.arm, name="arm"),
    path("loyalty/drops/<slug:code>/stop/", drops.stop, name="stop"),
    path("c/<str:token>/drops/<slug:code>/", drop_letters.mine, name="mine"),
    path("c/<str:token>/drops/<slug:code>/not-mine/", drop_letters.not_mine, name="not_mine"),
]
