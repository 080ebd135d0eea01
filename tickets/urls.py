from django.urls import path

from tickets.views import (
    approvals,
    cases,
    goodwill,
    handovers,
    inbox,
    joins,
    pickups,
    progress,
    reports,
    steps,
    words,
)

app_name = "tickets"

urlpatterns = [
    path("inbox/", inbox.index, name="inbox"),
    path("inbox/search/", inbox.search, name="search"),
    path("inbox/fresh/", inbox.fresh, name="fresh"),
    path("inbox/bulk/", inbox.bulk, name="bulk"),
    path("cases/new/<str:customer>/", cases.new, name="new"),
    path("cases/<int:number>/", cases.show, name="show"),
    path("cases/<int:number>/form/<slug:name>/", cases.form, name="form"),
    path("cases/<int:number>/say/", words.create, name="say"),
    path("cases/<int:number>/move/<slug:verb>/", cases.move, name="move"),
    path("cases/<int:number>/assign/", cases.assign, name="assign"),
    path("cases/<int:number>/describe/", cases.describe, name="describe"),
    path("cases/<int:number>/promise/", cases.promise, name="promise"),
    path("cases/<int:number>/store/", handovers.create, name="hand_over"),
    path("cases/<int:number>/store/back/", handovers.give_back, name="give_back"),
    path("cases/<int:number>/join/", joins.create, name="join"),
    path("cases/<int:number>/split/", joins.split, name="split"),
    path("cases/<int:number>/join/<int:join_id>/undo/", joins.undo, name="undo_join"),
    path("cases/<int:number>/steps/<int:step_id>/", steps.update, name="step"),
    path("cases/<int:number>/code/", handovers.code, name="code"),
    path("cases/<int:number>/link/", progress.create, name="link"),
    path("customers/<str:number>/cases/", cases.of_customer, name="of"),
    path("cases/<int:number>/goodwill/", goodwill.show, name="goodwill"),
    path("cases/<int:number>/goodwill/<int:gift_id>/back/", goodwill.take_back, name="goodwill_back"),
    path("approvals/", approvals.index, name="approvals"),
    path("approvals/<int:approval_id>/", approvals.decide, name="approval"),
    path("goodwill/", reports.goodwill, name="goodwill_report"),
    path("goodwill/<int:gift_id>/review/", approvals.review, name="goodwill_review"),
    path("pickup/", pickups.index, name="pickup"),
    path("c/<str:token>/case/<int:number>/", progress.mine, name="mine"),
]
