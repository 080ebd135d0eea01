from django.urls import path

from customers.api import Customers, FindCustomer, OneCustomer

urlpatterns = [
    path("customers/", Customers.as_view(), name="customers"),
    path("customers/find/", FindCustomer.as_view(), name="find"),
    path("customers/<str:number>/", OneCustomer.as_view(), name="customer"),
]
app_name = "customers_api"
