from django.urls import path

from loyalty.views import ledger, redeem, wallets

app_name = "loyalty"

urlpatterns = [
    path("counter/customers/<str:number>/redeem/", redeem.show, name="redeem"),
    path("counter/customers/<str:number>/redemptions/", redeem.create, name="redeem_create"),
    path("counter/redemptions/<uuid:key>/", redeem.done, name="redeemed"),
    path("counter/redemptions/<uuid:key>/undo/", redeem.undo, name="redeem_undo"),
    path("customers/<str:number>/wallet/", wallets.show, name="wallet"),
    path("customers/<str:number>/wallet/points/", wallets.correct, name="correct"),
    path("customers/<str:number>/wallet/level/", wallets.give_level, name="give_level"),
    path("customers/<str:number>/wallet/coupons/", wallets.give_coupon, name="give_coupon"),
    path("customers/<str:number>/wallet/privileges/<slug:code>/", wallets.use_privilege, name="use_privilege"),
    path("customers/<str:number>/wallet/link/", wallets.send_link, name="send_link"),
    path("loyalty/ledger/", ledger.show, name="ledger"),
    path("loyalty/ledger/proofs/", ledger.prove, name="prove"),
    path("c/<str:token>/wallet/", wallets.mine, name="my_wallet"),
    path("c/<str:token>/wallet/coupons/<int:coupon_id>/", wallets.coupon_code, name="my_coupon"),
    path("c/<str:token>/not-mine/", wallets.not_mine, name="not_mine"),
]
