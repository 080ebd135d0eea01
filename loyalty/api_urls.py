from django.urls import path

from loyalty import api, coupons_api, drops_api

urlpatterns = [
    path("points/earn/", api.Earn.as_view(), name="earn"),
    path("points/spend/", api.Spend.as_view(), name="spend"),
    path("points/reverse/", api.Reverse.as_view(), name="reverse"),
    path("points/<str:number>/", api.Wallet.as_view(), name="wallet"),
    path("coupons/issue/", coupons_api.Issue.as_view(), name="issue"),
    path("coupons/best/", coupons_api.Best.as_view(), name="best"),
    path("coupons/reserve/", coupons_api.Reserve.as_view(), name="reserve"),
    path("coupons/release/", coupons_api.Release.as_view(), name="release"),
    path("coupons/redeem/", coupons_api.Redeem.as_view(), name="redeem"),
    path("drops/<slug:code>/claim/", drops_api.Claim.as_view(), name="claim"),
]
app_name = "loyalty_api"
