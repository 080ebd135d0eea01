from django.urls import path

from commerce.api import OneOrder, Orders

urlpatterns = [
    path("orders/", Orders.as_view(), name="orders"),
    path("orders/<path:source_ref>/", OneOrder.as_view(), name="order"),
]
app_name = "commerce_api"
