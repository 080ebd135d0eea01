from django.urls import path

from loyalty.views import bulks, campaigns, ledger, redeem, rules, templates, wallets

app_name = "loyalty"

urlpatterns = [
    path("counter/customers/<str:number>/redeem/", redeem.show, name="redeem"),
    path("counter/customers/<str:number>/redemptions/", redeem.create, name="redeem_create"),
    path("counter/redemptions/<uuid:key>/", redeem.done, name="redeemed"),
    path("counter/redemptions/<uuid:key>/undo/", redeem.undo, name="redeem_undo"),
    path("customers/<str:number>/wallet/", wallets.show, name="wallet"),
    path("customers/<str:number>/wallet/deeds/", wallets.deeds, name="deeds"),
    path("customers/<str:number>/wallet/coupons/<int:coupon_id>/terms/", wallets.coupon_terms, name="coupon_terms"),
    path("customers/<str:number>/wallet/points/", wallets.correct, name="correct"),
    path("customers/<str:number>/wallet/level/", wallets.give_level, name="give_level"),
    path("customers/<str:number>/wallet/coupons/", wallets.give_coupon, name="give_coupon"),
    path("customers/<str:number>/wallet/privileges/<slug:code>/", wallets.use_privilege, name="use_privilege"),
    path("customers/<str:number>/wallet/link/", wallets.send_link, name="send_link"),
    path("loyalty/coupons/", templates.index, name="templates"),
    path("loyalty/coupons/new/", templates.new, name="new_template"),
    path("loyalty/coupons/preview/", templates.preview, name="preview"),
    path("loyalty/coupons/<slug:code>/", templates.show, name="template"),
    path("loyalty/coupons/<slug:code>/edit/", templates.edit, name="edit_template"),
    path("loyalty/coupons/<slug:code>/change/", templates.change, name="change_template"),
    path("loyalty/coupons/<slug:code>/bulks/", bulks.create, name="new_bulk"),
    path("loyalty/coupons/<slug:code>/<slug:verb>/", templates.turn, name="turn_template"),
    path("loyalty/rules/", rules.index, name="rules"),
    path("loyalty/rules/new/", rules.create, name="new_rule"),
    path("loyalty/rules/try/", rules.attempt, name="try_rules"),
    path("loyalty/rules/<int:pk>/publish/", rules.publish, name="publish_rule"),
    path("loyalty/campaigns/", campaigns.index, name="campaigns"),
    path("loyalty/campaigns/new/", campaigns.create, name="new_campaign"),
    path("loyalty/campaigns/<slug:code>/<slug:verb>/", campaigns.turn, name="turn_campaign"),
    path("loyalty/bulks/<int:pk>/", bulks.show, name="bulk"),
    path("loyalty/bulks/<int:pk>/<slug:verb>/", bulks.turn, name="turn_bulk"),
    path("loyalty/ledger/", ledger.show, name="ledger"),
    path("loyalty/ledger/proofs/", ledger.prove, name="prove"),
    path("c/<str:token>/wallet/", wallets.mine, name="my_wallet"),
    path("c/<str:token>/wallet/coupons/<int:coupon_id>/", wallets.coupon_code, name="my_coupon"),
    path("c/<str:token>/not-mine/", wallets.not_mine, name="not_mine"),
]
